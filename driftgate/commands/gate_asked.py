"""What `driftgate gate` was told, and the gate that it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftgate.commands.gate_trajectories import Wanted
from driftgate.commands.replay_selecting import Selecting
from driftgate.proxy.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader
    from driftgate.proxy.settings.model import Settings
    from driftgate.replay.candidate.config import Configuration
    from driftgate.replay.compare.features import Embedder
    from driftgate.replay.compare.own import Comparator
    from driftgate.replay.decide.policy import Policy
    from driftgate.replay.run.kept import Run
    from driftgate.replay.run.shadow import ShadowGate
    from driftgate.replay.select.selected import Selection
    from driftgate.replay.sitting import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options, as they were given. resume: a run as people name it."""

    history: Path
    contracts: Path
    chosen: Selecting
    candidate: Path | None = None
    baseline: Path | None = None
    policy: Path | None = None
    k: int | None = None
    concurrency: int | None = None
    budget_tokens: int | None = None
    budget_minutes: float | None = None
    stop_early: bool = False
    resume: str | None = None
    embeddings: Path | None = None
    comparators: Sequence[str] = ()
    judge: Path | None = None
    shadow: bool = False
    wanted: Wanted = field(default_factory=Wanted)

    def gate(self) -> "Gate":
        """The gate, a new one or one that goes on.

        Raises:
            UsageError: a file cannot be used, no call matches, or options contradict each other.
            HistoryError: the history cannot be read, or the run is of another schema.
        """
        from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
        from driftgate.proxy.settings.load import load_settings  # noqa: PLC0415 - likewise
        from driftgate.replay.candidate.toml_file import read  # noqa: PLC0415 - likewise
        from driftgate.replay.run.budget import Budget  # noqa: PLC0415 - likewise
        from driftgate.replay.sitting import Gate  # noqa: PLC0415 - likewise

        settings = load_settings(history=self.history, contracts=self.contracts)
        self.settle(settings)
        with open_history(self.history) as reader:
            run = self.resumed(reader)
            selection = self._selection(reader, run)
        candidate = self.configuration("candidate", self.candidate, run)
        return Gate(
            settings=settings,
            selection=selection,
            baseline=self.configuration("baseline", self.baseline, run),
            candidate=candidate,
            policy=self._policy(run),
            extra=self._comparators(),
            embed=self._embedder(),
            k=run.k if run else self.k or candidate.k,
            seed=run.seed if run else self.chosen.seed,
            concurrency=self.concurrency or candidate.concurrency,
            budget=Budget(self.budget_tokens, self.budget_minutes),
            stop_early=self.stop_early,
            judge=None if self.judge is None else read(self.judge),
            resumed=run,
        )

    def settle(self, settings: "Settings") -> None:
        """All that a run that goes on has journaled is in the history behind it."""
        from driftgate.replay.run.historian import Historian  # noqa: PLC0415 - slow to load

        if self.resume is not None:  # of a run that was killed, with its historian, too
            with Historian(settings) as historian:
                historian.settle()

    def of_trajectories(self) -> bool:
        """Whether the gate is over whole trajectories: asked for, or what a run that goes on is over."""
        from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
        from driftgate.replay import results  # noqa: PLC0415 - likewise

        self.wanted.refuse_without(self.resume)
        if self.wanted.trajectories or self.resume is None:
            return self.wanted.trajectories
        with open_history(self.history) as reader:
            return results.run(reader, self.resume).kind == results.TRAJECTORIES

    def shadow_gate(self) -> "ShadowGate":
        """The gate over what [shadow] has sent. Raises as `gate`."""
        from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
        from driftgate.proxy.settings.load import load_settings  # noqa: PLC0415 - likewise
        from driftgate.replay.compare.compare import Comparer  # noqa: PLC0415 - likewise
        from driftgate.replay.run.shadow import HAS_SHADOW, ShadowGate  # noqa: PLC0415 - likewise

        self._check_shadow()
        settings = load_settings(history=self.history, contracts=self.contracts)
        criteria = self.chosen.criteria
        where = f"(\n{criteria.where}\n) AND {HAS_SHADOW}" if criteria.where else HAS_SHADOW
        chosen = replace(self.chosen, criteria=replace(criteria, where=where))
        with open_history(self.history) as reader:
            try:
                selection = chosen.selection(reader)
            except NotFoundError as error:
                raise NotFoundError(
                    f"no live call of which [shadow] has sent a copy: {error}"
                ) from None
        return ShadowGate(
            settings=settings,
            selection=selection,
            policy=self._policy(None),
            comparer=Comparer(self._comparators(), self._embedder()),
            seed=self.chosen.seed,
        )

    def _check_shadow(self) -> None:
        """Refuses what asks, or chooses otherwise: a shadow gate judges what is there."""
        given = {
            "--candidate": self.candidate,
            "--baseline": self.baseline,
            "-k": self.k,
            "--concurrency": self.concurrency,
            "--budget-tokens": self.budget_tokens,
            "--budget-minutes": self.budget_minutes,
            "--stop-early": self.stop_early or None,
            "--resume": self.resume,
            "--golden": self.chosen.golden,
            "--judge": self.judge,
        }
        for name, value in given.items():
            if value is not None:
                raise UsageError(f"--shadow judges what was sent already: leave out {name}")

    def resumed(self, reader: "Reader") -> "Run | None":
        """The run that goes on; None: a new one. Raises as `gate`."""
        from driftgate.replay import results  # noqa: PLC0415 - DuckDB is slow to load

        if self.resume is None:
            return None
        run = results.run(reader, self.resume)
        if self.wanted.trajectories and run.kind != results.TRAJECTORIES:
            raise UsageError(f"run {run.run_id} is over single calls: leave out --trajectories")
        if self.k is not None and self.k != run.k:
            raise UsageError(f"-k {self.k}: run {run.run_id} began with -k {run.k}; leave it out")
        if run.kind in (results.WATCH, results.REFERENCE):
            raise UsageError(
                f"run {run.run_id} is a round of `driftgate watch`, which begins a new one instead"
            )
        if run.selection_id is None or run.kind == results.SHADOW:
            raise UsageError(f"run {run.run_id} has asked nothing that could be gone on with")
        return run

    def _selection(self, reader: "Reader", run: "Run | None") -> "Selection":
        from driftgate.replay.select.keep import read  # noqa: PLC0415 - DuckDB is slow to load

        if run is None or run.selection_id is None:
            return self.chosen.selection(reader)
        named = self.chosen.given() or (self.chosen.golden and f"--golden {self.chosen.golden}")
        if named:
            raise UsageError(
                f"--resume {self.resume}: its calls are chosen already; leave out {named}"
            )
        return read(reader, run.selection_id)

    def configuration(self, arm: str, file: Path | None, run: "Run | None") -> "Configuration":
        """The arm's configuration; of a run that goes on, the one with which it began."""
        from driftgate.replay.candidate.config import Configuration  # noqa: PLC0415 - slow to load
        from driftgate.replay.candidate.toml_file import read  # noqa: PLC0415 - likewise

        if run is None:
            if file is None and arm == "candidate":
                raise UsageError("name what is put to the test with --candidate FILE")
            return read(file) if file is not None else Configuration()
        found = read(file) if file is not None else _again(getattr(run, arm))
        if found is not None and found.hash() == getattr(run, f"{arm}_hash"):
            return found
        if file is None:
            raise UsageError(f"name the {arm}'s file as when run {run.run_id} began: --{arm} FILE")
        raise UsageError(
            f"--{arm} {file} is not the configuration with which run {run.run_id} began; give that "
            "one, or begin a new run"
        )

    def _policy(self, run: "Run | None") -> "Policy":
        from driftgate.replay.decide.policy import Policy, read_policy  # noqa: PLC0415 - slow to load

        given = None if self.policy is None else read_policy(self.policy)
        if run is None:
            return given or Policy()
        began = Policy.model_validate(run.policy)
        if given not in (None, began):
            raise UsageError(
                f"--policy {self.policy}: run {run.run_id} began with another policy; leave it out, "
                "or begin a new run"
            )
        return began

    def _comparators(self) -> "list[Comparator]":
        from driftgate.replay.compare.own import load  # noqa: PLC0415 - slow to load

        return load(self.comparators)

    def _embedder(self) -> "Embedder | None":
        from driftgate.replay.compare.embedding import embedder  # noqa: PLC0415 - slow to load

        return None if self.embeddings is None else embedder(self.embeddings)


def _again(kept: Mapping[str, Any]) -> "Configuration | None":
    """A configuration from what a run keeps of it; None: the contents of files are not kept.

    What is as by default counts as not given.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - slow to load

    from driftgate.replay.candidate.config import Configuration  # noqa: PLC0415 - likewise

    default = Configuration().public()
    given = {name: value for name, value in kept.items() if value != default.get(name)}
    try:
        return Configuration.model_validate(given)
    except ValidationError:
        return None
