"""The tool and its rules as SARIF has them, with what GitHub's code scanning asks of them.

It shows no alert without `shortDescription`, `fullDescription` and `help`, takes 1,024 characters of the first two, and
sorts by `problem.severity` and `precision` (its documentation, "SARIF support for code scanning").
"""

from __future__ import annotations

from typing import Any

from dexverify import __version__
from dexverify.outcome import Outcome
from dexverify.report.problems import Level, Problem
from dexverify.report.text import visible

MAX_DESCRIPTION = 1024

_TOOL = "Verifies temporal properties of C programs and kernels, written in comments, under a debugger."
_PROPOSITION = (
    "A proposition in a comment of the source speaks of the steps of a run. Of this run it does not hold, or it could "
    "not be judged, or it holds for no good reason; the message says which. The path of the alert has the steps that "
    "decided, with the values there. To go through all steps, run `dexter test --html report.html` and open the page."
)
_RUN = "A run is built, and ends as it is expected to."
_OUTCOMES = {
    Outcome.FAIL: "The program crashed, the kernel panicked, or the run ended otherwise than its comments say. Mend "
    "that, or say which end is expected with `DexExpectEnd`.",
    Outcome.XFAIL: "The test failed, as it is expected to. Take the mark out once the defect is mended.",
    Outcome.XPASS: "The test is expected to fail, and it passed. Take the mark out.",
    Outcome.UNRESOLVED: "The run was cut, or something could not be known, so that the test has not been judged. The "
    "message says why; of a run that was cut at the step limit, `--max-steps` takes more.",
    Outcome.TIMEOUT: "The run was cut at a time limit. See why it does not end, or raise `--timeout-total`.",
    Outcome.ERROR: "The test could not be run: the program was not built, or its comments do not go with it. The "
    "message says why.",
}


def driver(rules: list[dict[str, Any]]) -> dict[str, Any]:
    """The `tool.driver`, with these rules. It has no `informationUri`: the project has no address of its own."""
    return {
        "name": "dexter",
        "version": __version__,
        "semanticVersion": __version__,
        "shortDescription": {"text": _TOOL},
        "rules": rules,
    }


def rule_of(problem: Problem, name: str, outcome: Outcome) -> dict[str, Any]:
    """The rule that a problem of a test with this outcome violates: the proposition `name`, or that a run ends well."""
    if problem.finding is not None:
        says, means, tag = problem.finding.proposition, _PROPOSITION, "temporal property"
    else:
        says, means, tag = _RUN, _OUTCOMES[outcome], "run"
    return {
        "id": name,
        "shortDescription": {"text": _cut(visible(name))},
        "fullDescription": {"text": _cut(visible(says))},
        "help": {"text": means.replace("`", ""), "markdown": means},
        "defaultConfiguration": {"level": Level.ERROR.value},
        # What is told has happened, in a run that was seen.
        "properties": {"problem.severity": Level.ERROR.value, "precision": "very-high", "tags": [tag]},
    }


def _cut(text: str) -> str:
    return text if len(text) <= MAX_DESCRIPTION else f"{text[: MAX_DESCRIPTION - 1]}…"
