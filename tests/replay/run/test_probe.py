"""What servers say they are, and whether they are there."""

import json

import pytest

from driftgate.proxy.upstream.connection import Pool
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.probe import (
    as_table,
    changed,
    changed_meanwhile,
    fingerprints,
    moved,
    reach,
)
from driftgate.replay.run.targets import CouldNotCheckError, Side, side
from tests.support.processes import free_port
from tests.support.scripted import Exchange, Scripted, always, sized


def candidate(url: str, **more: object) -> Side:
    pools = dict[str, Pool]()
    return side(Arm.CANDIDATE, Configuration.model_validate({"upstream": url, **more}), {}, pools)


async def as_ollama(exchange: Exchange) -> None:
    told = {
        "/api/version": {"version": "1"},
        "/api/show": {"details": {"quantization_level": "Q4"}, "capabilities": ["completion"]},
    }.get(exchange.target)
    if told is None:
        await exchange.send(sized(b"", status=b"404 Not Found"))
    else:
        await exchange.send(sized(json.dumps(told).encode()))


async def test_a_server_that_is_not_there_is_one_line() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(
        CouldNotCheckError, match=r"nothing was checked: .*'candidate' at"
    ) as caught:
        await reach(candidate(url))
    assert caught.value.exit_code == 4
    assert "\n" not in str(caught.value)


async def test_a_server_that_is_there_is_reached() -> None:
    async with Scripted(always(b"")).running() as server:
        await reach(candidate(server.url))


async def test_facts_are_of_each_model_that_is_asked_for() -> None:
    async with Scripted(as_ollama).running() as server:
        seen = await fingerprints(candidate(server.url), [("default", "a"), ("default", "b")])
        assert sorted(seen) == [("candidate", "a"), ("candidate", "b")]
        assert as_table(seen)["a"]["quantization"] == "Q4"
        one = await fingerprints(
            candidate(server.url, model="c"), [("default", "a"), ("default", "b")]
        )
        assert sorted(one) == [("candidate", "c")]
        assert as_table(one)["quantization"] == "Q4"


async def test_a_server_that_fails_at_some_questions_is_still_read() -> None:
    async def odd(exchange: Exchange) -> None:
        if exchange.target in ("/api/version", "/api/show"):
            await as_ollama(exchange)
        else:
            await exchange.send(sized(b"", status=b"501 What"))

    async with Scripted(odd).running() as server:
        seen = await fingerprints(candidate(server.url), [("default", "a")])
        assert as_table(seen)["quantization"] == "Q4"


async def test_a_server_that_tells_nothing_has_no_facts_but_is_no_fault() -> None:
    async with Scripted(always(sized(b"", status=b"500 No"))).running() as server:
        assert as_table(await fingerprints(candidate(server.url), [("default", "a")])) == {}


def test_what_moved_since_the_record_is_told_by_fact() -> None:
    where = candidate("http://127.0.0.1:9")
    then = {"digest": "1", "n_ctx": 8, "absent": ["props"], "sampling": {"top_k": 40}}
    now = {"digest": "2", "n_ctx": 8, "absent": [], "sampling": {"top_k": 64}, "family": "x"}
    seen = {("candidate", "m"): now}
    assert moved(where, {("default", "m"): [then]}, seen) == [
        "digest: 1 -> 2",
        "sampling.top_k: 40 -> 64",
    ]
    older = {**then, "n_ctx": 4}
    assert moved(where, {("default", "m"): [now, then, older]}, seen) == [
        "n_ctx: 4 -> 8, while these calls were recorded",
        "digest: 1 -> 2, while these calls were recorded",
        "sampling.top_k: 40 -> 64, while these calls were recorded",
    ]


def test_what_nobody_told_has_not_changed() -> None:
    assert changed({}, {"digest": "2"}) == []
    assert changed({"digest": "1"}, {}) == []


def test_a_change_during_the_run_names_the_arm_and_long_values_are_cut() -> None:
    lines = changed_meanwhile("candidate", {"template": "a" * 200}, {"template": "b\n" * 200})
    assert lines[0].startswith("the candidate changed during the run: template: aaa")
    assert len(lines[0]) < 220
    assert "\n" not in lines[0]
