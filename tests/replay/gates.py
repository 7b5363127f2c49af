"""Gates over calls made by hand, for tests."""

import asyncio
from typing import Any

import pytest

from driftgate.replay import sitting
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.decide.policy import Policy
from driftgate.replay.gate import run_gate
from driftgate.replay.report.report import Report
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.sitting import Gate
from tests.replay.run.drained import InProcess
from tests.replay.run.made import Made, asked

LENIENT = Policy(minimum=1)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process of the historian's is started."""
    monkeypatch.setattr(sitting, "Historian", InProcess)


def asked_of(made: Made, baseline: str, candidate: str, count: int = 4, **more: Any) -> Gate:
    """A gate over so many calls; `baseline` and `candidate` are addresses."""
    ids = [made.call(asked(number)) for number in range(count)]
    made.drain()
    calls = [Selected(call_id, call_id, {"dialect": ("chat",)}) for call_id in ids]
    return Gate(
        settings=made.settings,
        selection=Selection(calls, "all of them"),
        baseline=Configuration(upstream=baseline),
        candidate=Configuration(upstream=candidate, retries=0),
        **{"policy": LENIENT, **more},
    )


async def ran(wanted: Gate) -> Report:
    """Its report. It runs in another thread, so that servers of the test can answer."""
    return await asyncio.to_thread(run_gate, wanted)
