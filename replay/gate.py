"""A gate: recorded calls put to a baseline and a candidate, and decided by a policy."""

from collections.abc import Sequence
from datetime import UTC, datetime

from driftgate.replay import results
from driftgate.replay.case import Case
from driftgate.replay.compare.compare import Comparer
from driftgate.replay.decide.decide import decide
from driftgate.replay.decide.decision import Decision
from driftgate.replay.report.report import Report
from driftgate.replay.run.judging import CONTRACTS, JUDGE, Judging
from driftgate.replay.run.loop import run_loop
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.reported import report_of, unless_spoiled
from driftgate.replay.run.rows import decided_rows
from driftgate.replay.run.send import Sender
from driftgate.replay.sitting import Gate, Sat, Sitting


def run_gate(gate: Gate, progress: Progress | None = None) -> Report:
    """Runs and decides it. Blocks; Ctrl-C ends it in good order where this is the main thread.

    Raises:
        CouldNotCheckError: a server is not there, or never answers.
        RunInterruptedError: Ctrl-C.
        UsageError, HistoryError, JournalError: as their names say.
    """
    told = progress or Progress(quiet=True)
    sitting = Sitting(gate, told)
    with sitting.asked() as sat:
        logprobs = sat.course.with_logprobs
        cases = results.all_cases(gate.settings.history, sat.run, with_logprobs=logprobs)
        comparer = _comparer(gate, sitting, sat, cases, told)
        decision = decided(gate, sat, cases, comparer, moved=sitting.moved)
        for name, failed in comparer.failures.items():
            told.say(f"comparator {name} failed {failed.count:,} times: {failed.reason}")
        sat.recording.rows(decided_rows(sat.run.run_id, decision, datetime.now(UTC)))
    return report_of(sat.run, decision)


def decided(
    gate: Gate, sat: Sat, cases: Sequence[Case], comparer: Comparer, *, moved: Sequence[str] = ()
) -> Decision:
    """What the answers say. moved: what changed in the baseline since it was recorded."""
    decision = decide(
        cases,
        gate.policy,
        compare=comparer.compare,
        k=gate.k,
        seed=gate.seed,
        moved=moved,
        stopped=sat.course.stopped,
    )
    return unless_spoiled(decision, sat.spoiled)


def _comparer(
    gate: Gate, sitting: Sitting, sat: Sat, cases: Sequence[Case], progress: Progress
) -> Comparer:
    """With what the judge model says, where one is asked."""
    comparer = Comparer(gate.extra, gate.embed)
    if sitting.judge is None or gate.judge is None:
        return comparer
    sender = Sender(sat.run.run_id, sat.recording.of(JUDGE), CONTRACTS, arm=JUDGE)
    judging = Judging(sitting.judge, sender, gate.judge, gate.seed)
    asking = judging.run(
        gate.settings.history,
        sat.run,
        cases,
        comparer,
        recording=sat.recording,
        progress=progress,
    )
    return Comparer(gate.extra, gate.embed, run_loop(asking))
