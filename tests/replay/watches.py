"""Watches over calls made by hand, for tests."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from driftgate.proxy.history.reader import open_history
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.decide.policy import Policy
from driftgate.replay.rounds import Round, Watched, standing
from driftgate.replay.select.keep import selection_rows
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.watching import Rhythm, Telling, Watching
from tests.replay.run.made import Made, asked

# margins that a few dozen calls can show to be kept
POLICY = Policy(minimum=1, margins={"contract_pass": 0.2, "served": 0.2})
START = datetime(2026, 11, 28, 12, tzinfo=UTC)


def watched_of(made: Made, url: str | None, count: int = 40, **more: Any) -> Watched:
    """So many calls as the golden set `g`. url: None: as recorded."""
    ids = [made.call(asked(number)) for number in range(count)]
    calls = [Selected(call_id, call_id, {"dialect": ("chat",)}) for call_id in ids]
    selection = Selection(calls, "all of them", name="g")
    heads, rows = selection_rows(selection, START)
    made.journal.rows("selection_calls", rows)
    made.journal.rows("selections", heads)
    made.drain()
    return Watched(
        settings=made.settings,
        selection=selection,
        candidate=Configuration(upstream=url, retries=0),
        **{"policy": POLICY, "k": 2, **more},
    )


@dataclass
class Heard:
    """A watch with a clock that can be put forward, and what it said."""

    watched: Watched
    later: timedelta = timedelta(0)
    rounds: list[tuple[str, str | None]] = field(default_factory=list)  # kind, verdict
    whys: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    watching: Watching = field(init=False)

    def begin(self, *, accept: bool = False, **telling: Any) -> "Heard":
        """A watch as of a process that begins now."""
        with open_history(self.watched.settings.history) as reader:
            known = standing(reader, self.watched.selection, self.watched.candidate)
        self.watching = Watching(
            self.watched,
            known,
            Rhythm(every=timedelta(hours=24), accept=accept),
            Telling(told=self._told, say=self.said.append, **telling),
            clock=lambda: datetime.now(UTC) + self.later,
        )
        return self

    async def step(self, *, later: timedelta = timedelta(0)) -> list[tuple[str, str | None]]:
        """One look, so much later; the rounds that it held. In another thread: servers must answer."""
        self.later += later
        before = len(self.rounds)
        await asyncio.to_thread(self.watching.step)
        return self.rounds[before:]

    def _told(self, held: Round, why: str) -> None:
        verdict = held.decision.verdict.value if held.decision else None
        self.rounds.append((held.run.kind, verdict))
        self.whys.append(why)
