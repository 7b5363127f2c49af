"""Writing the journal: one writer a process, group commit, and what happens when the disk is full.

Frames are taken in order. `put` may keep them for up to 20 ms, `commit` has written them, and all
before, when it returns, `synced` waits until they are on the disk. A write that fails leaves no
torn frame: the segment is cut back, and every call whose frames were lost is remembered, so that
it is never reported as finished and gets a terminal record once there is space again.

Nothing here waits for the disk in the loop: a thread of its own syncs, a group at a time. The name
service uses the loop's threads, and may hold all of them for seconds.
"""

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftgate.proxy.errors import DiskFullError, JournalError
from driftgate.proxy.journal import head
from driftgate.proxy.journal.disk import space_problem, to_disk, write_all
from driftgate.proxy.journal.frame import NO_CALL, Kind, pack
from driftgate.proxy.journal.late import Late
from driftgate.proxy.journal.reader import LOCK, segment_path
from driftgate.proxy.record import Outcome

log = logging.getLogger("driftgate")

HOLD_S = 0.02  # how long a stream's chunks may wait for company; costs 6-10 us a chunk less
HOLD_BYTES = 256 << 10
GATHER = 512  # buffers a writev; IOV_MAX is 1024 on Linux and macOS
_LOST = "the disk was full: parts of this call are not recorded"


@dataclass(frozen=True, slots=True)
class Rules:
    """How the journal is kept.

    segment_bytes: a segment larger than this is followed by a new one.
    min_free_bytes: below it no new call is admitted, so that running ones can end.
    fsync_interval_s: how much a power loss may take.
    """

    segment_bytes: int = 64 << 20
    min_free_bytes: int = 64 << 20
    fsync_interval_s: float = 0.05


class JournalWriter:
    """One process's journal. Not for several threads."""

    def __init__(self, root: Path, writer: str, rules: Rules) -> None:
        self.writer = writer
        self.full: str | None = None  # why nothing can be written, while that is so
        self._rules = rules
        self._folder = root / writer
        self._segment, self._offset, self._fd = 0, 0, -1
        self._pending: list[bytes] = []
        self._held: list[bytes] = []  # ids of the calls whose frames are pending
        self._pending_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._lost: dict[bytes, int] = {}  # calls with lost frames, and since when
        self._marks: list[bytes] = []  # frames that mark those of them that are no live calls
        self._late = Late()
        self._cut: set[bytes] = set()  # those whose recorder has not been told yet
        self._dirty = False
        self._syncs: list[asyncio.Future[None]] = []
        self._retired: list[int] = []  # segments that are full, not synced yet
        self._new_names = [root.parent, root, self._folder]  # folders with entries not synced yet
        self._syncer = ThreadPoolExecutor(1, "journal-sync")
        self._wake = asyncio.Event()
        self._epoch_ns = time.time_ns() - time.monotonic_ns()
        self._lock_fd = self._make_folder(root)
        self._open_segment()

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch; never goes back while the process lives."""
        return self._epoch_ns + time.monotonic_ns()

    def has_lost(self, call_id: bytes) -> bool:
        """Whether frames of this call could not be written."""
        return call_id in self._lost

    def add(self, kind: Kind, call_id: bytes, at_ns: int, data: bytes) -> None:
        """Takes a frame that the next commit writes."""
        if self._cut and call_id in self._cut:
            return
        self._pending += pack(kind, call_id, at_ns, data)
        self._held.append(call_id)
        self._pending_bytes += len(data)

    def put(self, kind: Kind, call_id: bytes, at_ns: int, data: bytes) -> None:
        """Takes a frame that is written within 20 ms, or before anything that is committed."""
        self.add(kind, call_id, at_ns, data)
        if self._pending_bytes > HOLD_BYTES:
            self._flush_quietly()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HOLD_S, self._tick)

    def commit(self, call_id: bytes, mark: bytes | None = None) -> None:
        """Writes all that was added or put. mark: says that it is a replay, if that must be said again.

        Raises:
            DiskFullError: frames of this call are lost.
        """
        self._flush_quietly()
        if call_id in self._cut or call_id in self._lost:
            self._cut.discard(call_id)
            if mark is not None and call_id in self._lost:  # by its end alone it would look live
                self._marks += pack(Kind.REPLAYED, call_id, self._lost[call_id], mark)
            raise DiskFullError(f"the journal cannot be written: {self.full or 'disk full'}")

    async def synced(self) -> None:
        """Waits until all that was written so far is on the disk.

        Raises:
            DiskFullError: the disk did not take it.
        """
        waiter = asyncio.get_running_loop().create_future()
        self._syncs.append(waiter)
        self._wake.set()
        await waiter

    def note(self, kind: str, detail: str) -> None:
        """Records an event that belongs to no call."""
        self.put(Kind.EVENT, NO_CALL, self.now_ns(), f"{kind}\n{detail}".encode())

    def config(self, text: str) -> None:
        """Records driftgate's own effective configuration."""
        self.add(Kind.CONFIG, NO_CALL, self.now_ns(), text.encode())
        self._flush_quietly()

    def contracts(self, text: str) -> None:
        """Records the contracts in force from now on: ContractSet.as_json()."""
        self.add(Kind.EVENT, NO_CALL, self.now_ns(), f"contracts\n{text}".encode())
        self._flush_quietly()

    def rows(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Records rows for one of the history's tables that take such (history/replay_rows.py)."""
        self._flush_quietly()
        self._late.add(table, rows, self.now_ns())
        self._write_late()

    async def run(self) -> None:
        """Syncs in groups and watches the free space, until cancelled."""
        watched = 0.0
        while True:
            if not self._syncs:
                await self._pause()
            if time.monotonic() - watched > 1:
                watched = time.monotonic()
                self._watch()
            if self._dirty or self._syncs or self._retired:
                await self._sync()

    def close(self) -> None:
        """Writes and syncs what is left and lets go of the lock."""
        self._flush_quietly()
        self._write_late()
        self._syncer.shutdown()
        segments = [*self._retired, self._fd]
        try:
            to_disk(segments, self._new_names)
        except OSError as error:
            log.error("%s: %s", self._folder, error.strerror)  # noqa: TRY400 - the line says it all
        # no number that another file may get is kept: what comes late fails
        self._retired, self._fd = [], -1
        for descriptor in (*segments, self._lock_fd):
            os.close(descriptor)

    async def _sync(self) -> None:
        """Brings what is written to the disk; what is written meanwhile is for the next time."""
        self._dirty, waiting, self._syncs = False, self._syncs, []
        # the current segment may be retired and closed before the thread's turn comes
        segments, self._retired = [*self._retired, os.dup(self._fd)], []
        folders, self._new_names = self._new_names, []
        problem: DiskFullError | None = None
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._syncer, to_disk, segments, folders)
        except asyncio.CancelledError:  # `close` does it instead
            self._retired += segments
            self._new_names += folders
            raise
        except OSError as error:
            problem = self._unsynced(error)
        for descriptor in segments:
            os.close(descriptor)
        for waiter in waiting:
            if not waiter.done():
                waiter.set_exception(problem) if problem else waiter.set_result(None)

    def _unsynced(self, error: OSError) -> DiskFullError:
        """The disk failed: no call is admitted until the space is looked at again."""
        self.full = f"{self._folder}: {error.strerror}"
        log.error("the journal cannot be brought to the disk: %s", self.full)
        return DiskFullError(f"the journal cannot be written: {self.full}")

    async def _pause(self) -> None:
        self._wake.clear()
        try:
            async with asyncio.timeout(self._rules.fsync_interval_s if self._dirty else 1):
                await self._wake.wait()
        except TimeoutError:
            return

    def _make_folder(self, root: Path) -> int:
        """Makes the folder under another name, so that no reader meets it without its lock."""
        hidden = root / f".{self.writer}"
        try:
            hidden.mkdir(parents=True, mode=0o700)
            descriptor = os.open(hidden / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            hidden.rename(self._folder)
        except OSError as error:
            raise JournalError(
                f"cannot make the journal {self._folder}: {error.strerror}; "
                "choose a folder that can be written to with --history"
            ) from error
        return descriptor

    def _open_segment(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(segment_path(self._folder, self._segment), flags, 0o600)
        if self._fd >= 0:
            self._retired.append(self._fd)
            self._new_names.append(self._folder)
        self._fd, self._offset = descriptor, 0

    def _tick(self) -> None:
        self._timer = None
        self._flush_quietly()

    def _flush_quietly(self) -> None:
        """Writes what is pending; what cannot be written is remembered as lost.

        The timer is left to run out: making and ending one for each call costs more.
        """
        if not self._pending:
            return
        pending, held = self._pending, self._held
        self._pending, self._held, self._pending_bytes = [], [], 0
        try:
            self._turn_page()
            self._write(pending)
        except OSError as error:
            self._lose(held, error)

    def _write(self, buffers: list[bytes]) -> None:
        written = 0
        try:
            for start in range(0, len(buffers), GATHER):
                written += write_all(self._fd, buffers[start : start + GATHER])
        except OSError:
            os.ftruncate(self._fd, self._offset)
            raise
        self._offset += written
        self._dirty = True

    def _write_late(self) -> None:
        try:
            self._turn_page()
            self._write(self._late.frames)
            self._late.frames = []
        except OSError as error:
            self.full = f"{self._folder}: {error.strerror}"

    def _turn_page(self) -> None:
        if self._offset > self._rules.segment_bytes:
            self._segment += 1
            self._open_segment()

    def _lose(self, held: list[bytes], error: OSError) -> None:
        self.full = f"{self._folder}: {error.strerror}"
        now = self.now_ns()
        for call_id in held:
            if call_id != NO_CALL:
                self._lost.setdefault(call_id, now)
                self._cut.add(call_id)

    def _watch(self) -> None:
        """Notes when space runs out, and makes good when there is some again."""
        reason = space_problem(self._folder, self._rules.min_free_bytes)
        if reason is not None:
            self.full = reason
            return
        if self.full is None:
            return
        end = head.end(Outcome.FAILED, error=_LOST)
        ends = [part for id_, at in self._lost.items() for part in pack(Kind.END, id_, at, end)]
        try:
            self._write([*self._marks, *ends, *self._late.frames])
        except OSError as error:
            self.full = f"{self._folder}: {error.strerror}"
        else:
            self._lost, self._marks, self._late.frames, self.full = {}, [], [], None
