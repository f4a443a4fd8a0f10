"""Runs inside `.oracles/`: JSON lines in, JSON lines out. `worker.py ENGINE`, the engine being one of those below.

Request: {"formula": F, "traces": [[[atom, …], …], …]}, a trace being the atoms that hold at each step. Answer:
{"verdicts": [V, …]}, one for each trace: a Boolean for the first step, or a list of Booleans for all steps where
the engine tells. A formula is a list: ["true"], ["false"], ["atom", name], ["not", F], ["and", F, …], ["or", F, …],
["until", F, F], ["weak", F, F], ["next", F], ["previously", F], ["since", F, F], ["always", F], ["eventually", F].

With "seconds": true in the request the answer has the time that evaluation took, without parsing.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)


def render(formula, words):
    """The formula as text, fully parenthesised; `words` has a format string for each operator."""
    kind, *operands = formula
    if kind == "atom":
        return words["atom"].format(operands[0])
    parts = [render(operand, words) for operand in operands]
    if kind in ("and", "or"):
        return "(" + words[kind].join(parts) + ")"
    return words[kind].format(*parts)


LTLF = {
    "true": "true",
    "false": "false",
    "atom": "{}",
    "not": "(!({}))",
    "and": " & ",
    "or": " | ",
    "until": "(({}) U ({}))",
    "weak": "((({0}) U ({1})) | (G({0})))",
    "next": "(X({}))",
    "always": "(G({}))",
    "eventually": "(F({}))",
}


class Flloat:
    """LTLf by recursion over the definition."""

    def __init__(self):
        from flloat.parser.ltlf import LTLfParser

        self.parser = LTLfParser()

    def judge(self, formula, traces):
        parsed = self.parser(render(formula, LTLF))
        start = time.perf_counter()
        verdicts = [
            bool(parsed.truth([{atom: atom in step for atom in "abcde"} for step in trace], 0)) for trace in traces
        ]
        return verdicts, time.perf_counter() - start


class Mona:
    """LTLf to an automaton, by translation to MONA's second-order logic."""

    def __init__(self):
        from ltlf2dfa.parser.ltlf import LTLfParser

        self.parser = LTLfParser()

    def judge(self, formula, traces):
        output = self.parser(render(formula, LTLF)).to_dfa(mona_dfa_out=True)
        variables, accepting, transitions = [], set(), {}
        for line in output.splitlines():
            if line.startswith("DFA for formula with free variables:"):
                variables = line.partition(":")[2].lower().split()
            elif line.startswith("Accepting states:"):
                accepting = set(line.partition(":")[2].split())
            elif line.startswith("State "):
                state, _, rest = line.removeprefix("State ").partition(":")
                guard, _, target = rest.partition("-> state ")
                transitions.setdefault(state, []).append((guard.strip(), target.strip()))
        start = time.perf_counter()
        verdicts = []
        for trace in traces:
            state = "0"
            for step in [(), *trace]:  # MONA's words have a letter for the Boolean variables in front
                letter = ["1" if variable in step else "0" for variable in variables]
                state = next(
                    target
                    for guard, target in transitions[state]
                    if all(g in ("X", x) for g, x in zip(guard, letter, strict=True))
                )
            verdicts.append(state in accepting)
        return verdicts, time.perf_counter() - start


STL = {
    "true": "(zero >= -1)",
    "false": "(zero >= 1)",
    "atom": "({} >= 0.5)",
    "not": "(not({}))",
    "and": " and ",
    "or": " or ",
    "until": "(({}) until ({}))",
    "weak": "((({0}) until ({1})) or (always({0})))",
    "next": "(not(next(not({}))))",
    "previously": "(not(prev(not({}))))",
    "since": "(({}) since ({}))",
    "always": "(always({}))",
    "eventually": "(eventually({}))",
}


class Rtamt:
    """Signal temporal logic in discrete time, by robustness: above zero is true. Its `next` is the weak one."""

    def __init__(self):
        import rtamt

        self.specification = rtamt.StlDiscreteTimeSpecification

    def judge(self, formula, traces):
        verdicts, seconds = [], 0.0
        for trace in traces:
            specification = self.specification()
            columns = {atom: [1.0 if atom in step else 0.0 for step in trace] for atom in "abcde"}
            columns["zero"] = [0.0] * len(trace)
            for name in (*columns, "out"):
                specification.declare_var(name, "float")
            specification.spec = "out = " + render(formula, STL)
            specification.parse()
            data = {"time": list(range(len(trace))), **columns}
            start = time.perf_counter()
            robustness = specification.evaluate(data)
            seconds += time.perf_counter() - start
            verdicts.append([value > 0 for _, value in robustness])
        return verdicts, seconds


PAST = {
    "true": "({{a}} or (not {{a}}))",
    "false": "({{a}} and (not {{a}}))",
    "atom": "{{{}}}",
    "not": "(not ({}))",
    "and": " and ",
    "or": " or ",
    "previously": "(pre ({}))",
    "since": "(({}) since ({}))",
    "always": "(historically ({}))",
    "eventually": "(once ({}))",
}


class Reelay:
    """Past operators in discrete time, online. It ends with a segmentation fault on what it cannot parse."""

    def __init__(self):
        import reelay

        self.monitor = reelay.discrete_timed_monitor

    def judge(self, formula, traces):
        verdicts, seconds = [], 0.0
        pattern = render(formula, PAST)
        for trace in traces:
            monitor = self.monitor(pattern=pattern, condense=False)
            letters = [{atom: atom in step for atom in "abcde"} for step in trace]
            start = time.perf_counter()
            verdicts.append([monitor.update(letter)["value"] for letter in letters])
            seconds += time.perf_counter() - start
        return verdicts, seconds


ENGINES = {"flloat": Flloat, "ltlf2dfa": Mona, "rtamt": Rtamt, "reelay": Reelay}


def main():
    answers = sys.stdout
    sys.stdout = sys.stderr  # what an engine prints must not get between the answers
    engine = ENGINES[sys.argv[1]]()
    for line in sys.stdin:
        request = json.loads(line)
        verdicts, seconds = engine.judge(request["formula"], request["traces"])
        answer = {"verdicts": verdicts}
        if request.get("seconds"):
            answer["seconds"] = seconds
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
