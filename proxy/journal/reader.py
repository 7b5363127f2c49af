"""Reading journals back: one Tail a writer, polled by the historian."""

import fcntl
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from driftgate.proxy.journal.assemble import START, Assembler, Position
from driftgate.proxy.journal.frame import Damage, Frame, Kind, parse
from driftgate.proxy.record import Recorded

LOCK = "lock"
QUARANTINE = "quarantine"
SEGMENT = "*.seg"
_NOTES = frozenset({int(Kind.CONFIG), int(Kind.EVENT)})


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """Something a writer or a reader noted; `detail` is JSON text."""

    at_ns: int
    kind: str
    detail: str


@dataclass(slots=True)
class Batch:
    """What one poll of one writer's journal gave.

    done: all frames before it are accounted for in this batch or an earlier one.
    low: the first frame of the oldest call that is still open; a restart reads from here.
    more: the journal holds more than was read.
    finished: the writer is dead and everything is read.
    """

    writer: str
    calls: list[Recorded] = field(default_factory=list)
    events: list[JournalEvent] = field(default_factory=list)
    done: Position = START
    low: Position = START
    quarantined: list[Path] = field(default_factory=list)
    finished: bool = False
    more: bool = False


def segment_path(folder: Path, number: int) -> Path:
    """The file of one segment."""
    return folder / f"{number:06d}.seg"


def writers(root: Path) -> list[Path]:
    """The folders of all writers below a journal's root, oldest name first."""
    if not root.is_dir():
        return []
    found = (path for path in root.iterdir() if (path / LOCK).exists())
    return sorted(path for path in found if not path.name.startswith("."))


def backlog_bytes(root: Path) -> int:
    """Bytes in all segments: what a restart may have to read."""
    total = 0
    for folder in writers(root):
        for path in folder.glob(SEGMENT):
            try:
                total += path.stat().st_size
            except FileNotFoundError:  # released meanwhile
                continue
    return total


def is_alive(folder: Path) -> bool:
    """Whether the writer's process still holds its lock."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class Tail:
    """One writer's journal, read forward.

    low: where to begin reading; done: calls and events before it were given to an earlier reader
    and committed, so they are not given again.
    """

    def __init__(self, folder: Path, *, low: Position = START, done: Position = START) -> None:
        self.folder = folder
        self._at = low
        self._given = done
        self._assembler = Assembler(folder.name)
        self._rest = b""  # bytes from _at on that are no whole frame yet

    def poll(self, limit_bytes: int = 16 << 20) -> Batch:
        """Reads what has come, about limit_bytes at the most; cheap when nothing has."""
        batch = Batch(self.folder.name)
        dead = not is_alive(self.folder)  # asked before reading: then nothing comes after
        read, exhausted = 0, False
        while read < limit_bytes and not exhausted:
            count, exhausted = self._read_some(batch, limit_bytes, final=dead)
            read += count
        batch.done, batch.more = self._at, not exhausted
        if dead and exhausted:
            batch.calls += self._assembler.interrupt()
            batch.finished = True
        batch.low = min(self._assembler.low() or self._at, self._at)
        return batch

    def release(self, low: Position) -> None:
        """Deletes the segments that lie wholly before `low`; for after the commit."""
        for path in self.folder.glob(SEGMENT):
            if path.stem.isdigit() and int(path.stem) < low.segment:
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Deletes the folder of a finished writer; for after the commit."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read_some(self, batch: Batch, limit: int, *, final: bool) -> tuple[int, bool]:
        """Reads from the current segment; gives (bytes read, nothing more is there)."""
        following = self._next_segment()
        rotated = following is not None  # asked first: a rotated segment does not grow
        data = self._read(limit)
        if data:
            self._take(batch, data, final=False)
            return len(data), False
        if rotated or final:
            self._take(batch, b"", final=True, last=not rotated)
        if following is None:
            return 0, True
        self._at, self._rest = Position(following, 0), b""
        return 0, False

    def _read(self, limit: int) -> bytes:
        try:
            with segment_path(self.folder, self._at.segment).open("rb") as file:
                file.seek(self._at.offset + len(self._rest))
                return file.read(limit)
        except FileNotFoundError:
            return b""

    def _next_segment(self) -> int | None:
        numbers = (int(path.stem) for path in self.folder.glob(SEGMENT) if path.stem.isdigit())
        return min((number for number in numbers if number > self._at.segment), default=None)

    def _take(self, batch: Batch, data: bytes, *, final: bool, last: bool = False) -> None:
        buffer = self._rest + data if self._rest else data
        end = self._at.offset
        limit = end + len(buffer)
        for found in parse(buffer, self._at.offset, final=final):
            if isinstance(found, Damage):
                self._damaged(batch, found, buffer, torn=last and found.end == limit)
                end = found.end
                continue
            self._frame(batch, found)
            end = found.end
        self._rest = buffer[end - self._at.offset :]
        self._at = Position(self._at.segment, end)

    def _frame(self, batch: Batch, frame: Frame) -> None:
        position = Position(self._at.segment, frame.offset)
        if frame.kind in _NOTES:
            if position >= self._given:
                batch.events.append(_event(frame))
            return
        call = self._assembler.feed(frame, position)
        if call is not None and position >= self._given:
            batch.calls.append(call)

    def _damaged(self, batch: Batch, damage: Damage, buffer: bytes, *, torn: bool) -> None:
        if torn:  # a write that the crash cut short: nobody was told it was there
            return
        folder = self.folder.parent / QUARANTINE
        folder.mkdir(exist_ok=True)
        name = f"{self.folder.name}-{self._at.segment:06d}-{damage.start}.bin"
        path = folder / name
        path.write_bytes(buffer[damage.start - self._at.offset : damage.end - self._at.offset])
        batch.quarantined.append(path)


def _event(frame: Frame) -> JournalEvent:
    if frame.kind == Kind.CONFIG:
        return JournalEvent(frame.at_ns, "config", frame.data.decode("utf-8", "replace"))
    kind, _, detail = frame.data.decode("utf-8", "replace").partition("\n")
    return JournalEvent(frame.at_ns, kind, detail)
