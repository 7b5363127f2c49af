"""A golden set out of a file, into the history: all of it is checked before anything is written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

from driftgate.contracts.json_values import counted
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.facts import canonical
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.journal import attempt, head
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.record import Replayed
from driftgate.replay.select import keep
from driftgate.replay.select.golden_export import BATCH, call_lines
from driftgate.replay.select.golden_file import (
    CallLine,
    Head,
    content_hash,
    read_call,
    read_head,
    read_time,
)
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.select.take_in import WAIT_S, journal_of

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader
    from driftgate.proxy.journal.writer import JournalWriter

ARM = "imported"
LINE_LIMIT = 512 << 20  # bytes; a recorded call is far smaller
_NO_RUN = bytes(16)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. new: calls that were written; 0 and not kept: all was there."""

    name: str
    calls: int
    new: int
    kept: bool  # the selection itself was written


def import_set(file: Path, history: Path, *, wait_s: float = WAIT_S) -> Imported:
    """Brings a set that was exported into this history, which is made where there is none.

    Its calls come in as arm `imported`, with their ids and times; those that are here stay as they
    are. Doing it again changes nothing.

    Raises:
        UsageError: the file cannot be read, is no golden set or damaged (names the line); the name
            is taken by another set; or a call of the same id is here with other content.
        HistoryError, JournalError: the history cannot be read or written.
    """
    with _opened(file) as lines:
        told, selection = _checked(file, lines)
    here: set[str] = set()
    is_kept = False
    if history.exists():
        with open_history(history) as reader:
            is_kept = _is_kept(reader, told)
            here = _here(reader, selection)
        with _opened(file) as lines:
            _compare(file, history, lines, here)
    new = [call.call_id for call in selection.calls if call.call_id not in here]
    if new or not is_kept:
        with journal_of(history, wait_s=wait_s) as journal, _opened(file) as lines:
            journal.rows("fingerprints", _fingerprint_rows(told))
            for _, line in _calls(file, lines):
                if line.call_id not in here:
                    write(journal, line)
            if not is_kept:
                keep.write(journal, selection, read_time(told.made_at))
    return Imported(told.name, told.calls, len(new), not is_kept)


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    try:
        with file.open("rb") as lines:
            yield lines
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from error


def _checked(file: Path, lines: IO[bytes]) -> tuple[Head, Selection]:
    """Reads all of it."""
    told = _head(file, lines)
    digest = content_hash(told.fingerprints)
    calls: dict[str, Selected] = {}
    number = 1
    for number, (line, call) in enumerate(_calls(file, lines), 2):
        if call.call_id in calls:
            raise UsageError(f"{file}, line {number}: call {call.call_id} is there already")
        slices = {kind: tuple(values) for kind, values in call.slices.items()}
        calls[call.call_id] = Selected(call.call_id, call.session, slices, call.duplicates)
        digest.update(line)
        if call.fingerprint_id is not None and call.fingerprint_id not in told.fingerprints:
            raise UsageError(f"{file}, line {number}: its fingerprint is not in the first line")
    if len(calls) != told.calls:
        raise UsageError(
            f"{file} holds {counted(len(calls), 'call')}, and its first line says {told.calls}: it is cut short, "
            "or two were joined"
        )
    if digest.hexdigest() != told.sha256:
        raise UsageError(
            f"{file}: the calls are not those that the hash in its first line was made of; "
            "the file was changed or damaged: export it again"
        )
    selection = Selection(
        list(calls.values()), told.described, told.seed, told.found, told.collapsed, told.name
    )
    if keep.selection_id(selection) != told.selection_id:
        raise UsageError(f"{file}, line 1: it was changed: its selection_id is of another set")
    return told, selection


def _fingerprint_rows(told: Head) -> list[dict[str, Any]]:
    return [
        {"fingerprint_id": each, "facts": canonical(facts), "first_at": told.made_at}
        for each, facts in told.fingerprints.items()
    ]


def _head(file: Path, lines: IO[bytes]) -> Head:
    try:
        return read_head(lines.readline(LINE_LIMIT))
    except UsageError as error:
        raise UsageError(f"{file}, line 1: {error}") from None


def _calls(file: Path, lines: IO[bytes]) -> Iterator[tuple[bytes, CallLine]]:
    """What is left of the lines, or all but the first."""
    if lines.tell() == 0:
        _head(file, lines)
    number = 1
    while line := lines.readline(LINE_LIMIT):
        number += 1
        if not line.endswith(b"\n"):
            why = "it does not end: the file is cut short"
            if len(line) >= LINE_LIMIT:
                why = f"it is longer than {LINE_LIMIT:,} bytes, and no recorded call is"
            raise UsageError(f"{file}, line {number}: {why}")
        try:
            yield line, read_call(line)
        except UsageError as error:
            raise UsageError(f"{file}, line {number}: {error}") from None


def _is_kept(reader: "Reader", told: Head) -> bool:
    known = keep.kept(reader, told.name)
    if known is None:
        return False
    if known.selection_id == told.selection_id:
        return True
    raise UsageError(
        f"{reader.path} has another golden set named {told.name!r}, of {counted(known.calls, 'call')}; sets "
        "never change: keep one of the two under another name"
    )


def _here(reader: "Reader", selection: Selection) -> set[str]:
    """Which of its calls the history holds, as live ones or imported before."""
    sql = "SELECT call_id::VARCHAR FROM all_calls WHERE call_id IN (SELECT unnest(?::VARCHAR[])::UUID)"
    rows = reader.ask(sql, [[call.call_id for call in selection.calls]]).rows
    return {row[0] for row in rows}


def _compare(file: Path, history: Path, lines: IO[bytes], here: set[str]) -> None:
    """Raises UsageError where a call that is here is another one in the file."""
    batch: list[CallLine] = []
    for _, line in _calls(file, lines):
        if line.call_id in here:
            batch.append(line)
        if len(batch) == BATCH:
            _compare_some(file, history, batch)
            batch = []
    if batch:
        _compare_some(file, history, batch)


def _compare_some(file: Path, history: Path, lines: Sequence[CallLine]) -> None:
    """But for the verdict and the fingerprint, which may have been found otherwise here."""
    calls = [
        Selected(
            line.call_id,
            line.session,
            {kind: tuple(values) for kind, values in line.slices.items()},
            line.duplicates,
        )
        for line in lines
    ]
    with open_history(history, drain=False) as reader:
        found = [read_call(line) for line in call_lines(reader, calls)]
    for line, here in zip(lines, found, strict=True):
        own = {"judged": here.judged, "fingerprint_id": here.fingerprint_id}
        if line.model_copy(update=own) != here:
            raise UsageError(
                f"{file}: call {line.call_id} is in {history} with other content; "
                "the file was changed, or made by another history"
            )


def write(journal: "JournalWriter", line: CallLine) -> None:
    """The call's frames, as its recorder wrote them, marked as imported.

    Raises:
        DiskFullError: they cannot be written.
    """
    call_id = UUID(line.call_id).bytes
    started = int(read_time(line.started_at).timestamp()) * 10**9
    started += read_time(line.started_at).microsecond * 1000
    asked, answered = line.request, line.response
    request = head.request(
        asked.method,
        asked.target,
        client="",
        upstream=asked.upstream,
        url="",
        pairs=_pairs(asked.headers),
    )
    journal.add(Kind.REQUEST, call_id, started, request + asked.body.data())
    mark = head.replayed(Replayed(_NO_RUN, ARM, _NO_RUN))
    journal.add(Kind.REPLAYED, call_id, started, mark)
    if answered.status is not None:
        response = head.response(answered.status, b"", _pairs(answered.headers))
        journal.add(Kind.RESPONSE, call_id, started, response)
    data, at = answered.body.data(), 0
    for offset_us, size in answered.chunks:
        journal.add(Kind.CHUNK, call_id, started + offset_us * 1000, data[at : at + size])
        at += size
    if answered.trailers:
        journal.add(Kind.TRAILERS, call_id, started, head.trailers(_pairs(answered.trailers)))
    judged = {**line.judged.model_dump(), "fingerprint_id": line.fingerprint_id}
    journal.add(Kind.JUDGED, call_id, started, attempt.verdict(judged))
    if answered.ended_ns is not None:
        times = (0, None, answered.first_byte_ns, answered.overhead_ns)
        sizes = (asked.size, answered.size)
        end = head.end(line.outcome, error=line.error, times=times, sizes=sizes)
        journal.add(Kind.END, call_id, started + answered.ended_ns, end)
    journal.commit(call_id, mark)


def _pairs(headers: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
