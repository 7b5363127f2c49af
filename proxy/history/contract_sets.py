"""Which contracts were in force when: in memory for judging, in the file for good.

A writer notes the set as it starts and at each change; the event `contracts` keeps when that was.
"""

import logging
from collections import OrderedDict

import duckdb

from driftgate.contracts.load import ContractSet
from driftgate.proxy.history.bodies import Tables
from driftgate.proxy.history.slices import digest
from driftgate.proxy.history.table import Row, encode, keep_once
from driftgate.proxy.journal.reader import JournalEvent

CONTRACTS = "contracts"  # the kind of the event; its detail is ContractSet.as_json()

log = logging.getLogger("driftgate")


class InForce:
    """The sets of each writer, by when they came."""

    def __init__(self) -> None:
        self._sets: dict[str, OrderedDict[int, ContractSet | None]] = {}

    def note(self, writer: str, at_ns: int, text: str) -> None:
        """From then on the writer has these; a text that is no set stands for none."""
        known = self._sets.setdefault(writer, OrderedDict())
        known[at_ns] = _read(text)

    def at(self, writer: str, at_ns: int) -> ContractSet | None:
        """The set at that time: the latest before, else the first known."""
        known = self._sets.get(writer)
        if not known:
            return None
        before = [since for since in known if since <= at_ns]
        return known[max(before) if before else min(known)]

    def forget(self, writer: str) -> None:
        """The writer is gone."""
        self._sets.pop(writer, None)


def recall(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int, str]]:
    """(writer, time, set) of all journals that are not read to their end, for InForce.note()."""
    rows = connection.execute(
        "SELECT writer, epoch_us(happened_at) * 1000, contracts FROM events "
        "JOIN journal_positions USING (writer) "
        "JOIN contract_sets ON contract_set_id = (detail ->> 'contract_set_id')::UUID "
        "WHERE kind = 'contracts' ORDER BY happened_at"
    ).fetchall()
    return [(writer, at_ns, text) for writer, at_ns, text in rows]


def keep(
    connection: duckdb.DuckDBPyConnection, tables: Tables, event: JournalEvent
) -> JournalEvent:
    """Writes the set and its contracts; gives the event as `events` keeps it."""
    set_id, first_at = digest(event.detail.encode()).hex(), event.at_ns // 1000
    row: Row = {"contract_set_id": set_id, "contracts": event.detail, "first_at": first_at}
    keep_once(connection, tables, "contract_sets", row)
    contracts = _read(event.detail)
    for contract in contracts.contracts if contracts else ():
        row = {
            "contract_id": contract.id.replace("-", ""),
            "name": contract.name,
            "version": contract.version,
            "mode": contract.mode.value,
            "content": encode(contract.content()),
            "first_at": first_at,
        }
        keep_once(connection, tables, "contracts", row)
    names = {each.name: each.version for each in contracts.contracts} if contracts else {}
    detail = encode({"contract_set_id": set_id, "contracts": names})
    return JournalEvent(event.at_ns, CONTRACTS, detail)


def _read(text: str) -> ContractSet | None:
    try:
        return ContractSet.of_json(text)
    except Exception:  # a journal of a newer driftgate may hold what this one cannot read
        log.exception("a set of contracts in the journal cannot be read")
        return None
