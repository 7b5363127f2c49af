"""What a run that goes on has shown already: evidence that may be looked at as often as one likes.

The same sequential tests that let a run stop early (`driftgate.replay.decide.early`) are fed with its
whole cases in their order, a few at each look. So what is said here is no peek at a test that must not
be peeked at.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from driftgate.dashboards.site import Asked, Site
from driftgate.dashboards.statements import ask, load
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.compare.compare import Comparer
from driftgate.replay.decide.early import Watch
from driftgate.replay.decide.policy import Policy
from driftgate.replay.run.kept import Run

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

AT_ONCE = 40  # cases that one look reads
KEPT = 8  # runs whose evidence is kept
_NAME = "evidence"
_S = load("run")


@dataclass(slots=True)
class Evidence:
    """Of one run. seen: cases that were read; why: what is shown, in a few words; None: nothing yet.

    least: cases before which nothing is said.
    """

    watch: Watch
    least: int
    seen: int = 0
    why: str | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def take(self, cases: Sequence[Case]) -> None:
        """The next whole cases."""
        for case in cases:
            self.watch.add(case)
        self.seen += len(cases)
        self.why = self.watch.why()


async def evidence(asked: Asked, run: Run) -> Evidence | None:
    """What there is now; None: of a run of this kind there is none."""
    found = _kept(asked.site, run)
    if found is None:
        return None
    async with found.lock:
        cases = await asked.read(lambda reader: following(reader, run, found.seen), drain=False)
        await asyncio.to_thread(found.take, cases)
    return found


def following(reader: "Reader", run: Run, seen: int) -> list[Case]:
    """The cases behind the first `seen` ones, as far as they have all their answers."""
    if run.selection_id is None:
        return []
    ids = [
        row["call_id"]
        for row in ask(
            reader, _S["following"], selection=run.selection_id, count=AT_ONCE, seen=seen
        )
    ]
    whole = []
    for case in results.cases(reader, run, call_ids=ids) if ids else []:
        if min(len(case.of(Arm(arm))) for arm in results.ARMS) < run.k:
            break
        whole.append(case)
    return whole


def _kept(site: Site, run: Run) -> Evidence | None:
    known: dict[str, Evidence] = site.kept.setdefault(_NAME, {})
    if run.run_id not in known:
        made = _new(run)
        if made is None:
            return None
        while len(known) >= KEPT:
            del known[next(iter(known))]
        known[run.run_id] = made
    return known[run.run_id]


def _new(run: Run) -> Evidence | None:
    if run.kind != results.GATE:
        return None
    try:
        policy = Policy.model_validate(dict(run.policy))
    except ValidationError:  # of another driftgate
        return None
    return Evidence(Watch(policy, Comparer().compare), policy.minimum)
