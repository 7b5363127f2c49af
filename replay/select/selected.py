"""Recorded calls that were chosen to be run again. Pure values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Selected:
    """One chosen call.

    session: what cases are clustered by: its session, else its own id.
    slices: kind (contract, dialect, model, tool, depth, length) to its values of it.
    duplicates: how many recorded calls it stands for, itself included.
    prompt: the last user message, cut, for people.
    upstream: name of the upstream that answered it then. input_tokens, output_tokens, total_ms: of
        the recorded answer; None where it did not say.
    """

    call_id: str
    session: str
    slices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    duplicates: int = 1
    prompt: str = ""
    upstream: str = ""
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Chosen calls in their order, whole sessions together.

    described: how they were chosen, for people. found: calls that met the criteria; collapsed: of
    them, near-duplicates that others stand for. name: of the golden set; None: it has none.
    """

    calls: Sequence[Selected]
    described: str = ""
    seed: int = 0
    found: int = 0
    collapsed: int = 0
    name: str | None = None
