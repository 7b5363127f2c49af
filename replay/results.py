"""Runs as the history has them: what was asked, what came, and what was decided.

Answers are made of columns that ingest has filled; bodies are read for logprobs alone. The history
should be open for moments only: who reads many cases reads them with `all_cases`.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from driftgate.proxy.errors import HistoryError, NotFoundError
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.record import Recorded
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.decision import Decision, of_json
from driftgate.replay.logprobs import Logprobs
from driftgate.replay.read_answer import logprobs_in
from driftgate.replay.run.answers import answers_of, settled, shadows_of
from driftgate.replay.run.kept import SCHEMA, Run
from driftgate.replay.run.order import Job
from driftgate.replay.select import keep
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.trajectory.rows import answers_of as trajectories_of

AT_ONCE = 1000  # cases read while the history is open
BODIES_AT_ONCE = 128  # answers whose bodies are read while it is open
WAIT_S = 60.0  # for others who have the file open
ARMS = ("baseline", "candidate")
# kinds of runs: a gate; one that judges copies of live calls; rounds of a watch, and what those are
# compared with
GATE, SHADOW, WATCH, REFERENCE = "gate", "shadow", "watch", "reference"
TRAJECTORIES = "trajectories"  # a gate whose answers are whole agent turns
_ASKING_ONE = frozenset({WATCH, REFERENCE})
_LAST = "last"
_NAMED = 8  # runs that an error names
_RUN = (
    "run_id::VARCHAR, started_at, kind, name, selection_id::VARCHAR, selection, cases, k, seed, "
    "baseline, candidate, baseline_hash, candidate_hash, baseline_fingerprint, "
    "candidate_fingerprint, policy, version, schema"
)
_TABLES = ("baseline", "candidate", "baseline_fingerprint", "candidate_fingerprint", "policy")
T = TypeVar("T")
Told = tuple[Run, str | None, str | None]  # a run, its verdict, and that in a sentence


def arms_of(kind: str) -> tuple[str, ...]:
    """Names of the arms that a run of this kind asks; a shadow's copies were asked by the proxy."""
    if kind == SHADOW:
        return ()
    return ARMS[1:] if kind in _ASKING_ONE else ARMS


def runs(reader: Reader, limit: int | None = None) -> list[Told]:
    """All runs, newest first; a run that was not decided has no verdict."""
    rows = reader.ask(
        f"SELECT {_RUN}, verdict, sentence FROM runs LEFT JOIN ("  # noqa: S608 - our own words
        "SELECT run_id, arg_max(verdict, finished_at) AS verdict, "
        "arg_max(sentence, finished_at) AS sentence FROM run_results GROUP BY run_id) "
        "USING (run_id) ORDER BY started_at DESC, run_id DESC",
        limit=limit,
    ).rows
    return [(_run(row[:-2]), row[-2], row[-1]) for row in rows]


def run(reader: Reader, which: str) -> Run:
    """The run with this id, or the only one whose id begins so; "last": the newest.

    Raises:
        NotFoundError: none does, or several do.
        HistoryError: it was kept by a driftgate whose runs this one cannot read.
    """
    known = [told[0] for told in runs(reader)]
    found = (
        known[:1] if which == _LAST else [r for r in known if r.run_id.startswith(which.lower())]
    )
    if not which or len(found) != 1:
        raise NotFoundError(_not_found(which, known, found))
    readable(found[0])
    return found[0]


def readable(found: Run) -> None:
    """Raises HistoryError where a run is of another schema."""
    if found.schema != SCHEMA:
        raise HistoryError(
            f"run {found.run_id} was kept by driftgate {found.version or '?'} in schema "
            f"{found.schema}, and this one reads {SCHEMA}; read it with that driftgate, or run it again"
        )


def decision(reader: Reader, run_id: str) -> Decision | None:
    """What was decided last; None: nothing yet.

    Raises:
        HistoryError: it is of another schema, or broken.
    """
    rows = reader.ask(
        "SELECT decision FROM run_results WHERE run_id = ?::UUID ORDER BY finished_at DESC",
        [run_id],
        limit=1,
    ).rows
    if not rows:
        return None
    try:
        return of_json(json.loads(rows[0][0]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HistoryError(
            f"what run {run_id} decided cannot be read: {error}; run it again"
        ) from error


def done(reader: Reader, run_id: str) -> set[Job]:
    """The jobs of a run that are not asked again when it is resumed; see `settled`."""
    return settled(reader, run_id)


def cases(
    reader: Reader,
    which: Run,
    *,
    call_ids: Sequence[str] | None = None,
    with_logprobs: Collection[str] = (),
) -> list[Case]:
    """The cases of a run with all answers that came.

    Args:
        reader: the history; open all the time that this takes, about 0.2 s for 1,000 cases.
        which: the run.
        call_ids: of the recorded calls that are wanted; None: all.
        with_logprobs: those of them whose answers are read for logprobs.
    """
    chosen = _chosen(reader, which, call_ids)
    found = _cases(reader, which, chosen)
    asking = set(with_logprobs)
    return [_with_logprobs(reader, case) if case.call_id in asking else case for case in found]


def all_cases(history: Path, which: Run, *, with_logprobs: Collection[str] = ()) -> list[Case]:
    """As `cases`, but the history is open for moments alone, so that ingest goes on.

    Logprobs are read of what the arms answered, and not of the record: nothing is decided by its.
    """
    with open_history(history, wait_s=WAIT_S, drain=False) as reader:
        chosen = _chosen(reader, which, None)
    found: list[Case] = []
    for part in _parts(chosen, AT_ONCE):
        with open_history(history, wait_s=WAIT_S, drain=False) as reader:
            found += _cases(reader, which, part)
    asking = set(with_logprobs)
    places = [place for place, case in enumerate(found) if case.call_id in asking]
    for some in _parts(places, max(1, BODIES_AT_ONCE // (which.k * len(ARMS)))):
        answers = [answer for place in some for answer in _of_arms(found[place])]
        with open_history(history, wait_s=WAIT_S, drain=False) as reader:
            recorded = reader.recorded_many([answer.call_id for answer in answers])
        read = _read(answers, recorded)
        for place in some:
            found[place] = _with(found[place], read)
    return found


def _of_arms(case: Case) -> list[Answer]:
    return [answer for arm, given in case.answers.items() if arm in ARMS for answer in given]


def _chosen(reader: Reader, which: Run, call_ids: Sequence[str] | None) -> list[Selected]:
    if which.selection_id is None:
        return []
    selection: Selection = keep.read(reader, which.selection_id, call_ids)
    return list(selection.calls)


def _cases(reader: Reader, which: Run, chosen: Sequence[Selected]) -> list[Case]:
    ids = [each.call_id for each in chosen]
    if which.kind == SHADOW:
        answers = shadows_of(reader, ids, moment(which))
    elif which.kind == WATCH:
        answers = _watched(reader, which, ids)
    elif which.kind == TRAJECTORIES:
        return _trajectories(reader, which, chosen)
    else:
        answers = answers_of(reader, which.run_id, ids, ARMS)
    return [
        Case(each.call_id, each.session, each.slices, each.prompt, answers.get(each.call_id, {}))
        for each in chosen
    ]


def _trajectories(reader: Reader, which: Run, chosen: Sequence[Selected]) -> list[Case]:
    """The cases whose answers are trajectories."""
    found = trajectories_of(reader, which.run_id, [each.call_id for each in chosen])
    return [
        Case(each.call_id, each.session, each.slices, each.prompt, {**found.get(each.call_id, {})})
        for each in chosen
    ]


def _watched(reader: Reader, which: Run, ids: Sequence[str]) -> dict[str, dict[Arm, list[Answer]]]:
    """The answers of a watch's round, with those of its reference as the baseline's."""
    candidate = (Arm.CANDIDATE.value,)
    found = answers_of(reader, which.run_id, ids, candidate)
    for call_id, then in answers_of(reader, which.baseline.get(REFERENCE), ids, candidate).items():
        baseline = [replace(each, arm=Arm.BASELINE) for each in then.get(Arm.CANDIDATE, ())]
        if baseline:
            found.setdefault(call_id, {})[Arm.BASELINE] = baseline
    return found


def moment(which: Run) -> str:
    """When it began, as SQL takes it."""
    return which.started_at.astimezone(UTC).replace(tzinfo=None).isoformat()


def _with_logprobs(reader: Reader, case: Case) -> Case:
    """The case whose answers have their logprobs, out of the bodies."""
    answers = [answer for given in case.answers.values() for answer in given]
    recorded = reader.recorded_many([answer.call_id for answer in answers])
    return _with(case, _read(answers, recorded))


def _read(answers: Sequence[Answer], recorded: Sequence[Recorded]) -> dict[str, Logprobs]:
    """The logprobs of answers by their ids."""
    return {
        answer.call_id: logprobs_in(each) for answer, each in zip(answers, recorded, strict=True)
    }


def _with(case: Case, read: Mapping[str, Logprobs]) -> Case:
    return replace(
        case,
        answers={
            arm: [replace(each, logprobs=read.get(each.call_id, ())) for each in of_arm]
            for arm, of_arm in case.answers.items()
        },
    )


def _parts(every: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(every), size):
        yield every[start : start + size]


def _run(row: Sequence[Any]) -> Run:
    names = [name.partition("::")[0] for name in _RUN.split(", ")]
    told: dict[str, Any] = dict(zip(names, row, strict=True))
    for name in _TABLES:
        told[name] = _table(told[name])
    told["started_at"] = told["started_at"].replace(tzinfo=UTC)
    told["schema"] = told["schema"] or 0
    return Run(**{name: value for name, value in told.items() if value is not None})


def _table(text: str | None) -> Mapping[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _not_found(which: str, known: Sequence[Run], found: Sequence[Run]) -> str:
    if not known:
        return "no run in this history yet; driftgate gate makes one"
    if len(found) > 1:
        named = ", ".join(each.run_id for each in found[:_NAMED])
        return f"{len(found)} runs begin with {which!r}: {named}"
    ids = [each.run_id for each in known]
    near = get_close_matches(which.lower(), ids, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"the last one is {ids[0]};"
    return f"no run {which!r}; {hint} `driftgate replay list` shows all"
