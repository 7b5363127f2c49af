"""A judge model that is asked about pairs."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.replay import results
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.judging import judge_side, said_before
from driftgate.replay.run.targets import CouldNotCheckError
from tests.replay.gates import asked_of, in_process, ran
from tests.replay.run.made import Made, answered, says
from tests.support.processes import free_port
from tests.support.scripted import Exchange, Scripted, always, sized

__all__ = ["in_process"]


def judgement(same: bool) -> bytes:
    said = answered(json.dumps({"same": same, "reason": "because"}))
    return sized(said.replace(b'"prompt_tokens": 7', b'"prompt_tokens": 300'))


async def test_a_judge_is_asked_about_pairs_that_differ_and_is_recorded(
    tmp_path: Path, in_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "a-judges-own-key")
    made = Made(tmp_path)
    servers = Scripted(always(says("ho"))), Scripted(always(says("hum")))
    judge = Scripted(always(judgement(same=False)))
    async with servers[0].running() as b, servers[1].running() as c, judge.running() as j:
        wanted = asked_of(made, b.url, c.url, 3, k=2)
        judging = Configuration(upstream=j.url, model="judge-1", api_key_env="JUDGE_KEY")
        wanted = replace(wanted, judge=judging)
        report = await ran(wanted)
    assert len(judge.seen) == 3 * 4  # the arms agree with themselves
    sent = json.loads(judge.seen[0].body)
    assert (sent["model"], sent["temperature"]) == ("judge-1", 0)
    assert b"Bearer a-judges-own-key" in judge.seen[0].head
    assert b"x-driftgate" not in judge.seen[0].head
    found = {each.metric: each for each in report.decision.findings}
    assert found["agreement:judge"].candidate == 0.0
    assert found["agreement:judge"].baseline == 1.0
    kept = made.ask("SELECT DISTINCT contract, verdict, model FROM replays WHERE arm = 'judge'")
    assert kept == [("driftgate-judge", "pass", "judge-1")]
    with open_history(made.path, drain=False) as reader:
        assert len(said_before(reader, report.run.run_id)) == 12
        assert len(results.done(reader, report.run.run_id)) == 12  # no job of the judge's
        assert len(results.cases(reader, report.run)[0].answers) == 3


async def test_what_a_judge_has_said_is_not_asked_again_and_nonsense_does_not_count(
    tmp_path: Path, in_process: None
) -> None:
    made, answers = (
        Made(tmp_path),
        iter([judgement(same=True), says("well..."), judgement(same=True)]),
    )

    async def saying(exchange: Exchange) -> None:
        await exchange.send(next(answers, judgement(same=True)))

    servers, judge = (Scripted(always(says("ho"))), Scripted(always(says("hum")))), Scripted(saying)
    async with servers[0].running() as b, servers[1].running() as c, judge.running() as j:
        configuration = Configuration(upstream=j.url, model="judge-1", concurrency=1)
        wanted = replace(asked_of(made, b.url, c.url, 3, k=1), judge=configuration)
        report = await ran(wanted)
        assert len(judge.seen) == 3
        await ran(replace(wanted, resumed=report.run))
    assert len(judge.seen) == 4


async def test_a_judge_that_is_down_is_said_before_anything_is_asked(
    tmp_path: Path, in_process: None
) -> None:
    made = Made(tmp_path)
    async with Scripted(always(says("ho"))).running() as server:
        nobody = Configuration(upstream=f"http://127.0.0.1:{free_port()}", model="m")
        wanted = replace(asked_of(made, server.url, server.url, 3), judge=nobody)
        with pytest.raises(CouldNotCheckError, match="'judge' at"):
            await ran(wanted)
    assert made.ask("SELECT count(*) FROM runs") == [(0,)]


@pytest.mark.parametrize(
    ("given", "missing"), [({"model": "m"}, "upstream"), ({"upstream": "http://x:1"}, "model")]
)
def test_a_judge_needs_an_upstream_and_a_model(given: dict[str, Any], missing: str) -> None:
    with pytest.raises(UsageError, match=f"names no {missing}"):
        judge_side(Configuration(**given))
