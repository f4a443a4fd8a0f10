"""`dexter test`: its options, and what they ask for."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dexverify.cli.arguments import count, cpus, names, ramsize, seconds, seed, shard, shuffle_seed, words
from dexverify.cli.outputs import add_outputs

if TYPE_CHECKING:
    from dexverify.options import Options


def add_test(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    test = commands.add_parser(
        "test",
        help="build, run under the debugger, judge and explain",
        description="Build each annotated program, run it under the debugger, judge its propositions, and explain. "
        "Exit status: 0 when every outcome is PASS, XFAIL or UNSUPPORTED, 1 when one is not, 2 for wrong usage or an "
        "annotation that does not parse, 130 when interrupted.",
    )
    test.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="an annotated file, or a folder of them")
    build = add_run_options(test, is_matrix=True)
    build.add_argument(
        "--against",
        type=words,
        metavar="FLAGS",
        help="build once more, with these instead of --cflags, and say what a debugger shows there and not here",
    )
    build.add_argument("--save-temps", action="store_true", help="keep what was built, in the results directory")
    build.add_argument(
        "--source-root-dir",
        type=Path,
        metavar="DIR",
        help="show paths relative to this folder (default: the present); DexDeclareFile finds files there, too",
    )
    _add_suite_options(test)
    test.set_defaults(command=_test)


def add_run_options(parser: argparse.ArgumentParser, *, is_matrix: bool = False) -> argparse._ArgumentGroup:
    """What a single test's run depends on, whoever asks for it. Returns the group about building.

    `is_matrix`: several builders and debuggers can be named, for each test to be run with each.
    """
    build = parser.add_argument_group("building")
    several = "; several, as in gcc,clang: each test with each of them" if is_matrix else ""
    build.add_argument(
        "--builder",
        type=names if is_matrix else lambda text: [text],
        default=[],
        metavar="BUILDER",
        help="gcc, clang, os161, or the path of a build script (default: what the tree's dexter.toml says, else gcc)"
        + several,
    )
    build.add_argument("--cflags", type=words, default=[], metavar="FLAGS", help="for the compiler")
    build.add_argument("--ldflags", type=words, default=[], metavar="FLAGS", help="for the linker")
    build.add_argument("--binary", type=Path, metavar="PATH", help="use this program instead of building one")
    run = parser.add_argument_group("running")
    run.add_argument(
        "--debugger",
        type=names if is_matrix else lambda text: [text],
        default=["gdb"],
        metavar="DEBUGGER",
        help="gdb (default) or lldb" + ("; gdb,lldb: each test with both" if is_matrix else ""),
    )
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
        type=words,
        metavar="ARGS",
        help="arguments of the program, or boot arguments of the kernel, before DexCommandLine's",
    )
    run.add_argument("--stdin", type=Path, metavar="FILE", help="the program's input (default: none)")
    run.add_argument("--timeout-total", type=seconds, metavar="S", help="per run (default: 60, and 600 for a kernel's)")
    run.add_argument("--timeout-step", type=seconds, metavar="S", help="from one step to the next (default: none)")
    run.add_argument("--max-steps", type=count, default=1_000_000, metavar="N", help="per run (default: 1,000,000)")
    kernels = parser.add_argument_group(
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
    kernels.add_argument("--seed", type=seed, metavar="N", help="of the machine's timing (default: 1)")
    kernels.add_argument("--cpus", type=cpus, metavar="N", help="so many processors, up to 32 (default: 1)")
    kernels.add_argument("--ramsize", type=ramsize, metavar="SIZE", help="memory, such as 512K or 4M (default: 4M)")
    kernels.add_argument(
        "--console-timeout",
        type=seconds,
        metavar="S",
        help="end a run in which neither a step nor console output came for so long (default: 10)",
    )
    return build


def _add_suite_options(test: argparse.ArgumentParser) -> None:
    suite = test.add_argument_group("the suite")
    suite.add_argument("-j", "--jobs", type=count, default=1, metavar="N", help="so many tests at a time (default: 1)")
    suite.add_argument("--filter", default="", metavar="TEXT", help="only tests whose path contains TEXT")
    suite.add_argument("--max-failures", type=count, metavar="N", help="start no test after so many bad outcomes")
    add_judging_options(suite)
    suite.add_argument("--rerun-failed", action="store_true", help="only what was not good, or not run, last time")
    suite.add_argument("--shard", type=shard, metavar="K/N", help="only the K-th of N parts of the suite")
    suite.add_argument(
        "--shuffle", nargs="?", type=shuffle_seed, const="", metavar="SEED", help="run the tests in a random order"
    )
    report = test.add_argument_group("the report")
    report.add_argument("-v", "--verbose", action="store_true", help="explain what holds, too")
    add_outputs(report)
    report.add_argument("--results-directory", type=Path, metavar="DIR", help="keep the results here")
    report.add_argument("--durations", type=count, metavar="N", help="name the N tests that took longest")
    report.add_argument("--time-report", action="store_true", help="say where the time went")


def add_judging_options(suite: argparse._ActionsContainer) -> None:
    suite.add_argument(
        "--cache",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="judge an earlier run where a new one would be the same (default: no)",
    )
    suite.add_argument("--strict", action="store_true", help="a proposition that holds vacuously fails")


def _test(arguments: argparse.Namespace) -> int:
    from dexverify.debuggers import driver_for

    options = options_of(arguments)
    drivers = {name: driver_for(replace(options, debugger=name)) for name in arguments.debugger}
    try:
        for driver in drivers.values():
            driver.prepare()  # the debugger comes up while the rest of the tool is loaded
        from dexverify.run import run_command

        return run_command(arguments, options, drivers)
    finally:
        for driver in drivers.values():
            driver.close()


def options_of(arguments: argparse.Namespace) -> Options:
    """What the options of `add_run_options` and `add_judging_options` ask for."""
    from dexverify.options import KERNEL_TOTAL_S, PROGRAM_TOTAL_S, Options
    from drivers.base import Limits

    return Options(
        builder=next(iter(arguments.builder), None),
        debugger=arguments.debugger[0],
        gdb=arguments.gdb,
        lldb=arguments.lldb,
        gdb_agent={"auto": None, "yes": True, "no": False}[arguments.gdb_agent],
        cflags=tuple(arguments.cflags),
        against=tuple(arguments.against) if arguments.against is not None else None,
        ldflags=tuple(arguments.ldflags),
        binary=arguments.binary,
        run_arguments=tuple(arguments.target_run_args) if arguments.target_run_args is not None else None,
        stdin=arguments.stdin,
        source_root=arguments.source_root_dir,
        results_directory=arguments.results_directory,
        save_temps=arguments.save_temps,
        strict=arguments.strict,
        cache=arguments.cache,
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
