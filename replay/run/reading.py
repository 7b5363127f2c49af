"""What is asked: recorded calls out of the history, made ready for each arm.

The history is open for the moment of reading alone, because ingest waits meanwhile.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftgate.proxy.call import text_id
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.record import Recorded
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.prepared import Prepared, Unreplayable
from driftgate.replay.candidate.request import prepare
from driftgate.replay.candidate.whole import LONGEST_CHAIN
from driftgate.replay.run.order import Job
from driftgate.replay.run.question import Question
from driftgate.replay.run.targets import Side, Target

WAIT_S = 60.0  # for others who have the file open
_FORMAT = b'"response_format"'


class Reading:
    """Reads for a run. Not for several threads at a time."""

    def __init__(self, history: Path, sides: Mapping[Arm, Side]) -> None:
        self._history = history
        self._sides = sides

    def questions(self, jobs: Sequence[Job]) -> list[Question]:
        """The jobs in their order.

        Raises:
            HistoryError: or one of its kinds; a call that is gone is a NotFoundError.
        """
        with open_history(self._history, wait_s=WAIT_S, drain=False) as reader:
            return questions(reader, jobs, self._sides)


def questions(reader: Reader, jobs: Sequence[Job], sides: Mapping[Arm, Side]) -> list[Question]:
    """The jobs in their order, out of a history that is open. Errors as of `Reading.questions`."""
    wanted = list(dict.fromkeys(job.call_id for job in jobs))
    recorded = dict(zip(wanted, reader.recorded_many(wanted), strict=True))
    beside = _Beside(continued(reader, wanted), bound(reader, wanted))
    known: dict[tuple[str, Arm], Prepared | str] = {}
    return [
        _question(
            job,
            recorded[job.call_id],
            sides[job.arm].target(recorded[job.call_id].upstream),
            beside,
            known,
        )
        for job in jobs
    ]


def _question(
    job: Job,
    recorded: Recorded,
    target: Target,
    beside: "_Beside",
    known: dict[tuple[str, Arm], Prepared | str],
) -> Question:
    key = (job.call_id, job.arm)
    found = known.get(key)
    if found is None:
        found = _prepared(job.call_id, recorded, target, beside)
        if not target.configuration.fresh:  # else each repetition gets parts of its own
            known[key] = found
    return Question(job, recorded, target, found)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is known beside the calls. earlier: see `continued`; bound: see `bound`."""

    earlier: Mapping[str, Recorded]
    bound: Collection[str]


def _prepared(call_id: str, recorded: Recorded, target: Target, beside: _Beside) -> Prepared | str:
    try:
        return prepare(
            recorded,
            target.configuration,
            earlier=beside.earlier.get,
            bound=call_id in beside.bound,
        )
    except Unreplayable as error:
        return f"it cannot be sent again: {error}"


def continued(reader: Reader, call_ids: Sequence[str]) -> dict[str, Recorded]:
    """The calls that these continue by `previous_response_id`, and those before, by response id."""
    links = reader.ask(
        "SELECT DISTINCT previous_response_id FROM all_calls WHERE previous_response_id IS NOT NULL "
        "AND call_id IN (SELECT unnest(?::VARCHAR[])::UUID)",
        [list(call_ids)],
    ).rows
    wanted, found = [link for (link,) in links], dict[str, Recorded]()
    for _ in range(LONGEST_CHAIN):
        if not wanted:
            break
        rows = reader.ask(
            "SELECT response_id, arg_max(call_id, started_at)::VARCHAR, "
            "arg_max(previous_response_id, started_at) FROM all_calls "
            "WHERE response_id IN (SELECT unnest(?::VARCHAR[])) "
            "AND (arm IS NULL OR arm = 'imported') GROUP BY response_id",
            [wanted],
        ).rows
        calls = reader.recorded_many([call_id for _, call_id, _ in rows])
        by_id = {text_id(call.call_id): call for call in calls}
        found.update({response_id: by_id[call_id] for response_id, call_id, _ in rows})
        wanted = [before for *_, before in rows if before is not None and before not in found]
    return found


def bound(reader: Reader, call_ids: Sequence[str]) -> set[str]:
    """Those of the calls whose recorded answer was asked for again, with the schema that then bound it.

    With tools on offer the proxy asks free first. The calls are asked as that answer was asked for:
    what a client got was bound by the schema, and so is what is compared.
    """
    rows = reader.ask(
        "SELECT call_id::VARCHAR, max(attempt) FROM all_attempts WHERE call_id IN "
        "(SELECT unnest(?::VARCHAR[])::UUID) GROUP BY call_id HAVING max(attempt) > 1",
        [list(call_ids)],
    ).rows
    return {
        call_id for call_id, last in rows if _FORMAT in reader.attempt_request_bytes(call_id, last)
    }
