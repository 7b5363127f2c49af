"""Running what `driftgate watch` was told to, and writing a line for each round."""

import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from driftgate.commands import options
from driftgate.commands.gate_run import EXITS
from driftgate.commands.values import as_json as to_json
from driftgate.commands.when import local
from driftgate.proxy.errors import Exit, UsageError
from driftgate.proxy.harmless import one_line
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.load import load_settings
from driftgate.proxy.units import iso
from driftgate.replay import watch
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.toml_file import read
from driftgate.replay.decide.policy import Policy, read_policy
from driftgate.replay.report.words import rest_of
from driftgate.replay.rounds import Round, Standing, Watched, standing
from driftgate.replay.run.interrupt import Terminated, on_terminate
from driftgate.replay.run.probe import changed
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.webhook import Webhook
from driftgate.replay.select.keep import named
from driftgate.replay.sitting import RunInterruptedError
from driftgate.replay.watching import Rhythm, Telling, Watching

INTERRUPTED = 130  # as a shell reports SIGINT
_REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options, as they were given. webhook_always: it is told of each round."""

    history: Path
    contracts: Path
    golden: str
    candidate: Path | None = None
    policy: Path | None = None
    k: int | None = None
    concurrency: int | None = None
    budget_tokens: int | None = None
    budget_minutes: float | None = None
    every: timedelta = timedelta(hours=24)
    check: timedelta = timedelta(seconds=60)
    accept: bool = False
    webhook: str | None = None
    webhook_always: bool = False
    webhook_token_env: str | None = None
    as_json: bool = False
    quiet: bool = False

    def watching(self) -> Watching:
        """The watch that is meant.

        Raises:
            UsageError: a file cannot be used, there is no such golden set, or options contradict.
            HistoryError: the history cannot be read.
        """
        candidate = Configuration() if self.candidate is None else read(self.candidate)
        policy, lost = watch.watch_policy(
            Policy() if self.policy is None else read_policy(self.policy)
        )
        telling = Telling(
            told=self._told, say=options.note, webhook=self._webhook(), always=self.webhook_always
        )
        with open_history(self.history) as reader:
            selection = named(reader, self.golden)
            known = standing(reader, selection, candidate)
        if lost:
            options.note(
                f"{', '.join(lost)}: does not gate in a watch, since the reference was asked at "
                "another time and under other load"
            )
        watched = Watched(
            settings=load_settings(history=self.history, contracts=self.contracts),
            selection=selection,
            candidate=candidate,
            policy=policy,
            k=self._k(known, candidate),
            seed=selection.seed,
            concurrency=self.concurrency or candidate.concurrency,
            tokens=self.budget_tokens,
            minutes=self.budget_minutes,
        )
        rhythm = Rhythm(every=self.every, check=self.check, accept=self.accept)
        return Watching(watched, known, rhythm, telling, progress=Progress(quiet=self.quiet))

    def _k(self, known: Standing, candidate: Configuration) -> int:
        """As many answers as the reference has, unless there is to be a new one."""
        reference = None if self.accept else known.reference
        if reference is None:
            return self.k or candidate.k
        if self.k not in (None, reference.k):
            raise UsageError(
                f"-k {self.k}: the reference has {reference.k} answers to each call; leave -k out, "
                "or make a new reference with --accept"
            )
        return reference.k

    def _webhook(self) -> Webhook | None:
        if self.webhook is None:
            if self.webhook_token_env is not None or self.webhook_always:
                given = "--webhook-token-env" if self.webhook_token_env else "--webhook-on"
                raise UsageError(f"{given} is for a webhook: name one with --webhook URL")
            return None
        return Webhook.of(self.webhook, self.webhook_token_env)

    def _told(self, held: Round, why: str) -> None:
        line = to_json(as_object(held, why)) if self.as_json else as_line(held, why)
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def watched(asked: Asked, *, once: bool) -> int:
    """Watches until a signal ends it, or holds one round; the exit code.

    Raises:
        DriftgateError: as `Asked.watching` and `Watching`.
    """
    try:
        with on_terminate():
            watching = asked.watching()
            if once:
                return exit_code(watching.once())
            options.note(f"watching {asked.golden}; Ctrl-C ends it")
            watching.run()
    except RunInterruptedError as error:
        options.note(
            f"run {error.run_id} was stopped and decides nothing; the next watch asks anew"
        )
        return int(Exit.GOOD) if error.terminated and not once else INTERRUPTED
    except KeyboardInterrupt as error:
        return int(Exit.GOOD) if isinstance(error, Terminated) and not once else INTERRUPTED
    return int(Exit.GOOD)


def exit_code(held: Round) -> int:
    """By the verdict; making the reference is good."""
    return int(Exit.GOOD if held.decision is None else EXITS[held.decision.verdict])


def as_object(held: Round, why: str) -> dict[str, object]:
    """A round as `--json` gives it; verdict is null where it made the reference."""
    run, decision = held.run, held.decision
    return {
        "at": iso(run.started_at),
        "set": run.name,
        "run": run.run_id,
        "kind": run.kind,
        "why": why,
        "verdict": None if decision is None else decision.verdict.value,
        "sentence": _sentence(held) if decision is None else decision.sentence,
        "changed": changed(run.baseline_fingerprint, run.candidate_fingerprint),
    }


def as_line(held: Round, why: str) -> str:
    """A round for people."""
    word = _REFERENCE if held.decision is None else held.decision.verdict.value.replace("_", " ")
    told = one_line(f"{_sentence(held)} (run {held.run.run_id}; {why})")
    return f"{local(held.run.started_at)}  {word}  {told}"


def _sentence(held: Round) -> str:
    run, decision = held.run, held.decision
    if decision is None:
        return f"{run.cases:,} calls asked {run.k} times; later rounds are held against this one."
    return rest_of(decision.sentence, decision.verdict.value)
