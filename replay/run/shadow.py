"""What shadow traffic says: live answers against the copies that a candidate was sent.

The proxy has asked already; nothing is asked here. The live answer is the baseline's only one, so its
own noise is unknown, and that the candidate says something else proves nothing: metrics of agreement
only inform (see facts on the record: agreement with one recorded answer measures sampling). What is
paired and needs no noise floor gates: contract passes, served answers, tokens, latency.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from driftgate import __version__
from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.model import Settings
from driftgate.replay import results
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.compare.compare import Comparer
from driftgate.replay.decide.decide import decide
from driftgate.replay.decide.decision import Decision
from driftgate.replay.decide.metrics import Kind, metric
from driftgate.replay.decide.policy import Policy
from driftgate.replay.report.report import Report
from driftgate.replay.run.historian import Historian
from driftgate.replay.run.kept import Run
from driftgate.replay.run.probe import Facts, as_table, recorded_fingerprints
from driftgate.replay.run.recording import Recording, redactor_of
from driftgate.replay.run.reported import report_of
from driftgate.replay.run.rows import decided_rows, run_row
from driftgate.replay.select.keep import selection_id, selection_rows
from driftgate.replay.select.selected import Selection

HAS_SHADOW = "call_id IN (SELECT replay_of FROM replays WHERE arm = 'shadow')"
_COPIES = (
    "SELECT call_id FROM replays WHERE arm = 'shadow' "
    "AND replay_of IN (SELECT unnest(?::VARCHAR[])::UUID)"
)
CAVEAT = (
    "the baseline is what was answered live, once a call: its own noise is unknown, so agreement "
    "only informs, and latency is that of other load"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowGate:
    """What is judged: live calls of which copies were sent. The parts as of `driftgate.replay.gate`."""

    settings: Settings
    selection: Selection
    policy: Policy
    comparer: Comparer
    seed: int = 0


def run_shadow(gate: ShadowGate) -> Report:
    """Judges and decides; nothing is asked.

    Raises:
        HistoryError, JournalError: the history cannot be read or written.
    """
    run = _new_run(gate)
    with Historian(gate.settings) as historian:
        recording = Recording(gate.settings, {})
        try:
            historian.settle()
            recording.rows(_opening(gate, run))
            historian.settle()
            decision = _decided(gate, run)
            recording.rows(decided_rows(run.run_id, decision, datetime.now(UTC)))
            historian.settle()
        finally:
            recording.close()
    return report_of(run, decision)


def _decided(gate: ShadowGate, run: Run) -> Decision:
    policy = shadow_policy(gate.policy)
    cases = results.all_cases(gate.settings.history, run)
    decision = decide(cases, policy, compare=gate.comparer.compare, k=1, seed=gate.seed)
    return with_caveat(decision)


def _new_run(gate: ShadowGate) -> Run:
    selection, ids = gate.selection, [each.call_id for each in gate.selection.calls]
    with open_history(gate.settings.history) as reader:
        copies = [str(row[0]) for row in reader.ask(_COPIES, [ids]).rows]
        then, now = (_facts(recorded_fingerprints(reader, each)) for each in (ids, copies))
    baseline, candidate = Configuration(), _candidate(gate.settings)
    redactor = redactor_of(gate.settings)
    return Run(
        run_id=text_id(new_id(time.time_ns())),
        started_at=datetime.now(UTC),
        kind=results.SHADOW,
        name=selection.name,
        selection_id=selection_id(selection),
        selection=selection.described,
        cases=len(ids),
        k=1,
        seed=gate.seed,
        baseline=baseline.public(redactor),
        candidate=candidate.public(redactor),
        baseline_hash=baseline.hash(),
        candidate_hash=candidate.hash(),
        baseline_fingerprint=then,
        candidate_fingerprint=now,
        policy=shadow_policy(gate.policy).model_dump(mode="json"),
        version=__version__,
    )


def _opening(gate: ShadowGate, run: Run) -> list[tuple[str, list[dict[str, object]]]]:
    heads, calls = selection_rows(gate.selection, run.started_at)
    return [("selection_calls", calls), ("selections", heads), ("runs", [run_row(run)])]


def _facts(found: Mapping[tuple[str, str], Sequence[Facts]]) -> Facts:
    """What each server was last."""
    return as_table({pair: facts[0] for pair, facts in found.items()})


def _candidate(settings: Settings) -> Configuration:
    """What the settings send copies to now; as recorded, where they send none."""
    shadow = settings.shadow
    if not shadow.on:
        return Configuration()
    upstream = shadow.candidate(settings.upstreams)
    return Configuration.of_upstream(upstream, model=shadow.model)


def shadow_policy(policy: Policy) -> Policy:
    """The policy without what needs to know the baseline's own noise."""
    return policy.model_copy(
        update={
            "margins": _without_agreement(policy.margins),
            "alarms": _without_agreement(policy.alarms),
            "answers": False,
        }
    )


def with_caveat(decision: Decision) -> Decision:
    """The decision with a word on what it rests on."""
    return replace(decision, sentence=f"{decision.sentence.rstrip('.')}; {CAVEAT}.")


def _without_agreement(margins: Mapping[str, float]) -> dict[str, float]:
    return {
        name: margin for name, margin in margins.items() if metric(name).kind is not Kind.AGREEMENT
    }
