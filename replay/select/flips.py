"""How often two answers to one and the same request differ in passing: what chance alone does.

Observed where the history allows, else assumed. The share decides how many cases a drop takes
(see `driftgate.replay.select.power`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

ASSUMED = 0.1  # discordant pairs in published comparisons of models that are nearly alike
LEAST = 30  # pairs that say something

# each gives (pairs, pairs that differ): of groups with p passes and f fails, p * f pairs differ. A
# group counts once, however many answers it has: as its expected pair.
_OF_PAIRS = """
    SELECT count(*), sum(2.0 * p * f / ((p + f) * (p + f - 1)))
    FROM ({groups}) WHERE p + f > 1
"""
_COUNTS = "count(*) FILTER (verdict = 'pass') AS p, count(*) FILTER (verdict = 'fail') AS f"
_RUNS = f"SELECT {_COUNTS} FROM replays WHERE arm = 'baseline' GROUP BY run_id, replay_of"  # noqa: S608 - constants
_REPEATED = (
    f"SELECT {_COUNTS} FROM calls WHERE retry_of IS NULL AND request_digest IS NOT NULL "  # noqa: S608 - likewise
    "GROUP BY request_digest, upstream, model, contract_id, fingerprint_id"
)


@dataclass(frozen=True, slots=True)
class Flips:
    """share: of pairs that differ, 0 to 1. source: where it comes from, for people. pairs: seen."""

    share: float
    source: str
    pairs: int = 0


def flips(reader: "Reader") -> Flips:
    """From the baselines of earlier runs; else from requests that clients sent again; else assumed.

    One pair that differs and one that does not are added to what was seen, so that few pairs are
    never taken for certainty (E. Wilson, 1927; A. Agresti, B. Coull, 1998).
    """
    for groups, source in ((_RUNS, "baselines of earlier runs"), (_REPEATED, "repeated requests")):
        pairs, differing = reader.ask(_OF_PAIRS.format(groups=groups)).rows[0]
        if pairs >= LEAST:
            share = (float(differing) + 1) / (pairs + 2)
            return Flips(share, f"observed: {pairs} {source}", pairs)
    return Flips(ASSUMED, "assumed: the history has too few repeated answers to tell")
