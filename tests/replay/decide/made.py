"""Cases for the tests of deciding: answers by hand, by a model of them, and a small comparer."""

import json
from collections.abc import Callable, Mapping, Sequence
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
    return Aspect(0.0) if same else Aspect(1.0, reason)


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
                    total_ms=chance.gammavariate(9, 50),
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
    "I was charged twice for invoice {0}, please refund it",
    "the app crashes when I open report {0}",
    "I forgot my password for account {0}",
    "please add an export of list {0}",
    "my package {0} has not arrived",
)


def simulated(
    n: int, baseline: Version, candidate: Version, *, seed: int, k: int = 2, a_session: int = 1
) -> list[Case]:
    """Cases answered by versions of the simulated model at a temperature above 0.

    Two of three are support messages with the contract `classify`, the third is small talk.
    """
    made = []
    for number in range(n):
        message = _MESSAGES[number % len(_MESSAGES)].format(number)
        is_ticket = number % 3 < 2
        prompt = f"Classify this support message: {message}" if is_ticket else f"Hello, {message}"
        arms = {
            arm: [
                _said(arm, version, prompt, f"{seed} {number} {arm} {repetition}", is_ticket)
                for repetition in range(1 if arm is Arm.RECORD else k)
            ]
            for arm, version in (
                (Arm.RECORD, baseline),
                (Arm.BASELINE, baseline),
                (Arm.CANDIDATE, candidate),
            )
        }
        made.append(
            case(
                number,
                arms[Arm.BASELINE],
                arms[Arm.CANDIDATE],
                arms[Arm.RECORD],
                session=f"session-{number // a_session}",
                contract="classify" if is_ticket else "builtin",
                dialect="chat" if number % 2 else "responses",
                model="gemma4",
            )
        )
    return made


def _said(arm: Arm, version: Version, prompt: str, seed: str, is_ticket: bool) -> Answer:
    number = Random(seed).getrandbits(48)
    dice = dice_for(Ask(temperature=0.7), version, number)
    done = perform("", prompt, version, dice)
    ok = True
    if is_ticket:
        value = json.loads(done.text)
        ok = set(value) == {"label", "confidence"} and value["label"] in LABELS
    return answer(
        arm,
        done.text,
        ok=ok,
        contract="classify" if is_ticket else "builtin",
        violations=() if ok else ("enum",),
        output_tokens=len(done.text) // 4,
    )
