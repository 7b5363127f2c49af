"""Recorded calls that meet criteria, as far as choosing needs to know them: one question to the history."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.judging import GENERATING
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.select.near import keys
from driftgate.replay.select.written import check_condition, check_question

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

_DIALECTS = ", ".join(f"'{name}'" for name in GENERATING)
# what cannot be sent again, and why
_UNREPEATABLE = {
    f"dialect IS NULL OR dialect NOT IN ({_DIALECTS})": "ask no model",
    "frame_us IS NOT NULL": "came over a websocket",
    "request_truncated": "were not recorded whole",
}
_INNER = "parent_call_id IS NOT NULL AND previous_response_id IS NULL"  # of an agent's turn
_REPEATABLE = " AND ".join(f"NOT coalesce({each}, false)" for each in _UNREPEATABLE)
_OF_AGENTS = "are model calls of an agent (--upstream, --session or --sql choose them)"
_KEPT = (
    "call_id, session_id, thread_id, started_at, contract, dialect, model, tool_names, tool_choice, "
    "response_format, response_schema, tool_call_count, request_items, input_tokens, request_bytes, "
    "request_digest, request_body, request_decoded_body"
)
_COLUMNS = (
    "call_id::VARCHAR, coalesce(session_id, thread_id, call_id::VARCHAR), started_at, contract, dialect, "
    "model, len(tool_names) > 0, tool_call_count > 0, request_items, input_tokens, request_bytes, key"
)


@dataclass(frozen=True, slots=True)
class Found:
    """One call. session: else its own id. tools: some were offered; called: some were called.

    items: messages, tool calls and results in the request. key: equal of near-duplicates.
    """

    call_id: str
    session: str
    started_at: datetime
    contract: str | None
    dialect: str
    model: str | None
    tools: bool | None
    called: bool | None
    items: int | None
    input_tokens: int | None
    request_bytes: int
    key: str


def found(reader: "Reader", criteria: Criteria, now: datetime | None = None) -> list[Found]:
    """The calls, live ones only; with `criteria.sql` imported ones too, since that names each.

    Raises:
        NotFoundError: there is none; says what was left out, and why.
        QueryError: people's SQL does not run.
    """
    condition, parameters = criteria.condition(now)
    _check(reader, criteria)
    wanted = f"SELECT {_KEPT} FROM {_calls(criteria)} WHERE {_REPEATABLE} AND {condition}"  # noqa: S608 - values are parameters, people's SQL is checked
    sql = (
        f"WITH wanted AS MATERIALIZED ({wanted}) "  # noqa: S608 - likewise
        f"SELECT {_COLUMNS} FROM wanted JOIN ({keys('wanted')}) USING (call_id)"
    )
    rows = reader.ask(sql, parameters).rows
    if not rows:
        raise NotFoundError(_why_none(reader, criteria, condition, parameters))
    return sorted((Found(*row) for row in rows), key=lambda call: (call.started_at, call.call_id))


def _calls(criteria: Criteria, *, inner: bool = False) -> str:
    """What is chosen among: what clients asked; what agents asked for them follows from that."""
    live = "arm IS NULL" if criteria.sql is None else "(arm IS NULL OR arm = 'imported')"
    if not (inner or criteria.inner):
        live += f" AND NOT ({_INNER})"
    return f"(SELECT * FROM all_calls WHERE {live}) AS calls"  # noqa: S608 - our own words


def _check(reader: "Reader", criteria: Criteria) -> None:
    """Refuses what is no condition, or no question, by itself."""
    if criteria.where is not None:
        check_condition(reader, criteria.where, "--where")
    if criteria.sql is not None:
        check_question(reader, criteria.sql, "--sql")


def _why_none(
    reader: "Reader", criteria: Criteria, condition: str, parameters: list[object]
) -> str:
    left = _UNREPEATABLE if criteria.inner else {**_UNREPEATABLE, _INNER: _OF_AGENTS}
    counts = ", ".join(f"count(*) FILTER ({each})" for each in left)
    sql = f"SELECT {counts} FROM {_calls(criteria, inner=True)} WHERE {condition}"  # noqa: S608 - as in found()
    row = reader.ask(sql, parameters).rows[0]
    left_out = [f"{count} {why}" for count, why in zip(row, left.values(), strict=True) if count]
    asked = criteria.described()
    which = f" for {asked}" if asked else ""
    if left_out:
        return f"no calls{which} that can be run again: {', '.join(left_out)}"
    hint = "" if criteria.status else "; calls that failed are left out unless --status names them"
    return f"no calls{which} in {reader.path}{hint}"
