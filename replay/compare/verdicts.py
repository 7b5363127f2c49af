"""What the contracts say of the answers."""

from driftgate.contracts.verdict import Verdict
from driftgate.replay.answer import Answer
from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Features
from driftgate.replay.compare.told import told

_JUDGED = frozenset({Verdict.PASS.value, Verdict.FAIL.value})
_SHOWN = 120  # characters of the violations in a reason


def verdict(one: Features, other: Features) -> Aspect | None:
    """0: both pass or both fail. None: one of them was not judged."""
    first, second = one.answer, other.answer
    if first.verdict not in _JUDGED or second.verdict not in _JUDGED:
        return None
    if first.verdict == second.verdict:
        return Aspect(0.0)
    failed = first if first.verdict == Verdict.FAIL.value else second
    reason = f"{first.verdict} against {second.verdict} ({_told(failed)})"
    return Aspect(1.0, reason)


def violations(one: Features, other: Features) -> Aspect | None:
    """The share of the keywords violated that one of them alone violates (Jaccard distance).

    None: neither violates any, or one was not judged.
    """
    first, second = one.answer, other.answer
    if first.verdict not in _JUDGED or second.verdict not in _JUDGED:
        return None
    ours, theirs = set(first.violations), set(second.violations)
    union = ours | theirs
    if not union:
        return None
    if ours == theirs:
        return Aspect(0.0)
    reason = f"violations: {_listed(ours)} against {_listed(theirs)}"
    return Aspect(len(ours ^ theirs) / len(union), reason)


def _told(answer: Answer) -> str:
    contract = f"contract {told(answer.contract)}: " if answer.contract else ""
    return contract + _listed(set(answer.violations))


def _listed(keywords: set[str]) -> str:
    return told(", ".join(sorted(keywords)), _SHOWN) or "nothing"
