"""Repair of an answer without a model: one step after the other, each only where it applies.

What comes out must be judged again: a step makes an answer well-formed, not right.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from driftgate.contracts.choices import mendable
from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Answered, Asked, ToolCall
from driftgate.contracts.repair.calls import collapsed, with_ids
from driftgate.contracts.repair.channel import strip_channel
from driftgate.contracts.repair.close import close_json
from driftgate.contracts.repair.extract import extract_json
from driftgate.contracts.repair.made import Made, call_id
from driftgate.contracts.repair.reask import reask
from driftgate.contracts.repair.strict import is_json, loads
from driftgate.contracts.repair.tool_text import find_calls
from driftgate.contracts.repair.wanted import Wanted, wanted_of

__all__ = ["STEPS", "Made", "Mended", "mend", "mendable", "reask"]

_ROUNDS = 4  # of all steps; one round is enough for what models write
_ERROR = 400  # the first status that is an error


@dataclass(frozen=True, slots=True)
class Mended:
    """A repaired answer. steps: what was done, in order.

    finish_reason: `tool_calls` where text became tool calls, else as it was: an answer that was
    cut and closed is still one that was cut.
    """

    text: str | None
    reasoning: str | None
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str | None
    steps: tuple[str, ...]


Step = Callable[[Mended, Wanted], Mended | None]


def mend(asked: Asked, answered: Answered, contract: Contract) -> Mended | None:
    """The answer repaired by the contract's steps; None: nothing to do, or nothing to do it with.

    Never raises. Judge what it gives: a repaired answer is no better than its text. A text over
    1,000,000 characters is left as it is. Ask `mendable` first: what is written anew holds less.
    """
    try:
        return _mend(asked, answered, contract)
    except Exception:  # noqa: BLE001 - models write anything; an answer that cannot be repaired stays
        return None


def _mend(asked: Asked, answered: Answered, contract: Contract) -> Mended | None:
    answer = answered.answer
    if answered.status >= _ERROR or answered.cut or answer.error is not None:
        return None
    wanted = wanted_of(asked, contract)
    before = Mended(
        answer.text, answer.reasoning, tuple(answer.tool_calls), answer.finish_reason, ()
    )
    steps = [step for name, step in STEPS.items() if name in contract.repair.steps]
    for _ in range(_ROUNDS):
        after = _round(before, wanted, steps)
        if after is before:
            return after if after.steps else None
        before = after
    return None  # each repair makes another necessary: no model writes so


def _round(draft: Mended, wanted: Wanted, steps: Sequence[Step]) -> Mended:
    for step in steps:
        draft = step(draft, wanted) or draft
    return draft


def _named(draft: Mended, name: str, **changes: Any) -> Mended:
    steps = draft.steps if name in draft.steps else (*draft.steps, name)
    return replace(draft, steps=steps, **changes)


def _strip_channel(draft: Mended, wanted: Wanted) -> Mended | None:
    if not draft.text or wanted.given(draft.text):
        return None
    found = strip_channel(draft.text, beside_calls=bool(draft.tool_calls))
    if found is None:
        return None
    text, leaked = found
    reasoning = "\n".join(filter(None, (draft.reasoning, leaked))) or None
    return _named(draft, "strip_channel", text=text or None, reasoning=reasoning)


def _tool_call(draft: Mended, wanted: Wanted) -> Mended | None:
    if not draft.text or wanted.resolve is None or wanted.given(draft.text):
        return None
    found = find_calls(draft.text, wanted.resolve)
    if found is None:
        return None
    first = len(draft.tool_calls)
    made = [
        replace(call, call_id=call_id(call.name, call.arguments, first + number))
        for number, call in enumerate(found.calls)
    ]
    return _named(
        draft,
        "tool_call",
        text=found.rest or None,
        tool_calls=(*draft.tool_calls, *made),
        finish_reason="tool_calls",
    )


def _tool_id(draft: Mended, wanted: Wanted) -> Mended | None:
    calls = with_ids(draft.tool_calls) if wanted.ids else None
    return _named(draft, "tool_id", tool_calls=calls) if calls else None


def _collapse(draft: Mended, _: Wanted) -> Mended | None:
    calls = collapsed(draft.tool_calls)
    return _named(draft, "collapse_calls", tool_calls=calls) if calls else None


def _extract(draft: Mended, wanted: Wanted) -> Mended | None:
    if not _lacks_json(draft, wanted):
        return None
    text = draft.text or ""
    if is_json(text):  # whole, but wanted in a fence
        return _replaced(draft, wanted, "extract_json", text if wanted.fits(loads(text)) else None)
    found = extract_json(text, wanted.fits if wanted.schema else None)
    return _replaced(draft, wanted, "extract_json", found)


def _close(draft: Mended, wanted: Wanted) -> Mended | None:
    if not _lacks_json(draft, wanted):
        return None
    found = close_json(draft.text or "")
    if found is None or not wanted.fits(loads(found)):
        return None
    return _replaced(draft, wanted, "close_json", found)


def _lacks_json(draft: Mended, wanted: Wanted) -> bool:
    """Whether JSON is expected of this text and is not there. An answer that calls a tool has none."""
    if not wanted.json or not draft.text or draft.tool_calls:
        return False
    return not wanted.given(draft.text)


def _replaced(draft: Mended, wanted: Wanted, step: str, found: str | None) -> Mended | None:
    text = None if found is None else wanted.placed(found)
    return None if text is None or text == draft.text else _named(draft, step, text=text)


STEPS: dict[str, Step] = {
    "strip_channel": _strip_channel,
    "tool_call": _tool_call,
    "tool_id": _tool_id,
    "collapse_calls": _collapse,
    "extract_json": _extract,
    "close_json": _close,
}
