"""What the page's blocks say of a run is what the recording and the reference evaluation say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexverify.annotations.commands import Annotations
from dexverify.discovery import Case
from dexverify.errors import Span
from dexverify.judged import Judged
from dexverify.judging import Proposition, judge_run
from dexverify.outcome import Outcome
from dexverify.propositions import Expect, Expression, In
from dexverify.recorder import Run
from dexverify.report.html.block import Block as Packing
from dexverify.report.html.formulas import MAX_INSTANCES, MAX_PARTS, MAX_TEXT
from dexverify.report.html.run_block import run_block
from dexverify.report.model import TestResult
from dexverify.settings import Settings
from dexverify.targets import Test
from drivers.recording import Recording
from drivers.state import ABSENT, End, EndKind, Frame, Kind, Sample, Step, Value
from ltd.formula import And, Atom, ForEach, Formula, walk
from ltd.operators import standard
from ltd.printer import prefix
from ltd.semantics import holds
from ltd.steps import Valuations
from tests.ltd import strategies
from tests.report.page import Block
from tests.report.texts import ANY

APPLY = standard().apply
SPAN = Span("/a.c", 1, 1, 1, 2)
NAMES = ("a", "b", "c")
ATOMS = tuple(Expect(Expression(name)) for name in NAMES)
OUTERMOST = Frame("main", "/a.c", 1)


def number(n: int) -> Value:
    return Value(Kind.INTEGER, str(n), n, type="int")


def judged_of(recording: Recording, *formulas: Formula, command: Span | None = None) -> Judged:
    run = Run(recording, is_prefix=not recording.end.is_complete)
    propositions = tuple(Proposition(str(each), str(each), SPAN, each, command) for each in formulas)
    findings = tuple(judge_run(run, propositions))
    test = Test(Case(Path("a.c"), (), (), Settings(), is_xfail=False), Annotations(("/a.c",)))
    result = TestResult("a.c", Outcome.FAIL, steps=len(recording), findings=findings)
    return Judged(test, run, propositions, result)


def block_of(recording: Recording, *formulas: Formula, command: Span | None = None) -> Block:
    text, _ = run_block(judged_of(recording, *formulas, command=command))
    return Block.read(text)


def recording_of(steps: list[dict[str, Value]], end: End | None = None) -> Recording:
    """A step for each of the values of all variables."""
    recording = Recording(tuple(map(Sample, NAMES)))
    for index, values in enumerate(steps):
        recording.append(Step(index, 1, (OUTERMOST,), {Sample(name): value for name, value in values.items()}))
    recording.end = end or End(EndKind.EXIT, code=0)
    return recording


@given(
    st.lists(st.integers(0, 2**32 - 1)),
    st.lists(st.integers(0, 2**31 - 1)),
    st.lists(st.booleans()),
    st.dictionaries(ANY, ANY),
)
def test_a_block_is_read_as_it_was_packed(numbers, ascending, bits, header):
    packing = Packing()
    packing.numbers("numbers", numbers)
    packing.bits("bits_0", sum(bit << position for position, bit in enumerate(bits)), len(bits))
    packing.differences("differences", ascending)
    packing.content("content", b"\0\1\xff")
    block = Block.read(packing.packed({"texts": list(header.values())}))
    assert (block.numbers("numbers"), block.numbers("differences")) == (numbers, ascending)
    assert block.bits(0) == bits
    assert block.numbers("content") == [0, 1, 255]
    assert len(block.header["texts"]) == len(header)


FRAMES = st.builds(
    Frame,
    st.sampled_from(["f", "g", None]),
    st.sampled_from(["/a.c", None]),
    st.integers(0, 3),
    st.booleans(),
    st.integers(0, 2),
)


@given(st.lists(st.tuples(st.sampled_from([1, 7]), st.lists(FRAMES, min_size=1, max_size=4).map(tuple))))
def test_the_stack_and_the_thread_of_every_step_are_there(steps):
    recording = Recording()
    for index, (thread, frames) in enumerate(steps):
        recording.append(Step(index, thread, frames))
    recording.end = End(EndKind.EXIT, code=0)
    block = block_of(recording)
    callers, frame_of = block.numbers("node_caller"), block.numbers("node_frame")
    for (thread, frames), node, thread_number in zip(
        steps, block.numbers("step_node"), block.numbers("step_thread"), strict=True
    ):
        found, next_node = [], node + 1
        while next_node:
            function, path, line, is_inlined = block.header["frames"][frame_of[next_node - 1]]
            found.append((function, block.header["paths"][path], line, is_inlined))
            next_node = callers[next_node - 1]
        assert found == [(f.function or "??", f.path or "", f.line, f.is_inlined) for f in frames]
        assert block.header["threads"][thread_number] == thread


OPTIMISED_OUT = Value(Kind.UNREADABLE, "optimized out")
VALUES = st.sampled_from([ABSENT, number(0), number(1), OPTIMISED_OUT, Value(Kind.FLOAT, "½")])


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES)), min_size=1))
def test_every_value_is_there(steps):
    recording = recording_of(steps)
    block = block_of(recording, Atom(ATOMS[0]))
    ends, texts = block.numbers("text_ends"), bytes(block.numbers("texts"))
    kinds, types = block.numbers("value_kind"), block.numbers("value_type")
    assert sorted(sample["name"] for sample in block.header["samples"]) == list(NAMES)
    for place, sample in enumerate(block.header["samples"]):
        changes = dict(zip(block.numbers(f"value_{place}_steps"), block.numbers(f"value_{place}_ids"), strict=True))
        value_id = 0
        for step in range(len(steps)):
            value_id = changes.get(step, value_id)
            value = recording.value(Sample(sample["name"]), step)
            assert texts[ends[value_id - 1] if value_id else 0 : ends[value_id]].decode() == value.text
            assert block.header["types"][types[value_id]] == value.type
            assert kinds[value_id] == {Kind.ABSENT: 1, Kind.UNREADABLE: 2}.get(value.kind, 0)


@given(st.randoms())
def test_every_part_of_a_formula_is_what_the_reference_evaluation_says(random):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strategies, "ATOMS", ATOMS)
        formula = strategies.random_formula(random, 3)
        seen = strategies.random_steps(random, 1, 8)
    # Between the steps that the formula looks at are some at which nothing is in scope.
    is_seen = [random.random() < 0.7 for _ in range(20)]
    steps, left = [], list(seen)
    for flag in is_seen:
        if flag and left:
            true = left.pop(0)
            steps.append({name: number(int(atom in true)) for name, atom in zip(NAMES, ATOMS, strict=True)})
        else:
            steps.append(dict.fromkeys(NAMES, ABSENT))
    has_atoms = any(isinstance(part, Atom) for part in walk(formula))
    visible = [step for step, values in enumerate(steps) if values["a"] is not ABSENT or not has_atoms]
    if not visible:
        return
    valuations = [
        {atom for name, atom in zip(NAMES, ATOMS, strict=True) if steps[step][name].number == 1} for step in visible
    ]
    block = block_of(recording_of(steps), formula)
    ((instance,),) = block.header["propositions"]
    parts = list(walk(formula))
    assert [node["text"][:MAX_TEXT] for node in instance["nodes"]] == [prefix(part)[:MAX_TEXT] for part in parts]
    for node, part in zip(instance["nodes"], parts, strict=True):
        wanted = ["absent"] * len(steps)
        for position, step in enumerate(visible):
            wanted[step] = "true" if holds(part, Valuations(valuations, position)) else "false"
        assert block.states(instance, node) == wanted


def test_what_cannot_be_read_and_what_is_cut_is_unknown():
    formula = APPLY("Eventually", [Atom(ATOMS[0])])
    steps = [{"a": number(0)}, {"a": Value(Kind.UNREADABLE, "?")}, {"a": number(0)}]
    block = block_of(recording_of(steps), formula)
    ((instance,),) = block.header["propositions"]
    root, atom = (block.states(instance, node) for node in instance["nodes"])
    assert root == ["unknown", "unknown", "false"]
    assert atom == ["false", "unknown", "false"]
    (lane,) = block.header["atoms"]
    assert block.bits(lane["unknown"]) == [False, True, False]
    assert "true" not in lane


def test_the_step_that_decided_is_told_with_the_part_that_did():
    atom = Atom(ATOMS[0], Span("/a.c", 1, 3, 1, 5))
    formula = APPLY("Henceforth", [atom], origin=Span("/a.c", 1, 1, 1, 9))
    block = block_of(recording_of([{"a": number(1)}] * 4 + [{"a": number(0)}, {"a": number(1)}]), formula)
    ((instance,),) = block.header["propositions"]
    assert instance["explanation"]["step"] == 4
    assert [node["decided"] for node in instance["nodes"]] == [False, True]


def test_the_parts_of_what_stands_for_a_command_are_told_by_their_atoms():
    formula = APPLY("Henceforth", [Atom(ATOMS[0], SPAN)], origin=SPAN)
    block = block_of(recording_of([{"a": number(0)}]), formula, command=SPAN)
    ((instance,),) = block.header["propositions"]
    parts = [(node["head"], node["text"], node["decided"]) for node in instance["nodes"]]
    assert parts == [("Henceforth", "", False), ("", "Expect('a')", False)]


def test_of_a_for_each_the_slices_that_fail_are_shown_each_with_its_own_steps():
    body = APPLY("Henceforth", [Atom(ATOMS[1])])
    steps = [{"a": number(n % 3), "b": number(int(n % 3 == 1 or n < 3))} for n in range(9)]
    block = block_of(recording_of(steps), ForEach(Expression("a"), body))
    (instances,) = block.header["propositions"]
    assert [instance["key"] for instance in instances] == ["a = 0", "a = 2"]
    assert instances[0]["slices"] == 3
    assert [instance["explanation"]["step"] for instance in instances] == [3, 5]
    for instance, remainder in zip(instances, (0, 2), strict=True):
        wanted = ["absent" if n % 3 != remainder else "true" if n < 3 else "false" for n in range(9)]
        assert block.states(instance, instance["nodes"][1]) == wanted


def test_there_is_an_end_to_what_is_shown():
    steps = [{"a": number(n), "b": number(0)} for n in range(100)]
    many = ForEach(Expression("a"), Atom(ATOMS[1]))
    wide = And(tuple(Atom(In(f"f{n}")) for n in range(MAX_PARTS + 5)))
    block = block_of(recording_of(steps), many, wide)
    instances, (large,) = block.header["propositions"]
    assert (len(instances), instances[0]["slices"]) == (MAX_INSTANCES, 100)
    assert (len(large["nodes"]), large["is_cut"]) == (MAX_PARTS, True)


def test_a_run_without_steps_has_nothing_to_light_up():
    block = block_of(recording_of([]), Atom(ATOMS[0]))
    assert (block.header["size"], block.header["propositions"]) == (0, [[]])
