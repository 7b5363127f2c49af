"""A watch as a whole, against a scripted server: reference, pass, drift, and its end."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.history.reader import open_history
from driftgate.proxy.upstream.connection import Pool
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.run.kept import Run
from driftgate.replay.run.recording import Recording
from driftgate.replay.run.targets import CouldNotCheckError
from driftgate.replay.run.webhook import Webhook
from driftgate.replay.sitting import RunInterruptedError, Sitting
from tests.replay.gates import in_process
from tests.replay.run.made import Made, says
from tests.replay.watches import Heard, watched_of
from tests.support.scripted import Answer, Exchange, Scripted, always, sized

pytestmark = pytest.mark.usefixtures("in_process")
__all__ = ["in_process"]
DAY = timedelta(hours=24)
REFERENCE, PASS, DRIFT = ("reference", None), ("watch", "pass"), ("watch", "drift")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    history = Made(tmp_path)
    yield history
    history.journal.close()


def model(version: str, text: str) -> Answer:
    """A server that says it is this version, and answers so."""
    props = {"build_info": version, "default_generation_settings": {"n_ctx": 4096}}

    async def answer(exchange: Exchange) -> None:
        if exchange.target == "/props":
            await exchange.send(sized(json.dumps(props).encode()))
        else:
            await exchange.send(says(text))

    return answer


def events(made: Made) -> list[tuple[str, Any]]:
    rows = made.ask(
        "SELECT kind, detail FROM events WHERE kind IN ('watch_reference', 'drift', 'drift_over') "
        "ORDER BY happened_at"
    )
    return [(kind, json.loads(detail)) for kind, detail in rows]


async def test_a_model_that_changes_is_found_told_once_and_told_when_it_is_over(made: Made) -> None:
    hooked = Scripted(always(sized(b"")))
    async with Scripted(model("b1", "ho")).running() as server, hooked.running() as hook:
        heard = Heard(watched_of(made, server.url)).begin(webhook=Webhook(f"{hook.url}/x"))
        assert await heard.step() == [REFERENCE]
        assert await heard.step() == []
        assert await heard.step(later=DAY) == [PASS]
        assert await heard.step() == []
        server.answer = model("b2", "")
        assert await heard.step() == [DRIFT]
        assert await heard.step() == []
        server.answer = model("b1", "ho")
        assert await heard.step() == [PASS]
    assert heard.whys == [
        "there is no reference yet",
        "it is time",
        "the server changed: version: b1 -> b2",
        "the server changed: version: b2 -> b1",
    ]
    told = [json.loads(each.body) for each in hooked.seen]
    assert [each["event"] for each in told] == ["drift", "drift_over"]
    assert told[0]["changed"] == ["version: b1 -> b2"]
    assert {each["metric"] for each in told[0]["findings"]} == {"contract_pass"}
    (first, reference), (second, drift), (third, over) = events(made)
    assert (first, second, third) == ("watch_reference", "drift", "drift_over")
    assert {each["set"] for each in (reference, drift, over)} == {"g"}
    assert (drift["verdict"], drift["run"]) == ("drift", told[0]["run"])
    assert (over["verdict"], over["run"]) == ("pass", told[1]["run"])
    assert heard.said == []


async def test_a_round_asks_one_arm_and_its_report_shows_the_reference_as_baseline(
    made: Made,
) -> None:
    async with Scripted(model("b1", "ho")).running() as server:
        heard = Heard(watched_of(made, server.url, 4)).begin()
        await heard.step()
        server.answer = model("b2", "hum")
        await heard.step()
    assert made.ask("SELECT arm, count(*) FROM replays GROUP BY ALL") == [("candidate", 16)]
    with open_history(made.path, drain=False) as reader:
        (later, *_), (reference, *_) = results.runs(reader)
        cases = results.cases(reader, later)
        decision = results.decision(reader, later.run_id)
    assert (later.kind, reference.kind) == ("watch", "reference")
    assert later.baseline["reference"] == reference.run_id
    assert later.baseline_hash == reference.candidate_hash == later.candidate_hash
    for case in cases:
        assert [each.text for each in case.of(Arm.BASELINE)] == ["ho", "ho"]
        assert [each.text for each in case.of(Arm.CANDIDATE)] == ["hum", "hum"]
        assert {each.arm for each in case.of(Arm.BASELINE)} == {Arm.BASELINE}
    assert decision is not None
    assert decision.health.served == {"baseline": 8, "candidate": 8}


async def test_another_process_goes_on_where_the_last_one_ended(made: Made) -> None:
    async with Scripted(model("b1", "ho")).running() as server:
        watched = watched_of(made, server.url, 20)
        assert await Heard(watched).begin().step() == [REFERENCE]
        assert await Heard(watched).begin().step() == []
        server.answer = model("b2", "")
        assert await Heard(watched).begin().step() == [DRIFT]
        again = Heard(watched).begin()
        assert await again.step() == []
        assert again.watching._known.drifted
        other = watched.candidate.model_copy(update={"model": "other"})
        assert Heard(replace(watched, candidate=other)).begin().watching._reference is None


async def test_what_is_accepted_is_the_new_reference(made: Made) -> None:
    async with Scripted(model("b1", "ho")).running() as server:
        watched = watched_of(made, server.url)
        await Heard(watched).begin().step()
        server.answer = model("b2", "hum")
        heard = Heard(watched).begin(accept=True)
        assert await heard.step() == [REFERENCE]
        assert await heard.step(later=DAY) == [PASS]


async def test_a_server_that_is_down_is_said_once_and_asked_when_it_is_back(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted(model("b1", "ho")).running() as server:
        heard = Heard(watched_of(made, server.url)).begin()
        assert await heard.step() == [REFERENCE]
        with monkeypatch.context() as patched:
            patched.setattr(Pool, "connect", refusing)
            for _ in range(3):
                assert await heard.step() == []
            assert len(heard.said) == 1
            assert server.url in heard.said[0]
            assert heard.said[0].endswith("; the watch goes on")
            with pytest.raises(CouldNotCheckError, match="nothing was checked"):
                await asyncio.to_thread(heard.watching.once)
        assert await heard.step() == [PASS]
        assert await heard.step() == []
    assert heard.whys[-1] == "the server is back"


async def refusing(_pool: Pool) -> None:
    raise ConnectionRefusedError(111, "Connection refused")


async def test_a_reference_needs_answers(made: Made) -> None:
    async with Scripted(always(sized(b"", status=b"500 No"))).running() as server:
        heard = Heard(watched_of(made, server.url, 4)).begin()
        assert await heard.step() == []
        assert heard.said[0].startswith("no reference was made: 0% of the calls have all answers")
        assert await heard.step() == []
        server.answer = model("b1", "ho")
        assert await heard.step(later=timedelta(minutes=2)) == [REFERENCE]
    assert heard.whys == ["there is no reference yet"]
    assert len(events(made)) == 1


async def test_a_webhook_that_fails_is_a_warning_and_verdicts_are_told_where_wanted(
    made: Made,
) -> None:
    hooked = Scripted(always(sized(b"", status=b"400 No")))
    async with Scripted(model("b1", "ho")).running() as server, hooked.running() as hook:
        heard = Heard(watched_of(made, server.url))
        heard.begin(webhook=Webhook(f"{hook.url}/secret?k=secret"), always=True)
        await heard.step()
        assert await heard.step(later=DAY) == [PASS]
    assert [json.loads(each.body)["event"] for each in hooked.seen] == ["verdict"]
    assert len(heard.said) == 1
    assert heard.said[0].startswith(f"the webhook at {hook.url} answers 400: run ")
    assert "secret" not in heard.said[0]


async def test_a_round_that_was_interrupted_is_no_reference(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted(model("b1", "ho")).running() as server:
        watched = watched_of(made, server.url, 4)
        heard = Heard(watched).begin()
        with monkeypatch.context() as patched:
            patched.setattr(Sitting, "_drive", interrupted)
            with pytest.raises(RunInterruptedError):
                await heard.step()
        assert await Heard(watched).begin().step() == [REFERENCE]


async def interrupted(_sitting: Sitting, run: Run, _recording: Recording) -> None:
    raise RunInterruptedError(run.run_id, 0)
