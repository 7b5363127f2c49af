"""New calls for all open live pages.

The history is looked at once for all of them, and only while somebody watches. A look costs two `stat`s when nothing has changed. Pages with the same filters are one group; each group
keeps its last rows, and each page takes what is behind its own place in them, at its own pace: a slow
browser holds nobody up, and what it missed is told.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from driftgate.dashboards import calls
from driftgate.dashboards.calls import RECORDED, Span
from driftgate.dashboards.choice import Choice
from driftgate.dashboards.site import Site
from driftgate.dashboards.typed import typed
from driftgate.proxy.errors import DriftgateError, HistoryBusyError, QuerySlowError
from driftgate.proxy.history.follow import state
from driftgate.proxy.running import running

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

log = logging.getLogger("driftgate.dashboard")

NAME = "feed"  # in what the site keeps
LOOK_S = 1.0  # between two looks
SHARE = 20  # a look may keep the file this part of the time: ingest waits meanwhile
SLOWEST_S = 5.0  # between two looks that cost much
STALE_S = 15.0  # after which numbers of the last minutes are asked for anew though nothing came
STATUS_S = 2.0  # between two questions to the running processes
STATUS_TIMEOUT_S = 0.5
QUERY_S = 2.0  # for one group's question
ROWS = 200  # the most that a page shows
GROUPS = 32
WATCHES = 200  # pages that are open

Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found.

    rows: newest first, one more than ROWS where there were others before. held_s: seconds that it kept
    the file.
    """

    newest: int
    rows: Sequence[Mapping[str, Any]]
    numbers: Mapping[str, Any]
    held_s: float


@dataclass(slots=True)
class Group:
    """Pages with the same filters.

    began: rows recorded behind it are known. after: how far was looked. lost: the newest row that is
    no longer kept; -1: all are. numbers: of the last minutes. asked: whether a look was for it, too.
    held_s: seconds that its last question kept the file.
    """

    choice: Choice
    began: int
    after: int
    watches: int = 0
    lost: int = -1
    rows: deque[tuple[int, dict[str, Any]]] = field(default_factory=lambda: deque(maxlen=ROWS))
    numbers: Mapping[str, Any] | None = None
    problem: str = ""
    asked: bool = False
    held_s: float = 0.0

    def rewind(self, place: int) -> None:
        """All rows behind this place will be known."""
        if place < self.began:
            self.began = self.after = place
            self.rows.clear()
            self.lost = -1
            self.asked = False

    def take(self, found: Found) -> None:
        """Keeps what one look found."""
        rows = found.rows[:ROWS][::-1]
        if len(found.rows) > ROWS:
            self.rows.clear()
            self.lost = int(rows[0]["rowid"]) - 1
        for row in rows:
            if len(self.rows) == ROWS:
                self.lost = self.rows[0][0]
            self.rows.append((int(row["rowid"]), calls.shown(row)))
        self.after = max(self.after, found.newest)
        self.numbers = found.numbers
        self.held_s = found.held_s
        self.problem = ""

    def fail(self, error: DriftgateError) -> None:
        """Keeps why a look found nothing. One that took too long is no cheaper the next time."""
        self.problem = str(error)
        self.held_s = QUERY_S if isinstance(error, QuerySlowError) else 0.0


@dataclass(slots=True)
class News:
    """What a page is told. rows: new ones, oldest first. missed: some came that are not among them."""

    rows: list[dict[str, Any]]
    missed: bool
    place: int


class Watch:
    """One page's place in its group. changed: there may be news."""

    def __init__(self, feed: "Feed", group: Group, place: int) -> None:
        self._feed, self.group, self._place = feed, group, place
        self.changed = asyncio.Event()

    @property
    def open_calls(self) -> int | None:
        """Calls under way now; None: no proxy runs."""
        return self._feed.open_calls

    def news(self) -> News:
        """What came since it was asked last."""
        self.changed.clear()
        before, self._place = self._place, max(self._place, self.group.after)
        rows = [row for rowid, row in self.group.rows if rowid > before]
        return News(rows, self.group.lost > before, self._place)


def feed(site: Site) -> "Feed":
    """The site's own."""
    made = site.kept.get(NAME)
    if not isinstance(made, Feed):
        made = site.kept[NAME] = Feed(site)
        site.closing.append(made.close)
    return made


class Feed:
    """Looks, and tells all watches.

    Attributes:
        open_calls: calls under way, over all workers; None: no proxy runs.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._groups: dict[Key, Group] = {}
        self._watches: set[Watch] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._seen: object = None
        self._asked_at = 0.0
        self.open_calls: int | None = None

    @contextlib.asynccontextmanager
    async def watch(self, choice: Choice, place: int) -> AsyncIterator[Watch]:
        """Watches chosen calls that were recorded behind the row `place`.

        Raises:
            HistoryBusyError: too many views are open.
        """
        key = tuple(sorted(choice.address.items()))
        if key not in self._groups and len(self._groups) >= GROUPS:
            raise HistoryBusyError(f"{GROUPS} different live views are open; close some of them")
        if len(self._watches) >= WATCHES:
            raise HistoryBusyError(f"{WATCHES} live views are open; close some of them")
        group = self._groups.setdefault(key, Group(choice, place, place))
        group.rewind(place)
        group.watches += 1
        made = Watch(self, group, place)
        self._watches.add(made)
        self._begin()
        try:
            yield made
        finally:
            self._watches.discard(made)
            group.watches -= 1
            if not group.watches:
                self._groups.pop(key, None)
            if not self._watches:
                await self.close()

    def _begin(self) -> None:
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._look_on()),
                asyncio.create_task(self._ask_on()),
            ]

    async def close(self) -> None:
        """Looks no more."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tell(self) -> None:
        for each in self._watches:
            each.changed.set()

    async def _look_on(self) -> None:
        while True:
            held_s = 0.0
            try:
                held_s = await self._look()
            except Exception:
                self._seen = None
                log.exception("new calls could not be looked for; they are, again")
            await asyncio.sleep(min(max(LOOK_S, held_s * SHARE), SLOWEST_S))

    async def _look(self) -> float:
        """Gives the seconds that the file was kept. Waiting for it holds nobody up."""
        now = state(self._site.history)
        groups = list(self._groups.values())
        asked = all(group.asked for group in groups)
        if now == self._seen and asked and not self._stale():
            return 0.0
        self._seen, self._asked_at = now, time.monotonic()
        await self._look_at([group for group in groups if not group.choice.typed])
        for group in groups:
            if group.choice.typed:
                await self._look_typed(group)
        return sum(group.held_s for group in groups)

    async def _look_at(self, groups: Sequence[Group]) -> None:
        if not groups:
            return
        try:
            await self._site.reading.read(lambda reader: look(reader, groups), drain=False)
        except DriftgateError as error:
            self._seen = None
            for group in groups:
                group.fail(error)
        self._tell()

    async def _look_typed(self, group: Group) -> None:
        """What people wrote in SQL may do anything: it runs in the process for that."""
        group.asked, began = True, group.began
        try:
            work = partial(found_of, group.choice, group.after)
            found = await typed(self._site).read(work, drain=False)
        except DriftgateError as error:
            group.fail(error)
            if isinstance(error, HistoryBusyError):
                self._seen = None
        else:
            if group.began == began:  # else rows before these are wanted by now
                group.take(found)
        self._tell()

    def _stale(self) -> bool:
        """Whether numbers of the last minutes are shown that have gone by since."""
        if time.monotonic() - self._asked_at < STALE_S:
            return False
        return any(group.numbers and group.numbers["calls"] for group in self._groups.values())

    async def _ask_on(self) -> None:
        while True:
            history = self._site.history
            found = await asyncio.to_thread(running, history, STATUS_TIMEOUT_S)
            count = found.total("calls_open") if found.workers else None
            if count != self.open_calls:
                self.open_calls = count
                self._tell()
            await asyncio.sleep(STATUS_S)


def look(reader: "Reader", groups: Sequence[Group]) -> None:
    """Asks for what is new in each group; in the thread that reads."""
    for group in groups:
        group.asked = True
        try:
            group.take(found_of(group.choice, group.after, reader))
        except DriftgateError as error:
            group.fail(error)


def found_of(choice: Choice, after: int, reader: "Reader") -> Found:
    """Asks for chosen calls that were recorded behind the row `after`."""
    began = time.monotonic()
    newest = calls.newest(reader)
    span = Span(ROWS + 1, order=RECORDED, floor=after)
    rows = calls.listed(reader, choice, span, QUERY_S) if newest > after else []
    numbers = calls.lately(reader, choice, newest, QUERY_S)
    return Found(newest, rows, numbers, time.monotonic() - began)
