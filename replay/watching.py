"""The watch itself: looks at the server now and then, and holds a round when one is due."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from driftgate.proxy.errors import HistoryError, JournalError, UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.replay import watch
from driftgate.replay.arm import Arm
from driftgate.replay.rounds import Round, Standing, Watched, hold
from driftgate.replay.run.loop import run_loop
from driftgate.replay.run.probe import Facts
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.servers import Servers
from driftgate.replay.run.targets import CouldNotCheckError
from driftgate.replay.run.webhook import Webhook

_TROUBLE = (CouldNotCheckError, HistoryError, JournalError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When. every: between two rounds; check: between two looks at the server.

    accept: the next round becomes the reference.
    """

    every: timedelta = timedelta(hours=24)
    check: timedelta = timedelta(seconds=60)
    accept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who is told. told: of each round, and why it was held. say: a line for people, of trouble.

    webhook: None: nobody. always: it is told of each round, not of drift alone.
    """

    told: Callable[[Round, str], None]
    say: Callable[[str], None]
    webhook: Webhook | None = None
    always: bool = False


class Watching:
    """One watch. Use in one thread; it blocks.

    clock, sleep: UTC, and seconds; for tests.
    """

    def __init__(
        self,
        watched: Watched,
        standing: Standing,
        rhythm: Rhythm,
        telling: Telling,
        *,
        progress: Progress | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._watched, self._rhythm, self._telling = watched, rhythm, telling
        self._reference, self._known = standing.reference, standing.known
        self._accept = rhythm.accept
        self._progress = progress or Progress(quiet=True)
        self._clock, self._sleep = clock, sleep
        self._said: str | None = None  # the trouble that was told last
        ids = [each.call_id for each in watched.selection.calls]
        with open_history(watched.settings.history) as reader:
            arms = {Arm.CANDIDATE: watched.candidate}
            self._servers = Servers.read(reader, ids, arms, watched.settings)
        if self._servers.agents:
            raise UsageError(
                "some of the calls were answered by an agent, and a watch asks model servers alone; "
                "leave them out (--where \"parent_call_id IS NULL AND upstream <> 'NAME'\"), or test them "
                "with `driftgate gate`"
            )

    def once(self) -> Round:
        """One round, now.

        Raises:
            CouldNotCheckError: the server is not there, or does not answer.
            RunInterruptedError, HistoryError, JournalError: as their names say.
        """
        return self._round("it was asked for")

    def run(self) -> None:
        """Goes on until a signal ends it, as KeyboardInterrupt or RunInterruptedError.

        Raises:
            UsageError: what is watched cannot be used any more.
        """
        while True:
            self.step()
            self._sleep(self._rhythm.check.total_seconds())

    def step(self) -> None:
        """Looks at the server once, and holds a round where one is due."""
        facts = self._look()
        if facts is None:
            return
        why = watch.why_due(
            self._known, facts, self._clock(), self._rhythm.every, accept=self._accept
        )
        if why is None:
            self._known = replace(self._known, down=False)
            return
        try:
            self._round(why)
        except _TROUBLE as error:
            now = self._clock()
            self._known = self._known.failed(now, self._rhythm.check, self._rhythm.every)
            self._known = replace(self._known, facts=facts)
            self._trouble(str(error))

    def _look(self) -> Facts | None:
        """What the server is; None: it is not there."""
        try:
            facts = run_loop(self._servers.look(Arm.CANDIDATE))
        except CouldNotCheckError as error:
            self._known = replace(self._known, down=True)
            self._trouble(str(error))
            return None
        if self._known.down:
            self._said = None
        return facts

    def _round(self, why: str) -> Round:
        reference = None if self._accept else self._reference
        drifted, began = self._known.drifted, self._clock()
        held = hold(self._watched, reference, self._progress, drifted=drifted)
        run, decision = held.run, held.decision
        if decision is None:
            self._reference, self._accept = run, False
            self._known = self._known.after(run, began, drifted=False)
        else:
            self._known = self._known.after(run, began, drifted=watch.outcome(decision.verdict))
        self._said = None
        self._telling.told(held, why)
        self._call(held, why, drifted=drifted)
        return held

    def _call(self, held: Round, why: str, *, drifted: bool) -> None:
        """Tells the webhook, where it is to be told. That it fails is no reason to end."""
        webhook, decision = self._telling.webhook, held.decision
        if webhook is None or decision is None:
            return
        event = watch.event_of(decision.verdict, drifted=drifted)
        if event is None and self._telling.always:
            event = watch.ROUND
        if event is None:
            return
        failed = run_loop(
            webhook.post(watch.message(event, held.run, decision, why, self._clock()))
        )
        if failed is not None:
            self._telling.say(f"{failed}: run {held.run.run_id} was not told there")

    def _trouble(self, line: str) -> None:
        """Says it once, and again only when it has become another one."""
        if line != self._said:
            self._said = line
            self._telling.say(f"{line}; the watch goes on")
