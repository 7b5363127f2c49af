"""Cases for the tests of deciding: answers by hand, by a model of them, and a small comparer."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from driftgate.proxy.dialects.meaning import ToolCall
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.compare.comparison import Aspect, Comparison
from driftgate.sim.ask import Ask
from driftgate.sim.mind import dice_for
from driftgate.sim.tasks import LABELS, perform
from driftgate.sim.versions import Version

Text = Callable[[int, Random], str]


def compare(a: Answer, b: Answer) -> Comparison:
    """A stand-in for the real one: equal or not, aspect by aspect."""
    aspects: dict[str, Aspect] = {}
    if a.tool_calls or b.tool_calls:
        same = a.tool_calls == b.tool_calls
        aspects["tool_arguments"] = _aspect(same, "other arguments")
    if a.text or b.text:
        name = "json_values" if "{" in (a.text + b.text)[:1] else "text"
        aspects[name] = _aspect(a.text == b.text, f"{a.text} became {b.text}")
    aspects["verdict"] = _aspect(a.verdict == b.verdict, f"{a.verdict} became {b.verdict}")
    return Comparison(max(each.distance for each in aspects.values()), aspects)


def _aspect(same: bool, reason: str) -> Aspect:
    return _SAME if same else Aspect(1.0, reason)


_SAME = Aspect(0.0)


def answer(arm: Arm = Arm.BASELINE, text: str = "yes", *, ok: bool = True, **facts: Any) -> Answer:
    """One answer that was served and judged."""
    told: dict[str, Any] = {"call_id": f"{arm}-{text}", "verdict": "pass" if ok else "fail"}
    return Answer(**{**told, "arm": arm, "text": text, **facts})


def failed(arm: Arm = Arm.BASELINE, why: str = "refused", **facts: Any) -> Answer:
    """One that did not come."""
    return Answer(call_id=f"{arm}-failed", arm=arm, served=False, failure=why, status=None, **facts)


def called(arm: Arm, arguments: str, **facts: Any) -> Answer:
    """An answer that calls a tool."""
    calls = (ToolCall("run", arguments),)
    return answer(arm, "", tool_calls=calls, **facts)


def case(
    number: int,
    baseline: Sequence[Answer] = (),
    candidate: Sequence[Answer] = (),
    record: Sequence[Answer] = (),
    /,
    *,
    session: str | None = None,
    **slices: str,
) -> Case:
    """A case; its session is its own unless it is named."""
    return Case(
        f"call-{number}",
        session or f"session-{number}",
        {kind: (value,) for kind, value in slices.items()},
        f"prompt {number}",
        {Arm.RECORD: record, Arm.BASELINE: baseline, Arm.CANDIDATE: candidate},
    )


def passing(
    n: int,
    rates: Mapping[Arm, float],
    *,
    k: int = 2,
    seed: int = 1,
    a_session: int = 1,
    timed: bool = True,
    text: Text = lambda _number, _chance: "yes",
    **slices: str,
) -> list[Case]:
    """Cases whose answers pass by chance, each arm at its rate."""
    chance = Random(seed)
    made = []
    for number in range(n):
        arms = {
            arm: [
                answer(
                    arm,
                    text(number, chance),
                    ok=chance.random() < rates.get(arm, rates[Arm.BASELINE]),
                    repetition=repetition + 1,
                    total_ms=chance.gammavariate(9, 50) if timed else None,
                    output_tokens=chance.randint(10, 90),
                )
                for repetition in range(1 if arm is Arm.RECORD else k)
            ]
            for arm in (Arm.RECORD, Arm.BASELINE, Arm.CANDIDATE)
        }
        session = f"session-{number // a_session}"
        made.append(
            case(
                number,
                arms[Arm.BASELINE],
                arms[Arm.CANDIDATE],
                arms[Arm.RECORD],
                session=session,
                **slices,
            )
        )
    return made


_MESSAGES = (
    "I was charged twice for the invoice, please refund it",
    "the app crashes when I open the report",
    "I forgot my password for the account",
    "please add an export of the list",
    "my package has not arrived",
)
_DRAWS = 2003  # different answers of a version to a message, from which each is drawn by chance


def simulated(
    n: int,
    baseline: Version,
    candidate: Version,
    *,
    seed: int,
    k: int = 2,
    a_session: int = 1,
    contracts: Sequence[str] = ("classify",),
) -> list[Case]:
    """Cases answered by versions of the simulated model at a temperature above 0.

    Two of three are support messages, their contracts these in turn; the third is small talk.
    """
    chance = Random(seed)
    versions = (
        (Arm.RECORD, baseline, 1),
        (Arm.BASELINE, baseline, k),
        (Arm.CANDIDATE, candidate, k),
    )
    made = []
    for number in range(n):
        contract = contracts[number % len(contracts)] if number % 3 < 2 else "builtin"
        message = number % len(_MESSAGES)
        record, before, after = (
            [_said(arm, version, message, contract, chance.randrange(_DRAWS)) for _ in range(times)]
            for arm, version, times in versions
        )
        made.append(
            case(
                number,
                before,
                after,
                record,
                session=f"session-{number // a_session}",
                contract=contract,
                dialect="chat" if number % 2 else "responses",
                model="gemma4",
            )
        )
    return made


@cache
def _said(arm: Arm, version: Version, message: int, contract: str, draw: int) -> Answer:
    text, ok = _text(version, message, draw, is_ticket=contract != "builtin")
    return answer(
        arm,
        text,
        ok=ok,
        contract=contract,
        violations=() if ok else ("enum",),
        output_tokens=len(text) // 4,
    )


@cache
def _text(version: Version, message: int, draw: int, *, is_ticket: bool) -> tuple[str, bool]:
    """What it says, and whether that keeps its contract: the same in all arms."""
    text = _MESSAGES[message]
    prompt = f"Classify this support message: {text}" if is_ticket else f"Hello, {text}"
    done = perform("", prompt, version, dice_for(Ask(temperature=0.7), version, draw))
    if not is_ticket:
        return done.text, True
    value = json.loads(done.text)
    return done.text, set(value) == {"label", "confidence"} and value["label"] in LABELS
