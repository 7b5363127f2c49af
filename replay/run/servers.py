"""The servers of a run: where its arms' calls go, and what it is that answers there."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

from driftgate.proxy.history.reader import Reader
from driftgate.proxy.settings.model import Settings, Upstream
from driftgate.proxy.upstream.connection import Pool
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.beneath import agents_of, beneath
from driftgate.replay.run.probe import (
    Facts,
    Models,
    Pair,
    as_table,
    fingerprints,
    models_of,
    reach,
    recorded_fingerprints,
)
from driftgate.replay.run.stack import Stack
from driftgate.replay.run.targets import Side, recorded_upstreams, side


@dataclass(frozen=True, slots=True)
class Servers:
    """What the record says of them; nothing is connected yet.

    configurations: of the arms that are asked. recorded: upstreams that answered then, where an arm
    goes there again. models: what is asked for, by upstream. then: what the servers were.
    """

    configurations: Mapping[Arm, Configuration]
    recorded: Mapping[str, Upstream]
    models: Models
    then: Mapping[Pair, Sequence[Facts]]

    @classmethod
    def read(
        cls,
        reader: Reader,
        call_ids: Sequence[str],
        configurations: Mapping[Arm, Configuration],
        settings: Settings,
    ) -> Self:
        """Those of these calls.

        Raises:
            UsageError: the history does not say where a recorded upstream is.
        """
        addresses = any(each.upstream is None for each in configurations.values())
        recorded = recorded_upstreams(reader, call_ids, settings, addresses=addresses)
        return cls(
            configurations,
            recorded,
            [*models_of(reader, call_ids), *_beneath(recorded)],
            recorded_fingerprints(reader, call_ids),
        )

    @property
    def agents(self) -> bool:
        """Whether some of the calls were answered by an agent."""
        return bool(agents_of(self.recorded))

    def sides(self, stacks: Mapping[Arm, Stack] = MappingProxyType({})) -> dict[Arm, Side]:
        """Each arm's servers, for one event loop. stacks: the arms' own proxies, where there are any."""
        pools = dict[str, Pool]()
        found = {}
        for arm, each in self.configurations.items():
            stack = stacks.get(arm)
            url = None if stack is None else stack.url
            made = side(arm, each, self.recorded, pools, proxy=url)
            found[arm] = made if stack is None else replace(made, check=stack.check)
        return found

    @contextlib.contextmanager
    def standing(self, settings: Settings) -> Iterator[dict[Arm, Side]]:
        """The same while the block runs, with the arms' own proxies where agents need them.

        Raises:
            CouldNotCheckError: an agent cannot be started.
        """
        with contextlib.ExitStack() as opened:
            stacks = {}
            for arm, each in self.configurations.items() if self.agents else ():
                under = beneath(each, self.recorded)
                stack = Stack(settings, under, arm.value, contracts=each.contracts)
                stacks[arm] = opened.enter_context(stack)
            yield self.sides(stacks)

    async def look(self, arm: Arm) -> Facts:
        """What the arm's servers are now; of agents, which are there while something is asked, nothing.

        Raises:
            CouldNotCheckError: one is not there.
        """
        of_arm, agents = self.sides()[arm], agents_of(self.recorded)
        await reach(of_arm)
        # agents have their place in the table, so that it can be held against a run's
        absent: dict[Pair, Facts] = {pair: {} for pair in self.models if pair[0] in agents}
        there = [pair for pair in self.models if pair not in absent]
        return as_table({**absent, **await fingerprints(of_arm, there)})


def _beneath(recorded: Mapping[str, Upstream]) -> Models:
    """What agents ask of whom."""
    agents = [each.codex for each in agents_of(recorded).values() if each.codex is not None]
    return sorted({(each.model_upstream or "", each.model) for each in agents})
