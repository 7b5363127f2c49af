"""The journals of a run."""

from pathlib import Path

import pytest

from driftgate.contracts.contract import Contract
from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.errors import DiskFullError, JournalError
from driftgate.proxy.settings.model import JournalSettings, Settings
from driftgate.replay.arm import Arm
from driftgate.replay.run import recording
from driftgate.replay.run.order import Job
from driftgate.replay.run.reading import Reading
from driftgate.replay.run.recording import Recording
from driftgate.replay.run.send import Sender
from tests.replay.run.rig import CONTRACTS, RUN, rig

STRICT = ContractSet.of(
    [
        Contract.of_content(
            {
                "name": "strict",
                "version": "2",
                "applies": {"everything": True},
                "output": {"json": "whole"},
            }
        )
    ]
)


async def test_each_arm_is_judged_by_its_own_contracts(tmp_path: Path) -> None:
    async with rig(tmp_path, 1) as it:
        it.recording.close()
        it.recording = Recording(it.made.settings, {"baseline": CONTRACTS, "candidate": STRICT})
        await it.run(it.driver(), k=1)
        assert it.replays("arm, contract, verdict") == [
            ("baseline", "builtin", "pass"),
            ("candidate", "strict", "fail"),
        ]


async def test_rows_come_into_their_tables_however_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "ROWS_AT_ONCE", 2)
    async with rig(tmp_path, 0) as it:
        rows = [
            {"selection_id": RUN, "position": number, "call_id": RUN, "session": "s"}
            for number in range(5)
        ]
        it.recording.rows([("selection_calls", rows)])
        it.made.drain()
        assert it.made.ask("SELECT count(*) FROM selection_calls") == [(5,)]


async def test_rows_that_cannot_be_written_are_said(tmp_path: Path) -> None:
    async with rig(tmp_path, 0) as it:
        it.recording._rows.full = "no space"
        with pytest.raises(DiskFullError, match="no space"):
            it.recording.rows([("runs", [{"run_id": RUN}])])


async def test_what_was_journaled_outlives_a_writer_that_was_killed(tmp_path: Path) -> None:
    async with rig(tmp_path, 1) as it:
        question = Reading(it.made.path, it.sides()).questions([Job(it.ids[0], Arm.BASELINE, 1)])[0]
        sender = Sender(RUN, it.recording.of("baseline"), CONTRACTS)
        await sender.answer(question)
        assert it.replays("arm, outcome") == [("baseline", "completed")]  # nothing was closed


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "h.duckdb.journal").write_text("a file")
    settings = Settings(history=tmp_path / "h.duckdb", journal=JournalSettings(min_free_mb=0))
    with pytest.raises(JournalError):
        Recording(settings, {})
