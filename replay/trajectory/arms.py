"""The arms of a run over trajectories: their model servers, their Codex, and what both may do.

Of a configuration counts what is beneath an agent: the model, its server, how that is asked. What would
change a recorded request is refused, since no recorded request is sent: Codex writes its own.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import Reader
from driftgate.proxy.settings.codex import Codex, Sandbox
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.settings.upstream import Upstream
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import DEFAULT_KEY, Configuration
from driftgate.replay.candidate.values import secret
from driftgate.replay.run.beneath import beneath
from driftgate.replay.run.probe import Facts, Pair, recorded_fingerprints
from driftgate.replay.run.servers import Servers
from driftgate.replay.trajectory.task import Task

REFUSED = ("set", "unset", "patch", "system", "tools", "fresh", "headers_env")
SANDBOXES: tuple[Sandbox, ...] = ("read-only", "workspace-write")
_OWN: Sandbox = "workspace-write"  # of threads of somebody's own Codex: the copy is thrown away


@dataclass(frozen=True, slots=True)
class Arms:
    """What both arms ask. servers: without agents. upstreams: by arm, those of its own proxy.

    base: Codex as it is for threads of somebody's own Codex; agents: as each agent was configured.
    """

    servers: Servers
    upstreams: Mapping[Arm, Mapping[str, Upstream]]
    agents: Mapping[str, Codex]
    base: Codex
    sandbox: Sandbox | None

    @classmethod
    def read(
        cls,
        reader: Reader,
        tasks: Sequence[Task],
        configurations: Mapping[Arm, Configuration],
        settings: Settings,
        *,
        base: Codex,
        sandbox: Sandbox | None,
    ) -> Self:
        """The arms of these tasks.

        Args:
            reader: of the history.
            tasks: what is run.
            configurations: of the arms that are asked.
            settings: as they are now.
            base: Codex for threads of somebody's own.
            sandbox: instead of each agent's own; None: that.

        Raises:
            UsageError: a configuration changes requests, an address is not known, or there is no sandbox.
        """
        for arm, each in configurations.items():
            check(arm, each)
        found = Servers.read(reader, [task.call_id for task in tasks], configurations, settings)
        agents = {name: each.codex for name, each in found.recorded.items() if each.codex}
        named = next((c for c in configurations.values() if c.upstream is not None), None)
        plain = {name: each for name, each in found.recorded.items() if each.codex is None}
        if named is not None:
            plain = {**{task.upstream: named.as_upstream() for task in tasks}, **plain}
        servers = _among(found, plain, recorded_fingerprints(reader, _inner(reader, tasks)))
        upstreams = {arm: beneath(each, plain) for arm, each in configurations.items()}
        arms = cls(servers, upstreams, agents, base, sandbox)
        for task in tasks:
            arms.codex(Arm.CANDIDATE, task)  # what is wrong is said before anything runs
        return arms

    def codex(self, arm: Arm, task: Task) -> Codex:
        """Codex as it runs a task in an arm: as it was then, but in a sandbox that it cannot leave.

        Raises:
            UsageError: it was configured to run without a sandbox.
        """
        own = self.agents.get(task.agent) if task.agent is not None else None
        codex = own or self.base
        sandbox = self.sandbox or (codex.sandbox if own else _OWN)
        if sandbox not in SANDBOXES:
            raise UsageError(
                f"the agent {task.agent!r} runs its commands without a sandbox ({sandbox}), which "
                "trajectories never do; name one with --sandbox read-only or --sandbox workspace-write"
            )
        model = self.servers.configurations[arm].model or task.model
        update = {
            "model": model,
            "sandbox": sandbox,
            "approvals": "refuse",  # an approved command runs outside the sandbox
            "directory": "fresh",
            "path": None,
            "isolation": "pool",
        }
        return codex.model_copy(update=update)

    def authorization(
        self, arm: Arm, task: Task, environ: Mapping[str, str] | None = None
    ) -> str | None:
        """The key that the arm's model server is sent; None: none.

        One that nobody named goes only where the recorded calls took one.
        """
        configuration = self.servers.configurations[arm]
        variable = configuration.api_key_env
        home = self.servers.recorded.get(task.upstream)
        at_home = home is not None and configuration.upstream in (None, home.url)
        if variable is None and task.authorized and at_home:
            variable = DEFAULT_KEY
        key = secret(variable, os.environ if environ is None else environ) if variable else None
        return None if key is None else f"Bearer {key}"

    def lane(self, arm: Arm) -> str:
        """What tells the arm's servers from others: arms with the same ones share a lane."""
        return " ".join(sorted(each.url for each in self.upstreams[arm].values()))


def _among(
    found: Servers, plain: Mapping[str, Upstream], beneath_agents: Mapping[Pair, Sequence[Facts]]
) -> Servers:
    """The servers without agents, and what those beneath agents were then."""
    then = {**found.then, **beneath_agents}
    return replace(
        found,
        recorded=plain,
        models=[pair for pair in found.models if pair[0] in plain],
        then={pair: facts for pair, facts in then.items() if pair[0] in plain},
    )


def _inner(reader: Reader, tasks: Sequence[Task]) -> list[str]:
    """The model calls that agents made for these tasks then."""
    rows = reader.ask(
        "SELECT call_id::VARCHAR FROM calls WHERE parent_call_id IN (SELECT unnest(?::VARCHAR[])::UUID)",
        [[task.call_id for task in tasks if task.agent is not None]],
    ).rows
    return [call_id for (call_id,) in rows]


def check(arm: Arm, configuration: Configuration) -> None:
    """Raises UsageError where a configuration changes recorded requests."""
    plain = Configuration()
    given = [name for name in REFUSED if getattr(configuration, name) != getattr(plain, name)]
    if given:
        raise UsageError(
            f"the {arm.value} sets `{given[0]}`, which changes recorded requests; in trajectories Codex "
            "writes its own: compare models and servers (`model`, `upstream`, `adapt`), or leave out --trajectories"
        )
