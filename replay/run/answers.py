"""Answers out of the history's columns, which ingest has filled: no body is read, nothing judged anew.

Of several tries at one job the last served one counts, else the last one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from driftgate.proxy.attempt_kind import PASSING_OUTCOMES, PASSING_STATUSES
from driftgate.proxy.dialects.meaning import ToolCall
from driftgate.proxy.history.reader import Reader, Result
from driftgate.proxy.record import Outcome
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.compare.told import told
from driftgate.replay.read_answer import FAILURE
from driftgate.replay.run.order import Job

_SERVED, _SWITCHING = range(200, 300), 101
_NEVER_ASKED = frozenset({Outcome.CLIENT_INVALID, Outcome.REFUSED})
_COLUMNS = (
    "call_id::VARCHAR AS call_id, replay_of::VARCHAR AS replay_of, arm, repetition, status, outcome, "
    "error, answer_error, answer_complete, response_truncated, coalesce(answer_model, model) AS model, output_text, "
    "reasoning_text, finish_reason, verdict, contract, input_tokens, output_tokens, first_token_ms, "
    "total_ms, tokens_per_second"
)
# an agent's own model calls are of the run too, and no answers of it
_OF_RUN = "call_id IN (SELECT call_id FROM replays WHERE run_id = ?::UUID)"
_OF_IDS = "IN (SELECT unnest(?::VARCHAR[])::UUID)"
_UNSETTLED = frozenset(
    {*PASSING_OUTCOMES, Outcome.INTERRUPTED, Outcome.CLIENT_GONE, Outcome.FAILED}
)
Row = Mapping[str, Any]
Placed = tuple[str, Arm, int, Row]  # recorded call, arm, repetition, the answer's own call


def answers_of(
    reader: Reader, run_id: str | None, call_ids: Sequence[str], arms: Collection[str]
) -> dict[str, dict[Arm, list[Answer]]]:
    """What was answered to these recorded calls: then, and by the arms of a run.

    Args:
        reader: the history.
        run_id: the run; None: the record alone.
        call_ids: of the recorded calls, in full.
        arms: names of those of the run that are wanted.

    Returns:
        By recorded call and arm, in the order of the repetitions.
    """
    kept = _of_record(reader, call_ids, Arm.RECORD)
    if run_id is not None:
        asked = reader.ask(
            f"SELECT {_COLUMNS} FROM all_calls WHERE {_OF_RUN} AND replay_of {_OF_IDS} "  # noqa: S608 - our own words
            "AND arm IN (SELECT unnest(?::VARCHAR[])) ORDER BY started_at, call_id",
            [run_id, call_ids, list(arms)],
        )
        kept += _last_served(_rows(asked))
    return _answers(reader, kept)


def own_answers(reader: Reader, call_ids: Sequence[str], arm: Arm) -> dict[str, Answer]:
    """What came of these calls themselves, replays or not, by their ids; as answers of this arm."""
    found = _answers(reader, _of_record(reader, call_ids, arm))
    return {call_id: arms[arm][0] for call_id, arms in found.items()}


def shadows_of(
    reader: Reader, call_ids: Sequence[str], until: str
) -> dict[str, dict[Arm, list[Answer]]]:
    """Live answers as those of the baseline, and of their copies as those of the candidate.

    until: of copies that began until then, ISO 8601 in UTC.
    """
    asked = reader.ask(
        f"SELECT {_COLUMNS} FROM all_calls WHERE arm = 'shadow' AND replay_of {_OF_IDS} "  # noqa: S608 - our own words
        "AND started_at <= ?::TIMESTAMP ORDER BY started_at, call_id",
        [call_ids, until],
    )
    copies = ({**row, "arm": Arm.CANDIDATE, "repetition": 1} for row in _rows(asked))
    return _answers(reader, [*_of_record(reader, call_ids, Arm.BASELINE), *_last_served(copies)])


def settled(reader: Reader, run_id: str) -> set[Job]:
    """The jobs of a run that need not be asked again: answered, or refused for good.

    What failed for a reason that passes (nobody there, too busy, stopped) is asked again.
    """
    rows = reader.ask(
        "SELECT DISTINCT replay_of::VARCHAR, arm, repetition, status, outcome FROM all_calls "  # noqa: S608 - our own words
        f"WHERE {_OF_RUN} AND arm IN ('baseline', 'candidate')",
        [run_id],
    ).rows
    return {
        Job(of, Arm(arm), repetition)
        for of, arm, repetition, status, outcome in rows
        if outcome not in _UNSETTLED and status not in PASSING_STATUSES
    }


def served_arms(reader: Reader, run_id: str) -> set[Arm]:
    """The arms of a run that gave an answer in an earlier sitting."""
    rows = reader.ask(
        "SELECT DISTINCT arm FROM replays WHERE run_id = ?::UUID AND arm IN ('baseline', 'candidate') "
        "AND outcome = 'completed' AND status BETWEEN 200 AND 299",
        [run_id],
    ).rows
    return {Arm(arm) for (arm,) in rows}


def failure_of(row: Row) -> str | None:
    """Why a call has no whole answer, one line, as `read_answer` says it; None: it has.

    row: by the history's columns.
    """
    status, said = row["status"], row["answer_error"]
    if status is None or row["outcome"] in _NEVER_ASKED:
        return told(row["error"] or said or _why(row), FAILURE)
    if status not in _SERVED and status != _SWITCHING:
        why = said or row["error"]
        return told(f"status {status}" + (f": {why}" if why else ""), FAILURE)
    if said is not None:
        return told(f"the answer ends in an error: {said}", FAILURE)
    if row["response_truncated"]:
        return "only the beginning of the answer was recorded"
    if row["answer_complete"] is False:
        return told(row["error"] or _why(row), FAILURE)
    return None


def _why(row: Row) -> str:
    if row["outcome"] == Outcome.COMPLETED:
        return "the answer has no end that its dialect knows"
    return str(row["outcome"]).replace("_", " ")


def _of_record(reader: Reader, call_ids: Sequence[str], arm: Arm) -> list[Placed]:
    """What was answered then, as the answers of this arm."""
    asked = reader.ask(f"SELECT {_COLUMNS} FROM all_calls WHERE call_id {_OF_IDS}", [call_ids])  # noqa: S608 - our own words
    return [(row["call_id"], arm, 1, row) for row in _rows(asked)]


def _last_served(rows: Iterable[Row]) -> list[Placed]:
    """Of several tries at one job, in their order, the one that counts."""
    last: dict[tuple[str, str, int], Row] = {}
    for row in rows:
        key = (row["replay_of"], row["arm"], row["repetition"])
        if key not in last or failure_of(row) is None or failure_of(last[key]) is not None:
            last[key] = row
    return [(of, Arm(arm), repetition, row) for (of, arm, repetition), row in last.items()]


def _answers(reader: Reader, kept: Sequence[Placed]) -> dict[str, dict[Arm, list[Answer]]]:
    """By recorded call and arm, in the order of the repetitions."""
    beside = _Beside(reader, [row["call_id"] for *_, row in kept])
    answers: dict[str, dict[Arm, list[Answer]]] = {}
    for placed in sorted(kept, key=lambda each: each[:3]):
        of, arm, *_ = placed
        answers.setdefault(of, {}).setdefault(arm, []).append(beside.answer(placed))
    return answers


class _Beside:
    """What other tables have of these calls."""

    def __init__(self, reader: Reader, ids: Sequence[str]) -> None:
        self._tools = _tool_calls(reader, ids)
        self._violations = _violations(reader, ids)
        self._texts: dict[str, str] = {}  # equal ones are kept once

    def answer(self, placed: Placed) -> Answer:
        """The answer with them."""
        _, arm, repetition, row = placed
        call_id, failure = row["call_id"], failure_of(row)
        return Answer(
            call_id,
            arm,
            repetition,
            served=failure is None,
            failure=failure,
            status=row["status"],
            model=row["model"],
            text=self._once(row["output_text"] or ""),
            reasoning=self._once(row["reasoning_text"] or ""),
            tool_calls=tuple(self._tools.get(call_id, ())),
            finish_reason=row["finish_reason"],
            verdict=row["verdict"],
            contract=row["contract"],
            violations=tuple(self._violations.get(call_id, ())),
            input_tokens=row["input_tokens"],
            output_tokens=row["output_tokens"],
            first_token_ms=row["first_token_ms"],
            total_ms=row["total_ms"],
            tokens_per_second=row["tokens_per_second"],
        )

    def _once(self, text: str) -> str:
        return self._texts.setdefault(text, text)


def _rows(result: Result) -> Iterator[Row]:
    return (dict(zip(result.columns, row, strict=True)) for row in result.rows)


def _tool_calls(reader: Reader, ids: Sequence[str]) -> dict[str, list[ToolCall]]:
    rows = reader.ask(
        "SELECT call_id::VARCHAR, name, arguments, tool_call_id, namespace FROM all_tool_calls "  # noqa: S608 - our own words
        f"WHERE call_id {_OF_IDS} ORDER BY call_id, position",
        [ids],
    ).rows
    found: dict[str, list[ToolCall]] = {}
    for call_id, *parts in rows:
        found.setdefault(call_id, []).append(ToolCall(*parts))
    return found


def _violations(reader: Reader, ids: Sequence[str]) -> dict[str, list[str]]:
    """The keywords of what made each call fail, of its last attempt."""
    rows = reader.ask(
        "SELECT DISTINCT v.call_id::VARCHAR, keyword FROM all_violations v JOIN all_calls c "  # noqa: S608 - our own words
        f"ON c.call_id = v.call_id AND v.attempt = c.attempts WHERE v.call_id {_OF_IDS} "
        "AND severity = 'error' ORDER BY ALL",
        [ids],
    ).rows
    found: dict[str, list[str]] = {}
    for call_id, keyword in rows:
        found.setdefault(call_id, []).append(keyword)
    return found
