"""One recorded call sent once, outside any run."""

import json
from pathlib import Path

import pytest

from driftgate.proxy.history.reader import open_history
from driftgate.proxy.record import Outcome
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run import single
from driftgate.replay.run.question import Question
from tests.replay.run.drained import InProcess
from tests.replay.run.made import Made, asked, says
from tests.support.scripted import Scripted, always


def question(made: Made, call_id: str, url: str, **more: object) -> Question:
    configuration = Configuration.model_validate({"upstream": url, "retries": 0, **more})
    with open_history(made.path, drain=False) as reader:
        return single.question(reader, call_id, configuration, "other", made.settings)


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "Historian", InProcess)


async def test_what_comes_is_a_replay_of_no_run_and_no_live_call(tmp_path: Path) -> None:
    made = Made(tmp_path)
    call_id = made.call(asked(1))
    made.drain()
    async with Scripted(always(says("ho"))).running() as server:
        ready = question(made, call_id, server.url, model="another")
        tried = await single.ask_once(ready, made.settings)
    single.settle(made.settings)
    assert tried.outcome is Outcome.COMPLETED
    assert json.loads(server.seen[0].body)["model"] == "another"
    columns = "run_id, arm, replay_of::VARCHAR, repetition, upstream, model, output_text, verdict"
    found = made.ask(f"SELECT {columns} FROM replays")
    assert found == [(None, "candidate", call_id, 1, "other", "another", "ho", "pass")]
    assert made.ask("SELECT count(*) FROM calls") == [(1,)]
    assert made.ask("SELECT count(*) FROM runs") == [(0,)]


async def test_a_server_that_is_not_there_is_recorded_and_asked_once(tmp_path: Path) -> None:
    made = Made(tmp_path)
    call_id = made.call(asked(1))
    made.drain()
    ready = question(made, call_id, "http://127.0.0.1:1")
    tried = await single.ask_once(ready, made.settings)
    single.settle(made.settings)
    assert tried.failure is not None
    assert "cannot reach upstream 'other'" in tried.failure
    assert made.ask("SELECT outcome FROM replays") == [("upstream_refused",)]


async def test_a_call_that_cannot_be_sent_again_says_why(tmp_path: Path) -> None:
    made = Made(tmp_path)
    call_id = made.call(b"no JSON")
    made.drain()
    ready = question(made, call_id, "http://127.0.0.1:1", model="another")
    tried = await single.ask_once(ready, made.settings)
    assert tried.failure is not None
    assert "its body is no JSON object" in tried.failure
