"""From a run to findings: every proposition of a test, judged over its own trace and explained."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from dexverify.annotations.commands import Annotations, Expectation, ExpectStepKind, ExpectStepOrder
from dexverify.columns import Columns
from dexverify.errors import Span
from dexverify.expectations import formula_of, judge_step_kind, judge_step_order
from dexverify.explain import Explainer, name_of
from dexverify.history import Classifier, Moment, is_function
from dexverify.places import stack_functions
from dexverify.propositions import Line
from dexverify.recorder import Run
from dexverify.report.model import Explanation, Finding
from dexverify.sources import text_of
from drivers.recording import Recording
from ltd.formula import ForEach, Formula, predicates, walk
from ltd.vacuity import irrelevant
from ltd.verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class Proposition:
    """Something that a test claims: a formula, or one of the two expectations that count steps instead."""

    text: str
    name: str
    span: Span
    formula: Formula | None
    command: Span | None = None  # of the expectation that the formula stands for
    counted: ExpectStepKind | ExpectStepOrder | None = None
    lacks: str = ""  # what it needs and the recording has not: then it cannot be judged


_MAX_ASKED = 600


def propositions_of(annotations: Annotations) -> tuple[Proposition, ...]:
    """Everything that a test claims, in the order in which it was written."""
    found = [
        Proposition(text := name_of(verify.formula), verify.name or text, verify.span, verify.formula)
        for verify in annotations.verifies
    ]
    found += [_of_expectation(expectation) for expectation in annotations.expectations]
    return tuple(sorted(found, key=lambda each: (each.span.path, each.span.line, each.span.column)))


def judge_run(run: Run, propositions: Sequence[Proposition]) -> list[Finding]:
    """The findings, in the order of the propositions."""
    columns = Columns(run.recording, run.addresses)
    orders = [p.counted for p in propositions if isinstance(p.counted, ExpectStepOrder)]
    findings = []
    for proposition in propositions:
        if proposition.lacks:
            findings.append(_unknown(proposition))
        elif proposition.formula is not None:
            findings.append(_judge_formula(run, columns, proposition, proposition.formula))
        else:
            findings.append(_judge_count(run, proposition, orders))
    return findings


def _unknown(proposition: Proposition) -> Finding:
    explanation = Explanation(proposition.lacks, proposition.span)
    return Finding(proposition.text, proposition.name, proposition.span, Verdict.UNKNOWN, explanation)


def _of_expectation(expectation: Expectation) -> Proposition:
    text = text_of(expectation.span)
    if isinstance(expectation, ExpectStepKind | ExpectStepOrder):
        return Proposition(text, text, expectation.span, None, counted=expectation)
    return Proposition(text, text, expectation.span, formula_of(expectation), expectation.span)


def _judge_formula(run: Run, columns: Columns, proposition: Proposition, formula: Formula) -> Finding:
    trace, steps = columns.trace(formula)
    judgement = judge(formula, trace, complete=not run.is_prefix)
    explainer = Explainer(run, columns, formula, steps, proposition.command)
    verdict = judgement.verdict
    explanation = explainer.explain(judgement)
    for key in _keys(formula):
        if (found := columns.unreadable_key(key)) is not None:
            # A failure that was certain before that step stands; a later one might be mended by the lost step.
            sure = trace.restrict(range(bisect_left(steps, found[0])))
            if verdict is not Verdict.FAILS or judge(formula, sure, complete=False).verdict is not Verdict.FAILS:
                verdict, explanation = Verdict.UNKNOWN, explainer.unreadable_key(key)
        elif verdict is Verdict.HOLDS and columns.is_never_observable(key):
            verdict, explanation = Verdict.UNKNOWN, explainer.unobservable_key(key)
    if verdict in {Verdict.HOLDS, Verdict.PRESUMABLY_HOLDS} and (stranger := _stranger(run, formula)) is not None:
        verdict = Verdict.UNKNOWN
        explanation = Explanation(
            f"the program has no function {stranger!r}, and none of this name was ever on the stack", proposition.span
        )
    # What DExTer's commands say matters in all its parts; to ask each of very many takes long.
    is_asked = proposition.command is None or sum(1 for _ in walk(formula)) <= _MAX_ASKED
    warnings = [f"vacuous: {name_of(part)} never mattered" for part in irrelevant(judgement)] if is_asked else []
    warnings += [f"{name} was never observable, and counted as false" for name in columns.never_observable(formula)]
    return Finding(
        proposition.text,
        proposition.name,
        proposition.span,
        verdict,
        explanation,
        tuple(warnings) if verdict is Verdict.HOLDS else (),
    )


def _stranger(run: Run, formula: Formula) -> str | None:
    """A function that the formula names, but neither the program nor any stack of the run has: a slip, most likely."""
    for predicate in predicates(formula):
        for name in run.strangers.intersection(stack_functions(predicate)):
            if not any(is_function(name, frame.function) for stack in run.recording.stacks for frame in stack):
                return name
    return None


def _keys(formula: Formula) -> list[object]:
    return [node.key for node in walk(formula) if isinstance(node, ForEach)]


def _judge_count(run: Run, proposition: Proposition, orders: Sequence[ExpectStepOrder]) -> Finding:
    if isinstance(proposition.counted, ExpectStepKind):
        holds, summary = judge_step_kind(_kinds(run.recording), proposition.counted)
    else:
        assert isinstance(proposition.counted, ExpectStepOrder)  # noqa: S101 - for the type checker
        holds, summary = judge_step_order(_visits(run.recording, orders), proposition.counted)
    if len(run.recording) == 0:
        verdict = Verdict.UNKNOWN
    elif run.is_prefix:
        verdict = Verdict.PRESUMABLY_HOLDS if holds else Verdict.PRESUMABLY_FAILS
    else:
        verdict = Verdict.HOLDS if holds else Verdict.FAILS
    explanation = Explanation(summary, proposition.span)
    return Finding(proposition.text, proposition.name, proposition.span, verdict, explanation)


def _kinds(recording: Recording) -> list[str]:
    classify = Classifier()
    return [classify(Moment(s.thread, s.frames, s.entered, s.column)) for s in recording.steps()]


def _visits(recording: Recording, orders: Sequence[ExpectStepOrder]) -> dict[Line, list[int]]:
    """For each line that has a DexExpectStepOrder, its places in the order of all visits of such lines, from 1."""
    visits: dict[Line, list[int]] = {order.line: [] for order in orders}
    lines = {(line.path, line.line): line for line in visits}
    count = 0
    for stack_id in recording.stack_ids:
        frame = recording.stacks[stack_id][0]
        line = lines.get((frame.path or "", frame.line))
        if line is not None:
            count += 1
            visits[line].append(count)
    return visits
