"""The gate over whole agent turns that `driftgate gate --trajectories` means, and running it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from driftgate.commands.gate_trajectories import Wanted
from driftgate.commands.replay_selecting import SIZE
from driftgate.proxy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftgate.commands.gate_asked import Asked
    from driftgate.proxy.agent.codex.program import Program
    from driftgate.proxy.history.reader import Reader
    from driftgate.proxy.settings.codex import Codex, Sandbox
    from driftgate.proxy.settings.model import Settings
    from driftgate.replay.report.report import Report
    from driftgate.replay.run.kept import Run
    from driftgate.replay.trajectory.choosing.choose import Chosen
    from driftgate.replay.trajectory.policy import TrajectoryPolicy
    from driftgate.replay.trajectory.rows import Setup
    from driftgate.replay.trajectory.wanted import TrajectoryGate

THREADS = 20  # that are run unless -n says otherwise: each takes minutes
AT_ONCE = 2
CHECK_S = 300.0
_RECORDED = "recorded"
_SANDBOXES = ("read-only", "workspace-write")
_UNUSED = ("--shadow", "--judge", "--comparator", "--embeddings", "--stop-early", "--sessions")


def run(asked: "Asked", *, quiet: bool) -> "Report":
    """Runs the gate. Raises as `run_trajectories` and `gate`."""
    from driftgate.replay.run.progress import Progress  # noqa: PLC0415 - slow to load
    from driftgate.replay.trajectory.gate import run_trajectories  # noqa: PLC0415 - likewise

    progress = Progress(quiet=quiet)
    made, refused = gate(asked)
    for line in refused:
        progress.say(line)
    return run_trajectories(made, progress)


def gate(asked: "Asked") -> "tuple[TrajectoryGate, list[str]]":
    """The gate, a new one or one that goes on; and a line for each thread that cannot be run again.

    Raises:
        UsageError: a file cannot be used, nothing matches, options contradict each other, or there
            is no Codex.
        HistoryError: the history cannot be read, or the run is of another schema.
    """
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.proxy.settings.load import load_settings  # noqa: PLC0415 - likewise
    from driftgate.replay.run.budget import Budget  # noqa: PLC0415 - likewise
    from driftgate.replay.trajectory.wanted import TrajectoryGate  # noqa: PLC0415 - likewise

    _check_unused(asked)
    settings = load_settings(history=asked.history, contracts=asked.contracts)
    asked.settle(settings)
    with open_history(asked.history) as reader:
        resumed = asked.resumed(reader)
        setup = _setup(reader, asked.wanted, resumed)
        base = _base(settings, setup.agent)
        chosen = _chosen(reader, asked, settings, resumed)
    candidate = asked.configuration("candidate", asked.candidate, resumed)
    made = TrajectoryGate(
        settings=settings,
        tasks=chosen.tasks,
        selection=chosen.selection,
        baseline=asked.configuration("baseline", asked.baseline, resumed),
        candidate=candidate,
        policy=_policy(asked, resumed, checked=setup.check_command is not None),
        program=_program(base),
        base=base,
        setup=setup,
        sandbox=_sandbox(setup.sandbox),
        k=resumed.k if resumed else asked.k or candidate.k,
        seed=resumed.seed if resumed else asked.chosen.seed,
        concurrency=asked.concurrency or AT_ONCE,
        budget=Budget(asked.budget_tokens, asked.budget_minutes),
        resumed=resumed,
    )
    return made, list(chosen.refused)


def _check_unused(asked: "Asked") -> None:
    given = (asked.shadow, asked.judge, asked.comparators, asked.embeddings)
    for name, value in zip(_UNUSED, (*given, asked.stop_early, asked.chosen.sessions), strict=True):
        if value:
            raise UsageError(f"--trajectories runs whole threads: leave out {name}")


def _setup(reader: "Reader", wanted: Wanted, resumed: "Run | None") -> "Setup":
    """How the run is set up: as it was told, or as it began."""
    from driftgate.replay.trajectory.rows import Setup, setup_of  # noqa: PLC0415 - DuckDB is slow to load

    given = Setup(
        workspace=_place(wanted.workspace),
        check_command=wanted.check,
        check_timeout_s=wanted.check_timeout_s or CHECK_S,
        sandbox=wanted.sandbox,
        agent=wanted.agent,
    )
    _sandbox(wanted.sandbox)
    if resumed is None:
        return given
    began = setup_of(reader, resumed.run_id)
    named = {
        "workspace": ("--workspace", wanted.workspace),
        "check_command": ("--check", wanted.check),
        "check_timeout_s": ("--check-timeout", wanted.check_timeout_s),
        "sandbox": ("--sandbox", wanted.sandbox),
        "agent": ("--agent", wanted.agent),
    }
    for field, (option, value) in named.items():
        if value is not None and getattr(given, field) != getattr(began, field):
            raise UsageError(
                f"{option}: run {resumed.run_id} began with another one; leave it out, or begin a new run"
            )
    return began


def _place(workspace: str | None) -> str:
    """A folder in full; the words as they are."""
    if workspace in (None, _RECORDED, "empty"):
        return workspace or _RECORDED
    return str(Path(workspace or "").expanduser().absolute())


def _sandbox(name: str | None) -> "Sandbox | None":
    if name is None:
        return None
    if name == "read-only":
        return "read-only"
    if name == "workspace-write":
        return "workspace-write"
    raise UsageError(
        f"--sandbox {name}: give {' or '.join(_SANDBOXES)}; trajectories run in no other"
    )


def _chosen(
    reader: "Reader", asked: "Asked", settings: "Settings", resumed: "Run | None"
) -> "Chosen":
    from driftgate.replay.select.keep import read  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.replay.trajectory.choosing.choose import Draw, choose, chosen_again  # noqa: PLC0415 - likewise

    if resumed is not None and resumed.selection_id is not None:
        selection = read(reader, resumed.selection_id)
        return chosen_again(reader, selection, settings, until=resumed.started_at)
    chosen = asked.chosen
    if chosen.golden is not None and (given := chosen.criteria.described()):
        raise UsageError(f"--golden {chosen.golden} is chosen already: leave out {given}")
    draw = Draw(
        n=THREADS if chosen.n == SIZE else chosen.n,
        until=datetime.now(UTC),
        seed=chosen.seed,
        collapse=chosen.collapse,
        golden=chosen.golden,
    )
    return choose(reader, chosen.criteria, settings, draw)


def agents_of(settings: "Settings") -> "Mapping[str, Codex]":
    """How the agents are configured, by name."""
    known = settings.upstreams.items()
    return {name: each.codex for name, each in known if each.codex is not None}


def _base(settings: "Settings", agent: str | None) -> "Codex":
    """Codex for threads of somebody's own."""
    from driftgate.proxy.settings.codex import Codex  # noqa: PLC0415 - slow to load

    agents = agents_of(settings)
    if agent is None:
        return next(iter(agents.values()), Codex(model="unnamed"))
    if agent not in agents:
        known = ", ".join(agents) or "none"
        raise UsageError(
            f"--agent {agent}: no upstream of kind codex has that name; known: {known}"
        )
    return agents[agent]


def _program(codex: "Codex") -> "Program":
    from driftgate.proxy.agent.codex.program import find  # noqa: PLC0415 - likewise
    from driftgate.proxy.agent.failures import AgentError  # noqa: PLC0415 - slow to load
    from driftgate.replay.run.targets import CouldNotCheckError  # noqa: PLC0415 - likewise

    try:
        return find(codex)
    except AgentError as error:
        raise CouldNotCheckError(f"nothing was checked: {error}") from None


def _policy(asked: "Asked", resumed: "Run | None", *, checked: bool) -> "TrajectoryPolicy":
    from driftgate.replay.decide.policy_file import read  # noqa: PLC0415 - slow to load
    from driftgate.replay.trajectory.policy import TrajectoryPolicy  # noqa: PLC0415 - likewise

    given = None if asked.policy is None else read(asked.policy, TrajectoryPolicy)
    given = given or TrajectoryPolicy()
    wanted = given if checked else given.without_check()
    if resumed is None:
        return wanted
    began = TrajectoryPolicy.model_validate(resumed.policy)
    began = began if checked else began.without_check()
    if asked.policy is not None and wanted != began:
        raise UsageError(
            f"--policy {asked.policy}: run {resumed.run_id} began with another policy; leave it out, "
            "or begin a new run"
        )
    return began
