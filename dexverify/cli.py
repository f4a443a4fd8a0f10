"""The command line: `dexter test`, `parse`, `doctor`, `list-debuggers`, `help`."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from dexverify import __version__
from dexverify.errors import DexterError
from dexverify.streams import abandon_output, prepare_streams

if TYPE_CHECKING:
    from dexverify.options import Options

USAGE_ERROR = 2
INTERRUPTED = 130
_TAKES_FLAGS = frozenset({"--cflags", "--ldflags", "--target-run-args"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status. Whatever goes wrong is told in words."""
    prepare_streams()
    if threading.current_thread() is threading.main_thread():  # no other one may
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:  # under nohup, a hang-up is ignored
                signal.signal(number, _end_by_signal)
    try:
        try:
            status = _run(sys.argv[1:] if arguments is None else arguments)
        finally:
            # What cannot be written is told here, not at the interpreter's end. Help ends by SystemExit.
            sys.stdout.flush()
    except DexterError as error:
        _say_error(str(error))
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("dexter: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        abandon_output()  # whoever read it has gone
        return 1
    except OSError as error:
        # A disk that is full, a folder that must not be read.
        _say_error(f"{error.filename}: {error.strerror}" if error.filename else f"cannot write: {error.strerror}")
        abandon_output()
        return USAGE_ERROR
    return status


def _run(arguments: Sequence[str]) -> int:
    parser = make_parser()
    options, unknown = parser.parse_known_args(_joined(arguments))
    # argparse takes the paths before the first option only; those behind it are left over (bpo-14191).
    refused = [each for each in unknown if each.startswith("-") or not hasattr(options, "paths")]
    if refused:
        _refuse(parser, refused[0], options)
    if unknown:
        options.paths += map(Path, unknown)
    command: Callable[[argparse.Namespace], int] | None = getattr(options, "command", None)
    if command is None:
        parser.print_help()
        return 0
    return command(options)


def _refuse(parser: argparse.ArgumentParser, unknown: str, options: argparse.Namespace) -> NoReturn:
    from difflib import get_close_matches

    names = [f"--{name.replace('_', '-')}" for name in vars(options)]
    near = get_close_matches(unknown.partition("=")[0], names, n=1)
    parser.error(f"unrecognized argument: {unknown}" + (f"; did you mean {near[0]}?" if near else ""))


def _end_by_signal(number: int, _frame: object) -> None:
    """End as on Ctrl-C, with everything cleaned up, and with the status that a shell gives to this signal."""
    raise SystemExit(128 + number)


def make_parser() -> argparse.ArgumentParser:
    """The whole command line; the command reference is made from it."""
    parser = argparse.ArgumentParser(
        prog="dexter",
        description="Verify temporal properties of C programs, written in comments, under a real debugger.",
        formatter_class=_formatter,
    )
    parser.add_argument("--version", action="version", version=f"dexter {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="dexter")
    _add_test(commands)
    _add_parse(commands)
    doctor = commands.add_parser("doctor", help="say what this machine can do, and what mends what it cannot")
    doctor.set_defaults(command=_doctor)
    debuggers = commands.add_parser("list-debuggers", help="the debuggers, and whether they can be used")
    debuggers.set_defaults(command=_list_debuggers)
    helper = commands.add_parser("help", help="help on a command")
    helper.add_argument("topic", nargs="?", choices=sorted(commands.choices), metavar="COMMAND")
    helper.set_defaults(command=lambda options: _help(parser, commands.choices, options.topic))
    for each in commands.choices.values():
        each.formatter_class = _formatter
    return parser


def _add_test(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    test = commands.add_parser(
        "test",
        help="build, run under the debugger, judge and explain",
        description="Build each annotated program, run it under the debugger, judge its propositions, and explain. "
        "Exit status: 0 when every outcome is PASS, XFAIL or UNSUPPORTED, 1 when one is not, 2 for wrong usage or an "
        "annotation that does not parse, 130 when interrupted.",
    )
    test.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="an annotated file, or a folder of them")
    build = test.add_argument_group("building")
    build.add_argument(
        "--builder",
        help="gcc, clang, os161, or the path of a build script (default: what the tree's dexter.toml says, else gcc)",
    )
    build.add_argument("--cflags", type=_words, default=[], metavar="FLAGS", help="for the compiler")
    build.add_argument("--ldflags", type=_words, default=[], metavar="FLAGS", help="for the linker")
    build.add_argument("--binary", type=Path, metavar="PATH", help="use this program instead of building one")
    build.add_argument("--save-temps", action="store_true", help="keep what was built, in the results directory")
    build.add_argument(
        "--source-root-dir", type=Path, metavar="DIR", help="show paths relative to this folder (default: the present)"
    )
    run = test.add_argument_group("running")
    run.add_argument("--debugger", default="gdb", help="gdb (default) or lldb")
    run.add_argument("--gdb", default="gdb", metavar="PATH", help="which gdb (default: the one on PATH)")
    run.add_argument(
        "--gdb-agent",
        choices=["auto", "yes", "no"],
        default="auto",
        help="record from inside gdb, or by its machine interface alone (default: inside if that gdb has Python)",
    )
    run.add_argument(
        "--lldb",
        default="lldb",
        metavar="PATH",
        help="which lldb, whose Python module is used (default: on PATH)",
    )
    run.add_argument(
        "--target-run-args",
        type=_words,
        metavar="ARGS",
        help="arguments of the program, or boot arguments of the kernel, before DexCommandLine's",
    )
    run.add_argument("--stdin", type=Path, metavar="FILE", help="the program's input (default: none)")
    run.add_argument(
        "--timeout-total", type=_seconds, metavar="S", help="per run (default: 60, and 600 for a kernel's)"
    )
    run.add_argument("--timeout-step", type=_seconds, metavar="S", help="from one step to the next (default: none)")
    run.add_argument("--max-steps", type=_count, default=1_000_000, metavar="N", help="per run (default: 1,000,000)")
    kernels = test.add_argument_group(
        "kernels", "For the files of an OS/161 tree. Defaults: what its dexter.toml says."
    )
    kernels.add_argument(
        "--kernel-config", metavar="NAME", help="the file in kern/conf to configure and build (default: DUMBVM)"
    )
    kernels.add_argument("--kernel", type=Path, metavar="PATH", help="use this kernel instead of building one")
    kernels.add_argument(
        "--machine",
        choices=["sys161", "qemu"],
        help="what to run it on (default: the first that is there and can run that kernel)",
    )
    kernels.add_argument("--seed", type=_seed, metavar="N", help="of the machine's timing (default: 1)")
    kernels.add_argument("--cpus", type=_cpus, metavar="N", help="so many processors, up to 32 (default: 1)")
    kernels.add_argument("--ramsize", type=_ramsize, metavar="SIZE", help="memory, such as 512K or 4M (default: 4M)")
    kernels.add_argument(
        "--console-timeout",
        type=_seconds,
        metavar="S",
        help="end a run in which neither a step nor console output came for so long (default: 10)",
    )
    suite = test.add_argument_group("the suite")
    suite.add_argument("-j", "--jobs", type=_count, default=1, metavar="N", help="so many tests at a time (default: 1)")
    suite.add_argument("--filter", default="", metavar="TEXT", help="only tests whose path contains TEXT")
    suite.add_argument("--max-failures", type=_count, metavar="N", help="start no test after so many bad outcomes")
    suite.add_argument("--strict", action="store_true", help="a proposition that holds vacuously fails")
    report = test.add_argument_group("the report")
    report.add_argument("-v", "--verbose", action="store_true", help="explain what holds, too")
    report.add_argument("--json", metavar="FILE", help="write the results as JSON; - for standard output")
    report.add_argument("--results-directory", type=Path, metavar="DIR", help="keep the results here")
    report.add_argument("--time-report", action="store_true", help="say where the time went")
    test.set_defaults(command=_test)


def _add_parse(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parse = commands.add_parser("parse", help="print what was understood of the annotations, and run nothing")
    parse.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="an annotated file, or a folder of them")
    parse.set_defaults(command=_parse)


def _test(arguments: argparse.Namespace) -> int:
    from dexverify.debuggers import driver_for

    options = _options(arguments)
    driver = driver_for(options)
    try:
        driver.prepare()  # the debugger comes up while the rest of the tool is loaded
        from dexverify.run import run_command

        return run_command(arguments, options, driver)
    finally:
        driver.close()


def _options(arguments: argparse.Namespace) -> Options:
    from dexverify.options import KERNEL_TOTAL_S, PROGRAM_TOTAL_S, Options
    from drivers.base import Limits

    return Options(
        builder=arguments.builder,
        debugger=arguments.debugger,
        gdb=arguments.gdb,
        lldb=arguments.lldb,
        gdb_agent={"auto": None, "yes": True, "no": False}[arguments.gdb_agent],
        cflags=tuple(arguments.cflags),
        ldflags=tuple(arguments.ldflags),
        binary=arguments.binary,
        run_arguments=tuple(arguments.target_run_args) if arguments.target_run_args is not None else None,
        stdin=arguments.stdin,
        source_root=arguments.source_root_dir,
        results_directory=arguments.results_directory,
        save_temps=arguments.save_temps,
        strict=arguments.strict,
        limits=Limits(arguments.timeout_total or PROGRAM_TOTAL_S, arguments.timeout_step, arguments.max_steps),
        kernel_limits=Limits(arguments.timeout_total or KERNEL_TOTAL_S, arguments.timeout_step, arguments.max_steps),
        kernel_config=arguments.kernel_config,
        kernel=arguments.kernel,
        machine=arguments.machine,
        cpus=arguments.cpus,
        seed=arguments.seed,
        ramsize=arguments.ramsize,
        console_timeout=arguments.console_timeout,
    )


def _parse(arguments: argparse.Namespace) -> int:
    from dexverify.report.annotations import render_annotations
    from dexverify.suite import load

    for test in load(arguments.paths):
        print(render_annotations(str(test.case.path), test.annotations))
    return 0


def _doctor(_arguments: argparse.Namespace) -> int:
    from dexverify import doctor

    found = doctor.capabilities()
    print(doctor.render(found))
    return 0 if doctor.host_is_usable(found) else 1


def _list_debuggers(_arguments: argparse.Namespace) -> int:
    from dexverify import doctor

    for capability in doctor.debuggers():
        print(capability)
    return 0


def _help(parser: argparse.ArgumentParser, commands: dict[str, argparse.ArgumentParser], topic: str | None) -> int:
    (commands[topic] if topic else parser).print_help()
    return 0


def _joined(arguments: Sequence[str]) -> list[str]:
    """`--cflags -O2` as `--cflags=-O2`: argparse takes a value that begins with a dash for an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in _TAKES_FLAGS:
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _formatter(prog: str) -> argparse.HelpFormatter:
    from rich_argparse import RichHelpFormatter

    return RichHelpFormatter(prog)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be split as a shell would: {error}") from error


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def _cpus(text: str) -> int:
    from dexverify.options import MAX_CPUS

    return _whole(text, 1, MAX_CPUS)


def _seed(text: str) -> int:
    from dexverify.options import MAX_SEED

    return _whole(text, 0, MAX_SEED)


def _whole(text: str, first: int, last: int) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(last)) or not first <= int(text) <= last:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {first} to {last:,}")
    return int(text)


def _ramsize(text: str) -> str:
    from dexverify.options import RAMSIZE

    if not RAMSIZE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number with K or M, such as 4M")
    return text


def _say_error(text: str) -> None:
    # What has a place in a file begins with it, as editors expect.
    prefix = "" if ": error: " in text.split("\n", 1)[0] else "dexter: error: "
    print(f"{prefix}{text}", file=sys.stderr)
