"""Replays of single calls that are under way: few at a time, none for ever, all ended with the site."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from driftgate.dashboards.again.wanted import Wanted
from driftgate.dashboards.site import Site
from driftgate.proxy.call import about, text_id
from driftgate.proxy.errors import DriftgateError, UsageError
from driftgate.replay.run.question import Question
from driftgate.replay.run.single import ask_once, question, settle

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

AT_ONCE = 2  # that are asked at one time
WAITING = 16  # that are under way, the waiting ones too
LIMIT_S = 600.0  # for one answer
KEPT = 100  # ended ones that are remembered
_NAME = "replays"

log = logging.getLogger("driftgate.dashboard")


class Stage(Enum):
    """How far a replay is."""

    WAITING = "waiting for others"
    ASKING = "asking"
    KEEPING = "recording"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class Replay:
    """One. of: the recorded call. answer: id of the call that asked again, once it is recorded.

    problem: why there is no answer, in one line; "": there is, or may be.
    """

    of: str
    wanted: Wanted
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    stage: Stage = Stage.WAITING
    answer: str = ""
    problem: str = ""

    @property
    def open(self) -> bool:
        """Whether it is under way."""
        return self.stage not in {Stage.DONE, Stage.FAILED}


class Replays:
    """All of a site. Use in its event loop."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._room = asyncio.Semaphore(AT_ONCE)
        self._settling = asyncio.Lock()
        self._known: list[Replay] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, of: str, wanted: Wanted) -> Replay:
        """Asks the call again, in the background.

        Raises:
            UsageError: too many are under way.
        """
        if sum(each.open for each in self._known) >= WAITING:
            raise UsageError(f"{WAITING} replays are under way already; wait until some have ended")
        replay = Replay(of, wanted)
        self._known = [*self._forgotten(), replay]
        task = asyncio.create_task(self._run(replay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return replay

    def of(self, call_id: str) -> list[Replay]:
        """Those of this call, newest first."""
        return [each for each in reversed(self._known) if each.of == call_id]

    async def close(self) -> None:
        """Ends those that are under way; what came of them until then is kept."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _forgotten(self) -> Iterator[Replay]:
        """What is remembered still: all that are under way, and the last that ended."""
        ended = [each for each in self._known if not each.open]
        gone = set(map(id, ended[: max(len(ended) - KEPT + 1, 0)]))
        return (each for each in self._known if id(each) not in gone)

    async def _run(self, replay: Replay) -> None:
        try:
            await self._tried(replay)
            replay.stage = Stage.KEEPING
            async with self._settling:
                await asyncio.to_thread(settle, self._site.settings)
        except DriftgateError as error:
            replay.problem = str(error)
        except Exception as error:
            log.exception("a replay of call %s failed", replay.of, extra=about(replay.of))
            replay.problem = f"this failed inside driftgate: {error!r}"
        finally:
            replay.stage = Stage.FAILED if replay.problem else Stage.DONE

    async def _tried(self, replay: Replay) -> None:
        site, wanted = self._site, replay.wanted

        def ready(reader: "Reader") -> Question:
            given = wanted.configuration, wanted.name, site.settings
            return question(reader, replay.of, *given)

        async with self._room:
            replay.stage = Stage.ASKING
            asked = await site.reading.read(ready)
            try:
                async with asyncio.timeout(LIMIT_S):
                    tried = await ask_once(asked, site.settings)
            except TimeoutError:
                replay.problem = (
                    f"there was no whole answer within {LIMIT_S:g} s, so it was stopped"
                )
            else:
                replay.answer = text_id(tried.call_id)


def replays(site: Site) -> Replays:
    """Those of the site; made with the first one."""
    found: Replays | None = site.kept.get(_NAME)
    if found is None:
        found = site.kept[_NAME] = Replays(site)
        site.closing.append(found.close)
    return found
