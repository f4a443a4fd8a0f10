"""How gdb is set up: the same for the agent and for the plain session, so that both record the same."""

from __future__ import annotations

SETTINGS = (
    "confirm off",
    "pagination off",
    "width 0",
    "height 0",
    # Paths and names may be in any language; the program's own text is rendered in ASCII with octal escapes.
    "host-charset UTF-8",
    "target-charset ANSI_X3.4-1968",
    # Values are rendered in full, but for what is too much for anyone to read.
    "print elements 4096",
    "print repeats unlimited",
    "print max-depth 20",
    "print object off",
    "print static-members off",
    "print symbol off",
    "backtrace limit unlimited",
    # Separate debug information of libraries takes longer to load than most tests run, and is nowhere watched.
    "debug-file-directory",
    # An expression must not run code of the program that it looks at.
    "may-call-functions off",
    "breakpoint pending off",
    "follow-fork-mode parent",
    "detach-on-fork on",
)

# gdb 13 has internal errors where a connection closes: it ends then, and leaves no core file where the user is.
EARLY_OPTIONS = (
    "-iex", "maint set internal-error corefile no",
    "-iex", "maint set internal-error quit yes",
    # Scripts that come along with a binary would run inside gdb: none is loaded by itself.
    "-iex", "set auto-load no",
)  # fmt: skip
