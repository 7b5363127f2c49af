"""What the history keeps of a run as a whole. A pure value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SCHEMA = 1  # of what is kept of a run; one of another schema is not read


@dataclass(frozen=True, slots=True)
class Run:
    """A selection that was put to a baseline and a candidate.

    run_id: UUID as text. started_at: UTC. kind: gate, shadow, watch or reference. name: of the golden set.
    selection_id, selection: what was run, and how it was chosen, for people.
    cases, k, seed: calls chosen; answers of each arm to each; of choice, order and tests.
    baseline, candidate: configurations, without secrets; *_hash: their content hashes.
    *_fingerprint: what the servers said they are, by fact (digest, quantization, template, ...).
    policy: the gate policy. version: of driftgate.
    """

    run_id: str
    started_at: datetime
    kind: str = "gate"
    name: str | None = None
    selection_id: str | None = None
    selection: str = ""
    cases: int = 0
    k: int = 2
    seed: int = 0
    baseline: Mapping[str, Any] = field(default_factory=dict)
    candidate: Mapping[str, Any] = field(default_factory=dict)
    baseline_hash: str = ""
    candidate_hash: str = ""
    baseline_fingerprint: Mapping[str, Any] = field(default_factory=dict)
    candidate_fingerprint: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    schema: int = SCHEMA

    @property
    def asks_agents(self) -> bool:
        """Whether some of what answered is the Codex CLI, with whole turns."""
        told = self.candidate_fingerprint
        return any(
            isinstance(facts, Mapping) and facts.get("server") == "codex"
            for facts in (told, *told.values())
        )
