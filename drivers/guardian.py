"""Runs one command and sees to it that nothing of it outlives whoever asked: `guardian.py LIFELINE COMMAND…`.

A file of its own, standard library only, executed by `drivers.process`. The guardian is the subreaper of
everything the command starts (prctl(2), PR_SET_CHILD_SUBREAPER): whatever forks, daemonises, or changes its
session, process group or terminal comes back to it as a child. It kills all of them when the command ends, or
when the other end of the socket LIFELINE closes, which the kernel does however the caller dies; a parent-death
signal on the caller's side would fire when the *thread* that forked ends. Should the guardian itself be
killed, the parent-death signal takes the command along, which is right here, as the guardian has one thread.

It ends as the command did: with its exit status, or by its signal.
"""

import contextlib
import ctypes
import os
import resource
import select
import signal
import socket
import sys
import time

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# What cannot be killed (it sleeps in the kernel, or became another user) must not keep the guardian for ever.
_KILL_FOR_S = 5.0
_TERMINATING = frozenset({signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
_EXEC_FAILED = 127  # the shell's status for a command that could not be started


def main() -> None:
    lifeline = socket.socket(fileno=int(sys.argv[1]))
    lifeline.set_inheritable(False)
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    guardian = os.getpid()
    # Before anybody can know our process id, or the command end.
    wake = _wake_on_signals()
    # A signal that comes before the child has let go of our handlers must wait for its own.
    signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINATING)
    command = os.fork()
    if command == 0:
        _become(sys.argv[2:], libc, guardian)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TERMINATING)
    _let_go_of_files({lifeline.fileno(), *wake})
    # A caller that is gone already is noticed by the poll below.
    with contextlib.suppress(OSError):
        lifeline.send(b"%d\n" % command)
    status = _wait(command, lifeline, wake[0])
    _kill_descendants(wake[0])
    _end_like(status)


def _become(arguments: list[str], libc: ctypes.CDLL, guardian: int) -> None:
    os.setsid()
    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != guardian:
        os._exit(_EXEC_FAILED)
    signal.set_wakeup_fd(-1)
    # Python ignores the first two, and an ignored signal stays ignored across exec.
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGCHLD, *_TERMINATING):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TERMINATING)
    try:
        os.execvp(arguments[0], arguments)  # noqa: S606 - an argument list from our own caller, no shell
    except OSError as error:
        os.write(2, f"{arguments[0]}: {error.strerror}\n".encode("utf-8", "surrogateescape"))
        os._exit(_EXEC_FAILED)


def _let_go_of_files(kept: set[int]) -> None:
    """Keep no end of the command's pipes, so that their readers see the end of file when the command ends."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    first = 3
    for number in sorted(kept):
        os.closerange(first, number)
        first = number + 1
    os.closerange(first, 4096)


def _wake_on_signals() -> tuple[int, int]:
    """Signals become bytes in this pipe. It is not inherited by the command."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGCHLD, *_TERMINATING):
        signal.signal(number, lambda *_: None)
    return reading, writing


def _wait(command: int, lifeline: socket.socket, wake: int) -> int | None:
    """The command's wait status, or None when it is to be killed."""
    poller = select.poll()
    poller.register(lifeline, select.POLLIN)
    poller.register(wake, select.POLLIN)
    while True:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == command:
                return status
            if pid == 0:
                break
        ready = dict(poller.poll())
        if lifeline.fileno() in ready:
            return None
        if wake in ready and _TERMINATING.intersection(os.read(wake, 4096)):
            return None


def _kill_descendants(wake: int) -> None:
    poller = select.poll()
    poller.register(wake, select.POLLIN)
    give_up = time.monotonic() + _KILL_FOR_S
    while time.monotonic() < give_up:
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return
        for pid in _descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        if poller.poll(20):
            os.read(wake, 4096)


def _descendants(ancestor: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib costs start-up time
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                text = file.read()
        except OSError:
            continue
        # proc(5): pid (comm) state ppid …; comm may hold spaces and parentheses.
        parent = int(text[text.rindex(b")") + 2 :].split()[1])
        children.setdefault(parent, []).append(int(name))
    found: list[int] = []
    pending = [ancestor]
    while pending:
        offspring = children.get(pending.pop(), [])
        found += offspring
        pending += offspring
    return found


def _end_like(status: int | None) -> None:
    if status is None:
        os._exit(_EXEC_FAILED)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
