"""Which call of which run people mean, and what was answered to it."""

from typing import TYPE_CHECKING, Any

from driftgate.proxy.errors import NotFoundError

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader
    from driftgate.replay.answer import Answer
    from driftgate.replay.case import Case
    from driftgate.replay.run.kept import Run

_SHOWN = 5  # calls that an error names


def find(reader: "Reader", call: str, run: str | None) -> "tuple[Run, Case]":
    """The newest run that asked a call again, or the one that is named, and the call's answers.

    Args:
        reader: the history.
        call: the start of the recorded call's id, or of the id of one of its replays.
        run: a run as people name it; None: the newest with that call.

    Raises:
        NotFoundError: no such run, or no or several such calls in it.
    """
    from driftgate.replay import results  # noqa: PLC0415 - DuckDB is slow to load

    named = None if run is None else results.run(reader, run)
    found = _replayed(reader, call.lower(), None if named is None else named.run_id)
    run_id, calls = _newest(found)
    if len(calls) != 1:
        raise NotFoundError(_not_found(call, calls, named))
    which = named or results.run(reader, run_id)
    cases = results.cases(reader, which, call_ids=calls)
    if not cases:
        raise NotFoundError(f"call {calls[0]} is not in the selection of run {which.run_id}")
    return which, cases[0]


def _replayed(reader: "Reader", call: str, run_id: str | None) -> list[tuple[str, str]]:
    """(run, recorded call) of what begins so, newest run first."""
    asked = (
        "SELECT made.run_id::VARCHAR, replay_of::VARCHAR FROM (SELECT run_id, replay_of, call_id "
        "FROM replays UNION ALL SELECT run_id, replay_of, trajectory_id FROM trajectories) AS made "
        "JOIN runs USING (run_id) "
        "WHERE (starts_with(replay_of::VARCHAR, ?) OR starts_with(call_id::VARCHAR, ?)) "
        "AND (? IS NULL OR run_id = ?::UUID) AND replay_of IS NOT NULL "
        "GROUP BY ALL ORDER BY max(runs.started_at) DESC, 1, 2"
    )
    rows = reader.ask(asked, [call, call, run_id, run_id]).rows if call else []
    return [(str(row[0]), str(row[1])) for row in rows]


def _newest(found: list[tuple[str, str]]) -> tuple[str, list[str]]:
    newest = found[0][0] if found else ""
    return newest, [call for run_id, call in found if run_id == newest]


def _not_found(call: str, calls: list[str], run: "Run | None") -> str:
    where = "any run" if run is None else f"run {run.run_id}"
    if not calls:
        return f"no call {call!r} was asked again in {where}; `driftgate replay report` names the worst"
    told = ", ".join(calls[:_SHOWN])
    more = f" and {len(calls) - _SHOWN} more" if len(calls) > _SHOWN else ""
    return f"{len(calls)} calls of {where} begin with {call!r}: {told}{more}"


def as_object(answer: "Answer") -> dict[str, Any]:
    """An answer as `--json` gives it."""
    tools = [{"name": each.name, "arguments": each.arguments} for each in answer.tool_calls]
    return {
        "call_id": answer.call_id,
        "arm": answer.arm.value,
        "repetition": answer.repetition,
        "served": answer.served,
        "failure": answer.failure,
        "status": answer.status,
        "model": answer.model,
        "finish_reason": answer.finish_reason,
        "verdict": answer.verdict,
        "contract": answer.contract,
        "violations": list(answer.violations),
        "input_tokens": answer.input_tokens,
        "output_tokens": answer.output_tokens,
        "first_token_ms": answer.first_token_ms,
        "total_ms": answer.total_ms,
        "text": answer.text,
        "reasoning": answer.reasoning,
        "tool_calls": tools,
    }
