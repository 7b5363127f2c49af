"""Which recorded calls are played: of a golden set, a selection, a run, or a session."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from driftgate.proxy.errors import NotFoundError, UsageError
from driftgate.proxy.history.reader import Reader
from driftgate.replay.arm import Arm
from driftgate.replay.play.match import Entry

LAST = "last"
_ID = re.compile(r"[0-9a-f]{1,32}")
_SHOWN = 5  # names in a message
# what clients ask before they ask a model: which models there are
_CATALOGUE = """
    SELECT arg_max(call_id, started_at)::VARCHAR FROM calls
    WHERE upstream IN (SELECT upstream FROM all_calls WHERE call_id IN (SELECT unnest(?::VARCHAR[])::UUID))
      AND status = 200 AND NOT response_truncated AND outcome = 'completed'
      AND (method = 'GET' AND dialect IN ('models', 'ollama') OR path LIKE '%/api/show')
    GROUP BY method, path, request_digest ORDER BY min(started_at)
"""
_LAST_SESSIONS = """
    SELECT session_id FROM calls WHERE session_id IS NOT NULL
    GROUP BY session_id ORDER BY max(started_at) DESC LIMIT 6
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is played.

    described: for people. entries: in the order in which they were recorded.
    catalogue: ids of the newest calls that asked which models there are, of the same upstreams.
    follows: response ids of an arm's answers -> those of the record, that requests go on from.
    """

    described: str
    entries: Sequence[Entry]
    catalogue: Sequence[str] = ()
    follows: dict[str, str] = field(default_factory=dict)


def chosen(reader: Reader, named: str, arm: Arm = Arm.RECORD) -> Chosen:
    """The calls of a golden set, a selection or a run.

    Args:
        reader: an open history.
        named: name of a golden set, the beginning of a selection's or run's id, or `last`: the
            newest run.
        arm: who answers; other arms than the record have only runs.

    Raises:
        NotFoundError: nothing is named so, or several are; says what comes near.
        UsageError: there is nothing to play.
    """
    kind, found = _found(reader, named)
    if kind == "run":
        return _of_run(reader, found, arm)
    if arm is not Arm.RECORD:
        raise UsageError(f"{named!r} is a selection, and only a run has answers of the {arm}")
    ids = _selected(reader, found)
    return _made(reader, f"selection {named}", [Entry(each, each) for each in ids])


def of_session(reader: Reader, session: str) -> Chosen:
    """The live calls of the sessions whose id begins so. Errors as chosen()."""
    rows = reader.ask(
        "SELECT call_id::VARCHAR, coalesce(session_id, thread_id) FROM calls "
        "WHERE starts_with(session_id, ?) OR starts_with(thread_id, ?)",
        [session, session],
    ).rows
    if not rows:
        last = reader.ask(_LAST_SESSIONS).rows
        raise NotFoundError(f"no session {session!r}; {_listed([name for (name,) in last])}")
    names = {name for _, name in rows}
    if len(names) > 1:
        raise NotFoundError(f"{session!r} is the beginning of several sessions: {_some(names)}")
    return _made(reader, f"session {names.pop()}", [Entry(each, each) for each, _ in rows])


def _found(reader: Reader, named: str) -> tuple[str, str]:
    """What is named so: ("run" or "selection", its id)."""
    if named == LAST:
        rows = reader.ask("SELECT run_id::VARCHAR FROM runs ORDER BY started_at DESC LIMIT 1").rows
        if not rows:
            raise NotFoundError("no run yet: `driftgate gate` makes one")
        return "run", str(rows[0][0])
    sets = reader.ask(
        "SELECT DISTINCT selection_id::VARCHAR FROM selections WHERE name = ?", [named]
    )
    if sets.rows:
        return "selection", str(sets.rows[0][0])
    plain = named.strip().lower().replace("-", "")
    known = _known(reader)
    fitting = [each for each in known if each[1].replace("-", "").startswith(plain)]
    if not _ID.fullmatch(plain) or not fitting:
        raise NotFoundError(f"no run and no selection {named!r}; {_near(reader, named, known)}")
    if len(fitting) > 1:
        names = _some(f"{kind} {each}" for kind, each in fitting)
        raise NotFoundError(f"{named!r} is the beginning of several: {names}")
    return fitting[0]


def _known(reader: Reader) -> list[tuple[str, str]]:
    rows = reader.ask(
        "SELECT 'run', run_id::VARCHAR FROM runs UNION SELECT 'selection', selection_id::VARCHAR FROM selections"
    ).rows
    return sorted((str(kind), str(each)) for kind, each in rows)


def _near(reader: Reader, named: str, known: Sequence[tuple[str, str]]) -> str:
    names = [
        str(name)
        for (name,) in reader.ask(
            "SELECT DISTINCT name FROM selections WHERE name IS NOT NULL ORDER BY name"
        ).rows
    ]
    near = get_close_matches(named, [*names, *(each for _, each in known)], n=_SHOWN)
    if near:
        return f"nearest: {_some(near)}"
    return _listed([*names, *(f"{kind} {each}" for kind, each in known)])


def _listed(names: Sequence[str]) -> str:
    return f"there are: {_some(names)}" if names else "there is none yet"


def _some(names: Any) -> str:
    each = sorted(names)
    return ", ".join(each[:_SHOWN]) + (" and more" if len(each) > _SHOWN else "")


def _selected(reader: Reader, selection_id: str) -> list[str]:
    rows = reader.ask(
        "SELECT DISTINCT call_id::VARCHAR FROM selection_calls WHERE selection_id = ?::UUID "
        "AND call_id IN (SELECT call_id FROM all_calls)",
        [selection_id],
    ).rows
    return [str(each) for (each,) in rows]


def _of_run(reader: Reader, run_id: str, arm: Arm) -> Chosen:
    described = f"run {run_id}"
    if arm is not Arm.RECORD:
        return _of_arm(reader, run_id, arm, described)
    [(selection,)] = reader.ask(
        "SELECT selection_id::VARCHAR FROM runs WHERE run_id = ?::UUID LIMIT 1", [run_id]
    ).rows
    ids = _selected(reader, selection) if selection else []
    if not ids:  # it was run without being kept
        rows = reader.ask(
            "SELECT DISTINCT replay_of::VARCHAR FROM replays WHERE run_id = ?::UUID "
            "AND replay_of IN (SELECT call_id FROM all_calls)",
            [run_id],
        ).rows
        ids = [str(each) for (each,) in rows]
    return _made(reader, described, [Entry(each, each) for each in ids])


def _of_arm(reader: Reader, run_id: str, arm: Arm, described: str) -> Chosen:
    """What an arm answered, to what was recorded: clients ask as they asked then."""
    rows = reader.ask(
        "SELECT made.call_id::VARCHAR, asked.call_id::VARCHAR, made.response_id, asked.response_id "
        "FROM all_calls made JOIN all_calls asked ON made.replay_of = asked.call_id "
        "WHERE made.call_id IN (SELECT call_id FROM replays WHERE run_id = ?::UUID) "
        "AND made.arm = ? AND made.dialect IS NOT DISTINCT FROM asked.dialect "
        "ORDER BY asked.started_at, asked.call_id, made.repetition, made.started_at",
        [run_id, arm.value],
    ).rows
    entries = [Entry(str(answer), str(asked)) for answer, asked, _, _ in rows]
    follows = {made: asked for _, _, made, asked in rows if made and asked}
    return _made(reader, f"{described}, answers of the {arm}", entries, follows)


def _made(
    reader: Reader, described: str, entries: list[Entry], follows: dict[str, str] | None = None
) -> Chosen:
    if not entries:
        raise UsageError(f"{described} has no calls that could be played")
    catalogue = reader.ask(_CATALOGUE, [[entry.asked for entry in entries]]).rows
    if follows is None:
        entries = sorted(entries, key=lambda entry: entry.asked)  # a UUIDv7 begins with its time
    return Chosen(described, entries, [str(each) for (each,) in catalogue], follows or {})
