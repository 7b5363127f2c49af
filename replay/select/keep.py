"""Golden sets: selections that the history keeps under a name, and that never change.

A selection is known by its content: a UUID out of BLAKE2b-128 over what is kept of it. So the same
set has the same id on every machine.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from driftgate.contracts.json_values import counted
from driftgate.proxy.errors import HistoryDamagedError, NotFoundError, UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.replay.select.details import details, selected
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.select.take_in import WAIT_S, journal_of

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader
    from driftgate.proxy.journal.writer import JournalWriter

Row = dict[str, Any]
_ROWS = 1000  # in one event of a journal
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SELECTIONS = (
    "SELECT selection_id::VARCHAR, name, made_at, described, seed, found, collapsed, calls "
    "FROM selections WHERE"
)
# a set that was written twice at the same time counts once, as it was written first
_FIRST = "QUALIFY row_number() OVER (PARTITION BY name ORDER BY made_at, selection_id) = 1"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the history says of a selection. made_at: UTC, without a zone. calls: how many."""

    selection_id: str
    name: str | None
    made_at: datetime
    described: str
    seed: int
    found: int
    collapsed: int
    calls: int


def checked_name(name: str) -> str:
    """The name, which can be that of a golden set.

    Raises:
        UsageError: it cannot.
    """
    if name == "last":
        raise UsageError("'last' means the newest run: give the golden set another name")
    if _NAME.fullmatch(name):
        return name
    raise UsageError(
        f"{name[:100]!r} cannot be the name of a golden set: up to 100 letters, digits, '.', '_' and "
        "'-', the first a letter or digit"
    )


def selection_id(selection: Selection) -> str:
    """The id of the selection: the same content, the same id. Who made it when does not matter."""
    parts: list[Any] = [selection.name, selection.described, selection.seed]
    parts += [selection.found, selection.collapsed]
    parts += [
        [call.call_id, call.session, call.duplicates, slices_text(call.slices)]
        for call in selection.calls
    ]
    text = json.dumps(parts, separators=(",", ":"))
    return str(UUID(bytes=blake2b(text.encode(), digest_size=16).digest()))


def selection_rows(selection: Selection, made_at: datetime) -> tuple[list[Row], list[Row]]:
    """Rows for the tables `selections` and `selection_calls`, as a journal takes them.

    made_at: with its zone, or UTC.
    """
    own_id = selection_id(selection)
    head = {
        "selection_id": own_id,
        "name": selection.name,
        "made_at": made_at.isoformat(),
        "described": selection.described,
        "seed": selection.seed,
        "found": selection.found,
        "collapsed": selection.collapsed,
        "calls": len(selection.calls),
    }
    calls = [
        {
            "selection_id": own_id,
            "position": position,
            "call_id": call.call_id,
            "session": call.session,
            "slices": slices_text(call.slices),
            "duplicates": call.duplicates,
        }
        for position, call in enumerate(selection.calls)
    ]
    return [head], calls


def write(journal: "JournalWriter", selection: Selection, made_at: datetime) -> None:
    """Writes the selection to a journal: its calls first, so that no set is there without them."""
    heads, calls = selection_rows(selection, made_at)
    for start in range(0, len(calls), _ROWS):
        journal.rows("selection_calls", calls[start : start + _ROWS])
    journal.rows("selections", heads)


def keep(history: Path, selection: Selection, *, wait_s: float = WAIT_S) -> Kept:
    """Keeps a selection that has a name in the history, for good, also while the proxy runs.

    Raises:
        UsageError: the name is none, or taken.
        HistoryError, JournalError: the history cannot be read or written.
    """
    name = checked_name(selection.name or "")
    with open_history(history) as reader:
        refuse_taken(reader, name)
    with journal_of(history, wait_s=wait_s) as journal:
        write(journal, selection, datetime.now(UTC))
    with open_history(history, drain=False) as reader:
        found = kept(reader, name)
    if found is None or found.selection_id != selection_id(selection):
        raise UsageError(
            f"another golden set {name!r} was kept at the same time; choose another name"
        )
    return found


def refuse_taken(reader: "Reader", name: str) -> None:
    """Raises UsageError where there is a golden set with this name."""
    found = kept(reader, name)
    if found is not None:
        when = f"{found.made_at:%Y-%m-%d %H:%M} UTC"
        raise UsageError(
            f"there is a golden set {name!r} already, of {counted(found.calls, 'call')}, made at {when}; "
            "sets never change: choose another name"
        )


def slices_text(slices: Mapping[str, tuple[str, ...]]) -> str:
    """Slices as they are kept: JSON, kinds in order."""
    plain = {kind: list(slices[kind]) for kind in sorted(slices)}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def sets(reader: "Reader") -> list[Kept]:
    """All golden sets, the oldest first."""
    rows = reader.ask(f"{_SELECTIONS} name IS NOT NULL {_FIRST} ORDER BY made_at, name").rows
    return [_kept(row) for row in rows]


def kept(reader: "Reader", name: str) -> Kept | None:
    """What the history says of the set with this name; None: there is none."""
    rows = reader.ask(f"{_SELECTIONS} name = ? {_FIRST}", [name]).rows
    return _kept(rows[0]) if rows else None


def named(reader: "Reader", name: str) -> Selection:
    """The golden set with this name.

    Raises:
        UsageError: no set can have it.
        NotFoundError: there is none; names the nearest.
        HistoryDamagedError: a call of it is gone.
    """
    return _read(reader, existing(reader, name))


def existing(reader: "Reader", name: str) -> Kept:
    """What the history says of the set with this name. Raises as `named`, where there is none."""
    found = kept(reader, checked_name(name))
    if found is not None:
        return found
    known = [each.name or "" for each in sets(reader)]
    near = get_close_matches(name, known, n=3) or known[-5:]
    hint = (
        f"there {'is' if len(near) == 1 else 'are'} {', '.join(near)}" if near else "there is none"
    )
    raise NotFoundError(f"no golden set {name!r}: {hint}; `driftgate replay sets` lists them")


def read(reader: "Reader", selection_id: str, call_ids: Sequence[str] | None = None) -> Selection:
    """The selection with this id, named or not.

    call_ids: of the calls that are wanted of it; None: all.

    Raises:
        NotFoundError: there is none.
        HistoryDamagedError: a call of it is gone.
    """
    rows = reader.ask(f"{_SELECTIONS} selection_id = ?::UUID LIMIT 1", [selection_id]).rows
    if not rows:
        raise NotFoundError(f"no selection {selection_id} in {reader.path}")
    return _read(reader, _kept(rows[0]), call_ids)


def _kept(row: tuple[Any, ...]) -> Kept:
    own_id, name, made_at, described, seed, found, collapsed, calls = row
    return Kept(own_id, name, made_at, described or "", seed, found, collapsed, calls)


def _read(reader: "Reader", head: Kept, call_ids: Sequence[str] | None = None) -> Selection:
    """With DISTINCT, since a selection without a name may have been kept by several runs."""
    some = "" if call_ids is None else "AND call_id IN (SELECT unnest(?::VARCHAR[])::UUID) "
    sql = (
        "SELECT DISTINCT position, call_id::VARCHAR, session, slices, duplicates "  # noqa: S608 - our own words
        f"FROM selection_calls WHERE selection_id = ?::UUID {some}ORDER BY position"
    )
    wanted = [] if call_ids is None else [list(call_ids)]
    rows = reader.ask(sql, [head.selection_id, *wanted]).rows
    known = details(reader, [row[1] for row in rows])
    missing = [row[1] for row in rows if row[1] not in known]
    if missing or (call_ids is None and len(rows) != head.calls):
        what = f"call {missing[0]} is" if missing else "some of its calls are"
        raise HistoryDamagedError(
            f"{reader.path}: {what} gone from the selection {head.name or head.selection_id}"
        )
    calls: list[Selected] = [
        selected(
            call_id,
            session,
            known[call_id],
            duplicates=duplicates,
            slices={kind: tuple(values) for kind, values in json.loads(slices or "{}").items()},
        )
        for _, call_id, session, slices, duplicates in rows
    ]
    return Selection(calls, head.described, head.seed, head.found, head.collapsed, head.name)
