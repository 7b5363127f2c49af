"""Comparing and deciding a run of many cases, in a process of its own that tells time and peak.

All answers of a case differ: none is compared by the short way that equal answers take.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from driftgate.proxy.dialects.meaning import ToolCall
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.compare.compare import Comparer
from driftgate.replay.compare.comparison import Comparison
from driftgate.replay.decide.decide import decide
from driftgate.replay.decide.policy import Policy
from driftgate.replay.logprobs import Logprobs
from tests.bench.processes import peak_mb

K, CONTRACTS, SESSION = 2, 5, 5  # answers of an arm; contracts; cases of a session
TOKENS = 500  # with logprobs, of an answer
_WORDS = (
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "and",
    "nobody",
    "minds",
)
_TEXT_WORDS, _CHANGED = 470, 0.05  # of a text of 2 KB; of them, in each answer
_ARMS = {Arm.RECORD: 1, Arm.BASELINE: K, Arm.CANDIDATE: K}


@dataclass(frozen=True)
class Figures:
    """Of one run. compare_s: of total_s, in `Comparer`. cpu_s: of total_s. characters: of an answer."""

    compare_s: float
    total_s: float
    cpu_s: float
    peak_mb: float
    pairs: int
    characters: int
    verdict: str


def _text(chance: Random, base: list[str]) -> dict[str, Any]:
    """A text of which one word in twenty is another one each time."""
    return {"text": " ".join(_varied(chance, base))}


def _varied(chance: Random, base: list[str]) -> list[str]:
    words = base.copy()
    for place in chance.sample(range(len(words)), int(len(words) * _CHANGED)):
        words[place] = f"{words[place]}{chance.randrange(100)}"
    return words


def _document(chance: Random, base: list[str]) -> dict[str, Any]:
    """An order of eight items; a number and a note are others each time."""
    items = [
        {
            "name": f"part {n}",
            "amount": n,
            "unit": "kg",
            "note": " ".join(base[n * 40 : n * 40 + 40]),
        }
        for n in range(8)
    ]
    items[chance.randrange(8)]["amount"] = chance.randrange(1000)
    items[chance.randrange(8)]["note"] = " ".join(_varied(chance, base[:40]))
    return {"title": "Order", "total": chance.randrange(1000), "items": items}


def _json(chance: Random, base: list[str]) -> dict[str, Any]:
    return {"text": json.dumps(_document(chance, base))}


def _tools(chance: Random, base: list[str]) -> dict[str, Any]:
    """Two calls, of which the first writes 2 KB, in either order."""
    calls = [
        ToolCall("write", json.dumps(_document(chance, base))),
        ToolCall("shell", json.dumps({"command": f"ls -l {chance.choice(base)}"})),
    ]
    chance.shuffle(calls)
    return {"tool_calls": tuple(calls), "finish_reason": "tool_calls"}


def _logprobs(chance: Random, base: list[str]) -> dict[str, Any]:
    """As JSON, with the same tokens each time and other probabilities."""
    given = [(base[n % len(base)], -chance.random()) for n in range(TOKENS)]
    return {**_json(chance, base), "logprobs": Logprobs(given)}


KINDS: dict[str, Callable[[Random, list[str]], dict[str, Any]]] = {
    "texts": _text,
    "JSON": _json,
    "tool calls": _tools,
    "JSON, logprobs": _logprobs,
}


def _answer(chance: Random, arm: Arm, repetition: int, number: int, what: dict[str, Any]) -> Answer:
    passes = chance.random() < 0.95
    measured = {
        "first_token_ms": chance.gammavariate(5, 10),
        "total_ms": chance.gammavariate(9, 50),
        "tokens_per_second": chance.gammavariate(9, 5),
        "input_tokens": 100 + number % 50,
        "output_tokens": chance.randint(400, 600),
    }
    told = {"finish_reason": "stop", **what, **measured}
    return Answer(
        f"{number}-{arm}-{repetition}",
        arm,
        repetition,
        model="m",
        verdict="pass" if passes else "fail",
        contract=f"contract-{number % CONTRACTS}",
        violations=() if passes else ("enum",),
        **told,
    )


def made(kind: str, count: int) -> Iterator[Case]:
    """So many cases, the same each time."""
    chance, answer = Random(1), KINDS[kind]
    for number in range(count):
        base = [chance.choice(_WORDS) for _ in range(_TEXT_WORDS)]
        answers = {
            arm: [
                _answer(chance, arm, repetition, number, answer(chance, base))
                for repetition in range(1, k + 1)
            ]
            for arm, k in _ARMS.items()
        }
        slices = {
            "contract": (f"contract-{number % CONTRACTS}",),
            "dialect": (("chat", "responses")[number % 2],),
            "model": ("m",),
            "tool": (f"tool-{number % 7}", f"tool-{number % 12}"),
            "depth": (f"{number % 4}",),
            "length": (f"{number % 5}",),
        }
        yield Case(f"case {number}", f"session {number // SESSION}", slices, "a prompt", answers)


def measured(kind: str, count: int) -> Figures:
    """Compares and decides them by the default policy."""
    cases, comparer = list(made(kind, count)), Comparer()
    spent, pairs = 0.0, 0

    def compare(one: Answer, other: Answer) -> Comparison:
        nonlocal spent, pairs
        began = time.perf_counter()
        found = comparer.compare(one, other)
        spent += time.perf_counter() - began
        pairs += 1
        return found

    began, cpu = time.perf_counter(), time.process_time()
    decision = decide(cases, Policy(), compare=compare, k=K, seed=1)
    total, cpu = time.perf_counter() - began, time.process_time() - cpu
    answers = [answer for case in cases for arm in _ARMS for answer in case.of(arm)]
    size = sum(len(each.text) + sum(len(c.arguments) for c in each.tool_calls) for each in answers)
    verdict = decision.verdict.value
    return Figures(spent, total, cpu, peak_mb(os.getpid()), pairs, size // len(answers), verdict)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("cases", type=int)
    given = parser.parse_args()
    sys.stdout.write(json.dumps(asdict(measured(given.kind, given.cases))))
