"""What is read of the history for the page of one call."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from driftgate.dashboards.statements import ask, ask_one, load
from driftgate.proxy.dialects.describe import Described, describe
from driftgate.proxy.history.whole import Call
from driftgate.proxy.record import Recorded

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

RETOLD = 3  # earlier attempts whose tool calls are read, to point into them

Row = dict[str, Any]
_S = load("call")


@dataclass(slots=True)
class Gathered:
    """A call and what is around it.

    session: row of the statement; empty: it has none. before: the call that its request is held
    against; was: what that asked. tried: what attempts meant, by number, where that is not the call's
    own. adapted: what the last attempt asked, where driftgate wrote that. answering: upstream and
    fingerprint_id of the backend that answered, which after a fallback is another than the call's own.
    """

    call: Call
    session: Row = field(default_factory=dict)
    children: list[Row] = field(default_factory=list)
    replays: list[Row] = field(default_factory=list)
    before: Row | None = None
    was: Described | None = None
    facts: dict[Any, str] = field(default_factory=dict)
    since: Any = None
    config: Row | None = None
    results: list[Row] = field(default_factory=list)
    tried: dict[int, Described] = field(default_factory=dict)
    adapted: Described | None = None
    answering: Row = field(default_factory=dict)


def gather(reader: "Reader", call: Call) -> Gathered:
    """Reads it all, in few questions."""
    row, made = call.row, Gathered(call)
    made.children = ask(reader, _S["children"], call=call.id)
    made.replays = ask(reader, _S["replays"], call=call.id)
    if row["session_id"] and row["arm"] is None:
        made.session = ask_one(reader, _S["session"], **_around(call)) or {}
    _before(reader, made)
    _configuration(reader, made)
    _attempts(reader, made)
    after = made.session.get("after")
    ids = [each.call_id for each in call.described.answer.tool_calls if each.call_id]
    if after and ids:
        made.results = ask(reader, _S["results"], after=str(after), ids=ids)
    return made


def _around(call: Call) -> dict[str, Any]:
    row = call.row
    return {
        "session": row["session_id"],
        "thread": row["thread_id"],
        "dialect": row["dialect"],
        "at": row["started_at"],
        "call": call.id,
    }


def _before(reader: "Reader", made: Gathered) -> None:
    """Of a replay the recorded call; else the request before it, or the one whose answer it continues."""
    row = made.call.row
    continued = row["parent_call_id"] if row["previous_response_id"] else None
    identity = row["replay_of"] or made.session.get("before") or continued
    if identity is None:
        return
    made.before = ask_one(reader, _S["known"], call=str(identity))
    if made.before is not None and made.call.described.request.items:
        asked = reader.recorded(str(identity))
        made.was = describe(_request_alone(asked))


def _request_alone(recorded: Recorded) -> Recorded:
    return replace(recorded, chunks=[])


def _configuration(reader: "Reader", made: Gathered) -> None:
    row, made.answering = made.call.row, _answering(reader, made.call.row)
    if made.before is not None:
        made.before |= {"fingerprint_id": _answering(reader, made.before)["fingerprint_id"]}
    now = made.answering["fingerprint_id"]
    if now is not None:
        before = (made.before or {}).get("fingerprint_id") or now
        made.facts = {
            each["fingerprint_id"]: each["facts"]
            for each in ask(reader, _S["fingerprints"], now=str(now), before=str(before))
        }
        asked = {"fingerprint": str(now), "upstream": made.answering["upstream"]}
        since = ask_one(reader, _S["since"], **asked, at=row["started_at"])
        made.since = (since or {}).get("since")
    if row["config_id"] is not None:
        made.config = ask_one(reader, _S["config"], config=str(row["config_id"]))


def _answering(reader: "Reader", row: Row) -> Row:
    """Upstream and fingerprint_id of the backend that answered; a call's own are of the first asked."""
    found = None
    if row["fallback"]:
        asked = {"call": str(row["call_id"]), "fallback": row["fallback"]}
        found = ask_one(reader, _S["answering"], **asked)
    return found or {name: row[name] for name in ("upstream", "fingerprint_id")}


def _attempts(reader: "Reader", made: Gathered) -> None:
    call = made.call
    last = call.attempts[-1] if call.attempts else None
    if last is not None and last["request_body"] is not None:
        tried = _tried(reader, call.id, last["attempt"])
        made.tried[last["attempt"]] = made.adapted = tried
    for number in _with_tool_calls(call.violations)[:RETOLD]:
        if number > 0 and number not in made.tried and len(call.attempts) > 1:
            made.tried[number] = _tried(reader, call.id, number)


def _tried(reader: "Reader", call_id: str, number: int) -> Described:
    return describe(reader.recorded_attempt(call_id, number))


def _with_tool_calls(violations: Sequence[Row]) -> list[int]:
    found = (each["attempt"] for each in violations if each["path"].startswith("tool_calls/"))
    return list(dict.fromkeys(found))
