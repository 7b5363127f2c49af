"""Choosing: from criteria to a selection."""

from datetime import datetime
from typing import TYPE_CHECKING

from driftgate.proxy.errors import UsageError
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.select.details import details, selected
from driftgate.replay.select.found import Found, found
from driftgate.replay.select.sample import in_order, sample, units
from driftgate.replay.select.selected import Selected, Selection

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

SEED_LIMIT = 1 << 63  # what the history's column holds


def choose(
    reader: "Reader",
    criteria: Criteria,
    *,
    n: int,
    seed: int,
    sessions: bool = False,
    collapse: bool = True,
    now: datetime | None = None,
) -> Selection:
    """At most n recorded calls that meet the criteria, in proportion to their strata.

    Args:
        reader: of the history.
        criteria: what is wanted.
        n: size.
        seed: the same seed over the same calls gives the same selection.
        sessions: whole sessions, not single calls.
        collapse: of near-duplicates, one.
        now: with its zone; what ages in the criteria count from.

    Raises:
        NotFoundError: no call meets the criteria.
        UsageError: n, the seed or the criteria are none; or no session is as small as n.
    """
    if n < 1:
        raise UsageError(f"-n {n}: give at least 1")
    if not -SEED_LIMIT <= seed < SEED_LIMIT:
        raise UsageError(f"--seed {seed} has more than 64 bits")
    calls = found(reader, criteria, now)
    drawn = units(calls, sessions=sessions, collapse=collapse)
    picked = in_order(sample(drawn, n, seed))
    return Selection(
        calls=_selected(reader, picked),
        described=_described(criteria, n, sessions=sessions, collapse=collapse),
        seed=seed,
        found=len(calls),
        collapsed=len(calls) - sum(len(unit.calls) for unit in drawn),
    )


def _selected(reader: "Reader", picked: list[tuple[Found, int]]) -> list[Selected]:
    known = details(reader, [call.call_id for call, _ in picked])
    return [
        selected(call.call_id, call.session, known[call.call_id], duplicates=number)
        for call, number in picked
    ]


def _described(criteria: Criteria, n: int, *, sessions: bool, collapse: bool) -> str:
    said = [criteria.described(), f"-n {n}"]
    said += ["--sessions"] * sessions + ["--no-collapse"] * (not collapse)
    return " ".join(filter(None, said))
