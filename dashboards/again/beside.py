"""A recorded call and what another server answered to it, beside each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from driftgate.dashboards.call.happened import Happened, happened
from driftgate.dashboards.call.texts import Budget
from driftgate.dashboards.drift.answers import Card, Difference, card, difference
from driftgate.dashboards.statements import ask, ask_one, load
from driftgate.proxy.dialects.meaning import Parameters
from driftgate.proxy.errors import NotFoundError
from driftgate.replay.arm import Arm
from driftgate.replay.run.answers import own_answers

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader
    from driftgate.replay.answer import Answer

SHOWN = 100  # replays that are listed
_VALUE = 400  # characters of a parameter
_S = load("replays")
_NAMES = ("as recorded", "asked again")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One that either request has. then, now: as it was sent; empty: it was not."""

    name: str
    then: str
    now: str

    @property
    def differs(self) -> bool:
        """Whether the two were sent otherwise."""
        return self.then != self.now


@dataclass(frozen=True, slots=True)
class Read:
    """What is read of the history. then, now: rows; now: None: nothing is chosen, or there is none.

    answers: of both.
    """

    then: Row
    listed: Sequence[Row]
    now: Row | None
    answers: Sequence["Answer"]


@dataclass(frozen=True, slots=True)
class Beside:
    """What the template is given. happened: with the replay."""

    then: Card
    now: Card
    happened: Happened
    difference: Difference
    parameters: Sequence[Parameter]


def read(reader: "Reader", call_id: str, chosen: str = "") -> Read:
    """Of a call. chosen: id of one of its replays; empty: the newest that is a call.

    Raises:
        NotFoundError: there is no such call, or no such replay of it.
    """
    listed = ask(reader, _S["replays"], call=call_id, count=SHOWN)
    known = [row["call_id"] for row in listed if not row["whole"]]
    if chosen and chosen not in known:
        raise NotFoundError(f"call {chosen[:60]} is no replay of call {call_id} that is listed")
    which = chosen or next(iter(known), "")
    then = call_row(reader, call_id)
    if not which:
        return Read(then, listed, None, ())
    ids = [call_id, which]
    found = own_answers(reader, ids, Arm.CANDIDATE)
    answers = [replace(found[call_id], arm=Arm.RECORD), found[which]]
    return Read(then, listed, call_row(reader, which), answers)


def beside(found: Read, *, whole: bool = False) -> Beside | None:
    """Laid out; None: there is no replay to show. whole: with all lines that are alike."""
    if found.now is None:
        return None
    budget, (then, now) = Budget(), found.answers
    return Beside(
        card(then, budget, _NAMES[0]),
        card(now, budget, _NAMES[1]),
        happened(found.now, [], b""),
        difference(then, now, _NAMES, whole=whole),
        list(parameters(found.then, found.now)),
    )


def parameters(then: Row, now: Row) -> Iterator[Parameter]:
    """All that either request has; its columns are named as the dialects' common words."""
    for each in fields(Parameters):
        values = [_told(row[each.name]) for row in (then, now)]
        if any(values):
            yield Parameter(each.name.replace("_", " "), *values)


def models(reader: "Reader") -> list[str]:
    """Names of models that were asked for, the most frequent first."""
    return [row["model"] for row in ask(reader, _S["models"])]


def call_row(reader: "Reader", call_id: str) -> Row:
    """What became of a call.

    Raises:
        NotFoundError: there is no such call.
    """
    row = ask_one(reader, _S["call"], call=call_id)
    if row is None:
        raise NotFoundError(f"no call {call_id}")
    return row


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _VALUE else f"{text[:_VALUE]}… ({len(text):,} characters)"
