"""What a transaction has brought into the history, for those who count it or tell it further.

They are told behind the commit, so that nothing is told twice and nothing that was not kept: what
the file held already is left out, whatever ended an ingest before.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from driftgate.proxy.history.prepare import PreparedCall
    from driftgate.proxy.history.replay_rows import Given


@dataclass(slots=True)
class Committed:
    """New rows.

    calls: live ones and replays, with all their rows. rows: how many others, of runs and turns.
    given: these others, as the journal had them.
    shown: (upstream, model, whether it was another one before) of each new fingerprint.
    quarantined: segments that could not be read.
    """

    calls: "list[PreparedCall]" = field(default_factory=list)
    rows: int = 0
    shown: list[tuple[str, str | None, bool]] = field(default_factory=list)
    quarantined: int = 0
    given: "list[Given]" = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.calls or self.rows or self.shown or self.quarantined)
