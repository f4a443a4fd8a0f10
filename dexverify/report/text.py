"""Text that is shown where control characters would be obeyed, or are not allowed."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""The text with an escape, such as `\x1b`, for what is neither printable, nor a tab, nor the end of a line.

    A byte that was no UTF-8, which Python keeps as a lone surrogate (PEP 383), is told as that byte. What is left is
    valid in XML 1.0 (production 2, Char), too.
    """
    return "".join(c if c.isprintable() or c in "\t\n" else _escape(ord(c)) for c in text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """The text on one line, its white space folded."""
    return visible(" ".join(text.split()))


def _escape(code: int) -> str:
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
