"""Which replay a call belongs to, as a header value: `<run>/<arm>/<recorded call>/<repetition>`. Pure.

A replayed outer call's inner calls are no live ones either. They reach the run's own proxy through
Codex, which knows nothing of runs, so that each carries this.
"""

import re
from uuid import UUID

from driftgate.proxy.record import Replayed

MOST_REPETITIONS = 1_000_000
_ARM = re.compile(r"[a-z]{1,20}")


def written(mark: Replayed) -> str:
    """The header's value."""
    run, of = UUID(bytes=mark.run_id), UUID(bytes=mark.of)
    return f"{run}/{mark.arm}/{of}/{mark.repetition}"


def read(value: str) -> Replayed | None:
    """What it says; None: it is none of ours."""
    parts = value.split("/")
    if len(parts) != 4 or not _ARM.fullmatch(parts[1]) or not parts[3].isascii():  # noqa: PLR2004 - see above
        return None
    try:
        run, of, repetition = UUID(parts[0]), UUID(parts[2]), int(parts[3])
    except ValueError:
        return None
    if not 0 < repetition <= MOST_REPETITIONS:
        return None
    return Replayed(run.bytes, parts[1], of.bytes, repetition)
