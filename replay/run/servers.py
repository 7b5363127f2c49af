"""The servers of a run: where its arms' calls go, and what it is that answers there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from driftgate.proxy.history.reader import Reader
from driftgate.proxy.settings.model import Settings, Upstream
from driftgate.proxy.upstream.connection import Pool
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
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
        return cls(
            configurations,
            recorded_upstreams(reader, call_ids, settings, addresses=addresses),
            models_of(reader, call_ids),
            recorded_fingerprints(reader, call_ids),
        )

    def sides(self) -> dict[Arm, Side]:
        """Each arm's servers, for one event loop."""
        pools = dict[str, Pool]()
        return {
            arm: side(arm, each, self.recorded, pools) for arm, each in self.configurations.items()
        }

    async def look(self, arm: Arm) -> Facts:
        """What the arm's servers are now.

        Raises:
            CouldNotCheckError: one is not there.
        """
        of_arm = self.sides()[arm]
        await reach(of_arm)
        return as_table(await fingerprints(of_arm, self.models))
