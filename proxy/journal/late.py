"""Rows for the history that the disk has not taken yet: kept in memory until there is space again."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from driftgate.proxy.journal.frame import NO_CALL, Kind, pack

log = logging.getLogger("driftgate")

LATE_BYTES = 4 << 20  # of all that waits


class Late:
    """What waits. frames: as they are written."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def add(self, table: str, rows: Sequence[Mapping[str, Any]], at_ns: int) -> bool:
        """Takes rows for a table; whether there is room: the first always has, the loss of others is said."""
        text = json.dumps({"table": table, "rows": list(rows)})
        frame = b"".join(pack(Kind.EVENT, NO_CALL, at_ns, f"rows\n{text}".encode()))
        if self.frames and sum(map(len, self.frames)) + len(frame) > LATE_BYTES:
            log.error("the disk is full: rows for %s are not recorded", table)
            return False
        self.frames.append(frame)
        return True
