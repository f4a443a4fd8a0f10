"""What needs lldb's module, in an interpreter that has it: texts of values, and which instructions can be copied."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import drivers
from drivers.inside import boot
from drivers.lldb.bindings import BindingsError, find_bindings
from drivers.process import run

ROOT = Path(drivers.__file__).parent
PROGRAM = """
import json, runpy, sys
runpy.run_path({boot!r})["boot"]({root!r})
from drivers.lldb.loading import load
load({package!r}, {library!r}, {server!r})
from drivers.lldb import rendering, copies
FUNCTIONS = {{
    "character": rendering.character,
    "escaped": lambda text: rendering.escaped(bytes(text)),
    "enumerated": lambda n, values, bits, signed: rendering.enumerated(n, dict(values), bits, is_signed=signed),
    "floating": lambda data, little: rendering.floating(bytes(data), little)[0],
    "boolean": rendering.boolean,
    "movable": lambda text: bool(copies._MOVABLE.fullmatch(text)),
    "relative": lambda text: bool(copies._RELATIVE.fullmatch(text)),
}}
print(json.dumps([FUNCTIONS[name](*arguments) for name, *arguments in json.loads(sys.argv[1])]))
"""


def inside(*calls: list[object]) -> list[object]:
    """What the functions return, in order: [name, argument…] each."""
    try:
        found = find_bindings()
    except BindingsError as error:
        pytest.skip(f"UNSUPPORTED: {error}")
    text = PROGRAM.format(
        boot=boot.__file__, root=str(ROOT), package=found.package, library=found.library, server=found.server
    )
    done = run([found.python, "-I", "-c", text, json.dumps(calls)], deadline_s=60)
    assert done.status == 0, done.output
    return json.loads(done.output)


def check(name: str, cases: dict[str, list[object]]) -> None:
    """Each key is the result for the arguments."""
    assert inside(*([name, *arguments] for arguments in cases.values())) == list(cases)


def test_characters():
    check(
        "character",
        {
            "97 'a'": [97],
            "-56 '\\310'": [-56],
            "39 '\\''": [39],
            "34 '\"'": [34],
            "10 '\\n'": [10],
            "0 '\\000'": [0],
            "27 '\\033'": [27],
            "97 u'a'": [97, "u"],
        },
    )


def test_strings():
    check(
        "escaped",
        {
            "plain": [list(b"plain")],
            'say \\"a\\\\b\\"': [list(b'say "a\\b"')],
            "\\t\\n\\a": [list(b"\t\n\a")],
            "h\\303\\251llo": [list("héllo".encode())],
            "\\001\\062x2": [list(b"\x012x2")],
            "": [[]],
        },
    )


COLORS = [[0, "RED"], [5, "GREEN"]]
FLAGS = [[1, "A"], [2, "B"], [4, "C"]]


def test_enumerations():
    check(
        "enumerated",
        {
            "GREEN": [5, COLORS, 32, False],
            "3": [3, COLORS, 32, False],
            "-1": [(1 << 32) - 1, COLORS, 32, True],
            "C": [4, FLAGS, 32, False],
            "(A | B)": [3, FLAGS, 32, False],
            "(A | unknown: 0x8)": [9, FLAGS, 32, False],
            "(unknown: 0x8)": [8, FLAGS, 32, False],
            "0": [0, FLAGS, 32, False],
        },
    )


def test_floating_point_numbers():
    check(
        "floating",
        {
            "0.10000000000000001": [list(bytes.fromhex("9a9999999999b93f")), True],
            "0.333333343": [list(bytes.fromhex("3eaaaaab")), False],
            "-inf": [list(bytes.fromhex("fff0000000000000")), False],
            "nan(0x8000000000000)": [list(bytes.fromhex("7ff8000000000000")), False],
            "-nan(0x400000)": [list(bytes.fromhex("ffc00000")), False],
            "-0": [list(bytes.fromhex("80000000")), False],
            "2.5": [[0, 0, 0, 0, 0, 0, 0, 0xA0, 0, 0x40, 0, 0, 0, 0, 0, 0], True],  # x87's, of 80 bits
            "-0.1": [[0xCD, *[0xCC] * 7, 0xFB, 0xBF], True],
            "inf": [[0, 0, 0, 0, 0, 0, 0, 0x80, 0xFF, 0x7F], True],
        },
    )


def test_what_is_true():
    check("boolean", {"false": [0], "true": [1], "2": [2]})


MOVABLE = ["movl $0x0, -0xc(%rbp)", "movq %rsi, -0x30(%rbp)", "cltq", "leaq -0x20(%rbp), %rax", "addl $0x1, 0x8(%rsp)"]
RELATIVE = ["movl 0x2ee4(%rip), %eax", "leaq 0xe2(%rip), %rax", "movss -0x10(%rip), %xmm0", "movl %eax, 0x2ee4(%rip)"]
NEITHER = [
    *("movl (%rax), %eax", "movl %edx, (%rcx,%rax,4)", "callq 0x1030", "jmp 0x1030", "jle 0x10", "retq", "pushq %rbp"),
    *("movl $0x1, 0x2ee4(%rip)", "cmpl $0x7, 0x2ee4(%rip)", "rep movsb (%rsi), %es:(%rdi)", "callq *%rax", "syscall"),
    *(
        "movq %fs:0x28, %rax",
        "lock addl $0x1, -0x4(%rbp)",
        "int3",
        "idivl -0x8(%rbp)",
        "loop 0x10",
        "movabsq 0x10, %al",
    ),
]


def test_only_what_does_not_know_where_it_is_is_copied():
    texts = [*MOVABLE, *RELATIVE, *NEITHER]
    found = inside(*(["movable", text] for text in texts), *(["relative", text] for text in texts))
    assert [text for text, is_so in zip(texts, found[: len(texts)], strict=True) if is_so] == MOVABLE
    assert [text for text, is_so in zip(texts, found[len(texts) :], strict=True) if is_so] == RELATIVE
