"""What all managed calls of a worker share: connections, breakers and budgets of each upstream."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import random
from time import monotonic

from driftgate.proxy.breaker import Breaker
from driftgate.proxy.retry_budget import RetryBudget
from driftgate.proxy.settings.model import Settings, Upstream
from driftgate.proxy.upstream.connection import Pool


@dataclass(slots=True)
class Gear:
    """clock: seconds, steady. chance: in [0, 1), for the jitter."""

    settings: Settings
    pools: Mapping[str, Pool]
    note: Callable[[str, str | None], None]  # the upstream's name and what failed, for its health
    clock: Callable[[], float] = monotonic
    chance: Callable[[], float] = random
    breakers: dict[str, Breaker] = field(init=False)
    budgets: dict[str, RetryBudget] = field(init=False)

    def __post_init__(self) -> None:
        upstreams = self.settings.upstreams
        self.breakers = {name: Breaker(upstream) for name, upstream in upstreams.items()}
        self.budgets = {name: RetryBudget(upstream) for name, upstream in upstreams.items()}

    def upstream(self, name: str) -> Upstream:
        """The settings of one."""
        return self.settings.upstreams[name]

    @property
    def limit(self) -> int:
        """Bytes of an answer that are held back at most."""
        return max(1, self.settings.record.body_limit_mb) << 20
