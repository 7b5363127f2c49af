"""Journals into the history: read what came, write one transaction, release what is kept.

Runs in one thread. What was read stays at hand until it is committed, and nothing more is read
meanwhile: so memory stays flat while the file cannot be had, and the journal grows on the disk.
"""

import contextlib
import gc
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftgate.proxy.dialects.describe import DECODE_LIMIT
from driftgate.proxy.history.prepare import Prepared
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.assemble import START, Position
from driftgate.proxy.journal.reader import SEGMENT, Batch, Tail, writers

if TYPE_CHECKING:
    from driftgate.proxy.history.committed import Committed
    from driftgate.proxy.history.fingerprints import Seen

log = logging.getLogger("driftgate")

LOCK = "historian.lock"  # in the folder of journals: who holds it drains, and nobody else
STEP_BYTES = 8 << 20  # of journal in one transaction, a little more or less
IDLE_STEPS = 10  # without anything new, until the file is made whole by itself
SEEN_LIMIT = 10_000  # probes held while the file cannot be had
PAIRS_LIMIT = 1_000  # models of upstreams that are passed on to the prober
_PROBED = (None, "shadow")  # arms whose servers are the proxy's own upstreams
_ERROR = 400  # the first HTTP status that is an error


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did. more: the journals may hold what it has not read."""

    calls: int
    more: bool
    models: frozenset[tuple[str, str]]  # (upstream, model), not told before


class Drain:
    """All journals of one history.

    listeners: called in the drain's thread with what a step has brought into the history and the
        seconds that this took, behind the commit. One that fails fails alone: it is said in the log.
    """

    def __init__(self, history: Path, root: Path, *, decode_limit: int = DECODE_LIMIT) -> None:
        self.store = Store(history, decode_limit=decode_limit)
        self.seen: deque[Seen] = deque(maxlen=SEEN_LIMIT)
        self.quarantined: list[str] = []
        self.listeners: list[Callable[[Committed, float], None]] = []
        self.total = 0
        self._root = root
        self._tails: dict[str, Tail] = {}
        self._known: dict[str, tuple[Position, Position]] | None = None
        self._gone: list[str] = []
        self._pending: tuple[Prepared, list[Batch], bool] | None = None
        self._idle = 0
        self._read_to: dict[str, Position] = {}
        self._told: set[tuple[str, str]] = set()
        self._stopped_at = ""  # the writer whose journal filled the last step

    def step(self) -> Step:
        """Reads, writes, releases.

        Raises:
            HistoryError: the file is not to be had now; the next step tries again.
        """
        if self._known is None:
            self._known = self.store.positions()
            self._gone += self._known.keys() - {path.name for path in writers(self._root)}
        started = time.perf_counter()
        waited = self._pending is not None  # for the file: what came meanwhile is not read yet
        if self._pending is None:
            with _uncollected():
                self._pending = self._read()
        prepared, batches, more = self._pending
        try:
            calls = self.store.commit(prepared)
        finally:  # calls that were kept one by one, until one could not be
            self._tell(started)
        self._pending = None
        self.total += calls
        self._release(batches, prepared.gone)
        self._idle = 0 if prepared else self._idle + 1
        if self._idle == IDLE_STEPS:
            self.store.tidy()
        return Step(calls, more or waited, self._models(prepared))

    def _tell(self, started: float) -> None:
        committed = self.store.committed
        seconds = time.perf_counter() - started
        for listener in self.listeners if committed else ():
            try:
                listener(committed, seconds)
            except Exception:
                log.exception("what was taken into the history could not be told further")

    def unread_bytes(self) -> int:
        """Bytes of all journals that are not in the history yet."""
        known = self._known or {}
        total = 0
        for folder in writers(self._root):
            _, done = known.get(folder.name, (START, START))
            total += _after(folder, done)
        return total

    def fingerprints(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What the upstreams showed last."""
        return self.store.fingerprints()

    def _read(self) -> tuple[Prepared, list[Batch], bool]:
        assert self._known is not None
        batches: list[Batch] = []
        left, more = STEP_BYTES, False
        for folder in self._in_turn():
            if left <= 0:
                more = True
                break
            self._stopped_at = folder.name
            tail = self._tail(folder)
            batch = tail.poll(limit_bytes=left)
            left -= self._advance(batch)
            more |= batch.more
            low, done = self._known.get(batch.writer, (START, START))
            worth = batch.calls or batch.events or batch.quarantined or batch.finished
            if worth or batch.low.segment > low.segment or batch.done.segment > done.segment:
                batches.append(batch)
        prepared = self.store.prepare(batches)
        prepared.gone, self._gone = self._gone, []
        while self.seen:
            prepared.seen.append(self.seen.popleft())
        return prepared, batches, more

    def _in_turn(self) -> list[Path]:
        """The journals, beginning behind the one where the last step stopped: each has its turn."""
        folders = writers(self._root)
        behind = [each for each in folders if each.name > self._stopped_at]
        return behind + [each for each in folders if each.name <= self._stopped_at]

    def _advance(self, batch: Batch) -> int:
        """Bytes that a poll has read; a change of segment counts as a whole step."""
        before = self._read_to.get(batch.writer, batch.low)
        self._read_to[batch.writer] = batch.done
        if before.segment != batch.done.segment:
            return STEP_BYTES
        return batch.done.offset - before.offset

    def _tail(self, folder: Path) -> Tail:
        if folder.name not in self._tails:
            low, done = (self._known or {}).get(folder.name, (START, START))
            self._tails[folder.name] = Tail(folder, low=low, done=done)
        return self._tails[folder.name]

    def _release(self, batches: list[Batch], gone: list[str]) -> None:
        assert self._known is not None
        for writer in gone:
            self._known.pop(writer, None)
        for batch in batches:
            self.quarantined += [str(path) for path in batch.quarantined]
            self._known[batch.writer] = (batch.low, batch.done)
            if batch.finished:
                self._tails.pop(batch.writer).remove()
                self._read_to.pop(batch.writer, None)
                self._gone.append(batch.writer)
            else:
                self._tails[batch.writer].release(batch.low)

    def _models(self, prepared: Prepared) -> frozenset[tuple[str, str]]:
        found = set()
        for call in prepared.calls:
            row = call.row
            ours = row.get("arm") in _PROBED  # a run asks its servers itself
            if ours and "model" in row and row.get("status", _ERROR) < _ERROR:
                found.add((row["upstream"], row["model"]))
        new = found - self._told
        if len(self._told) + len(new) > PAIRS_LIMIT:
            return frozenset()
        self._told |= new
        return frozenset(new)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector: what is read makes many objects and no circles of them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _after(folder: Path, done: Position) -> int:
    total = 0
    for path in folder.glob(SEGMENT):
        if not path.stem.isdigit() or int(path.stem) < done.segment:
            continue
        try:
            size = path.stat().st_size
        except FileNotFoundError:  # released meanwhile
            continue
        total += max(size - done.offset, 0) if int(path.stem) == done.segment else size
    return total
