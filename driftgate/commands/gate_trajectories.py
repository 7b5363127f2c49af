"""The options of `driftgate gate --trajectories`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from driftgate.proxy.errors import UsageError

Trajectories = Annotated[
    bool,
    typer.Option(
        "--trajectories",
        help="Let Codex go through recorded threads again as whole turns, tools and all, in a sandbox, "
        "instead of sending single calls.",
    ),
]
Workspace = Annotated[
    str | None,
    typer.Option(
        "--workspace",
        metavar="FOLDER",
        help="With --trajectories: each works in a fresh copy of it; 'recorded' (the default): of the folder "
        "that the thread worked in, as it is now; 'empty': in an empty one.",
    ),
]
Check = Annotated[
    str | None,
    typer.Option(
        "--check",
        metavar="COMMAND",
        help="With --trajectories: run in each copy at the end, in the sandbox; 0: the trajectory passes.",
    ),
]
CheckTimeout = Annotated[
    float | None,
    typer.Option("--check-timeout", min=1, help="Seconds that --check may take; 300 by default."),
]
InSandbox = Annotated[
    str | None,
    typer.Option(
        "--sandbox",
        metavar="NAME",
        help="With --trajectories: read-only or workspace-write; without it as the agent is configured, "
        "else workspace-write.",
    ),
]
Agent = Annotated[
    str | None,
    typer.Option(
        "--agent",
        metavar="NAME",
        help="With --trajectories: the upstream of kind codex whose Codex runs the threads of others.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The options of trajectories, as they were given. trajectories: whether they are asked for."""

    trajectories: bool = False
    workspace: str | None = None
    check: str | None = None
    check_timeout_s: float | None = None
    sandbox: str | None = None
    agent: str | None = None

    def refuse_without(self, resume: str | None) -> None:
        """Raises UsageError where an option is given that says nothing without --trajectories.

        resume: a run that goes on, which may be over trajectories.
        """
        if resume is not None:
            return
        given = {
            "--workspace": self.workspace,
            "--check": self.check,
            "--check-timeout": self.check_timeout_s,
            "--sandbox": self.sandbox,
            "--agent": self.agent,
        }
        for name, value in given.items():
            if value is not None and not self.trajectories:
                raise UsageError(f"{name} is for --trajectories: leave it out, or add that")
