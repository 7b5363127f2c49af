"""What a run writes down: a journal for each arm, and one for the run's own rows.

The historian takes them in as it takes in a worker's. Contracts are noted for each journal, so that
each arm's answers are judged by the versions of the contracts that are meant for that arm.
"""

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from driftgate import __version__
from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.errors import DiskFullError
from driftgate.proxy.journal.frame import NO_CALL, Kind
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.secret import redaction_key
from driftgate.proxy.settings.model import Settings, journal_root
from driftgate.proxy.tee import Recorder

ROWS_AT_ONCE = 1000  # in one frame of the journal
Tables = Iterable[tuple[str, list[dict[str, Any]]]]  # name of the table, its rows


class Recording:
    """The journals of one run; `close` when nothing more is asked.

    arms: name to the contracts that its answers are judged by.
    """

    def __init__(self, settings: Settings, arms: Mapping[str, ContractSet]) -> None:
        self._settings = settings
        self._configuration = json.dumps(
            {"driftgate": __version__, **settings.effective()}, sort_keys=True
        )
        self._root = journal_root(settings.history)
        self._redactor = redactor_of(settings)
        self._prefix = f"{time.time_ns() // 1_000_000:x}-{os.getpid()}"
        self._open: list[JournalWriter] = []
        self._rows = self._journal("run")
        self._arms = {arm: self._recorder(arm, contracts) for arm, contracts in arms.items()}

    def of(self, arm: str) -> Recorder:
        """What the calls of this arm are recorded with."""
        return self._arms[arm]

    @property
    def journal(self) -> JournalWriter:
        """The run's own, for rows that come one by one."""
        return self._rows

    def rows(self, tables: Tables) -> None:
        """Rows of the history's tables of replays, in their order.

        Raises:
            DiskFullError: they cannot be written.
        """
        for table, rows in tables:
            for start in range(0, len(rows), ROWS_AT_ONCE):
                self._rows.rows(table, rows[start : start + ROWS_AT_ONCE])
        check(self._rows)

    def event(self, kind: str, detail: str) -> None:
        """An event of the history's that belongs to no call. detail: JSON.

        Raises:
            DiskFullError: it cannot be written.
        """
        journal = self._rows
        journal.add(Kind.EVENT, NO_CALL, journal.now_ns(), f"{kind}\n{detail}".encode())
        journal.commit(NO_CALL)
        check(journal)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Brings what is written to the disk while the block runs."""
        chores = [asyncio.create_task(journal.run()) for journal in self._open]
        try:
            yield
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)

    def close(self) -> None:
        """Writes what is left; the historian removes the journals once it has read them."""
        journals, self._open = self._open, []
        for journal in journals:
            journal.close()

    def _recorder(self, arm: str, contracts: ContractSet) -> Recorder:
        journal = self._journal(arm)
        journal.config(self._configuration)
        journal.contracts(contracts.as_json())
        return Recorder(
            journal,
            self._redactor,
            body_limit=self._settings.record.body_limit_mb << 20,
            durable=self._settings.journal.durability == "fsync",
        )

    def _journal(self, name: str) -> JournalWriter:
        rules = self._settings.journal
        journal = JournalWriter(
            self._root,
            f"{self._prefix}-{name}",
            Rules(
                segment_bytes=rules.segment_mb << 20,
                min_free_bytes=rules.min_free_mb << 20,
                fsync_interval_s=rules.fsync_interval_ms / 1000,
            ),
        )
        self._open.append(journal)
        return journal


def redactor_of(settings: Settings) -> Redactor:
    """Takes out of records what the settings want taken out, with the history's own key."""
    return Redactor(
        redaction_key(journal_root(settings.history)),
        settings.redact,
        decode_limit=settings.record.decode_limit_mb << 20,
    )


def check(journal: JournalWriter) -> None:
    """Raises DiskFullError where the journal cannot be written: nothing runs unrecorded."""
    if journal.full is not None:
        raise DiskFullError(
            f"the journal cannot be written: {journal.full}; free some space and go on with --resume"
        )
