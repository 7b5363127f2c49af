"""The attempts of one call over several upstreams, with breaker and budget."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.breaker import State
from driftgate.proxy.history.tries import number_of_attempts
from driftgate.proxy.record import Outcome
from tests.support.enforced import GOOD, answered, asking, contracts, post, split
from tests.support.gate import Gate, gate
from tests.support.scripted import Exchange, Scripted, always, sized

CHAT = "/v1/chat/completions"
DOWN = sized(b"{}", status=b"503 Busy")
TO_OTHER = contracts(fallback=[{"upstream": "u1"}], retry={"attempts": 3})


@asynccontextmanager
async def between(
    root: Path, *answers: bytes, rules: ContractSet = TO_OTHER, **upstream: Any
) -> AsyncIterator[tuple[Gate, list[Scripted]]]:
    """A gateway in front of one backend for each answer."""
    async with AsyncExitStack() as stack:
        backends = [
            await stack.enter_async_context(Scripted(always(each)).running()) for each in answers
        ]
        urls = [backend.url for backend in backends]
        running = gate(root, *urls, contracts=rules, upstream=upstream)
        yield await stack.enter_async_context(running), backends


async def ask(running: Gate) -> tuple[int, dict[str, str], bytes]:
    return split(await running.fetch(post(CHAT, asking())))


async def test_the_next_upstream_answers_where_the_first_is_down(tmp_path: Path) -> None:
    async with between(tmp_path, DOWN, answered(GOOD)) as (running, backends):
        status, fields, _ = await ask(running)
        call = (await running.ended())[0]
    assert status == 200
    assert fields["x-driftgate-fallback"] == "u1/gemma4"
    assert fields["x-driftgate-attempts"] == "3"
    assert [len(backend.seen) for backend in backends] == [2, 1]
    assert [each.reason for each in call.attempts] == ["first", "retry", "fallback"]
    assert [each.upstream for each in call.attempts] == ["default", "default", "u1"]


async def test_a_breaker_that_is_open_sends_calls_elsewhere_at_once(tmp_path: Path) -> None:
    async with between(tmp_path, DOWN, answered(GOOD), breaker_failures=2) as (running, backends):
        await ask(running)
        gear = running.gateway.door.gear
        assert gear.breakers["default"].state(gear.clock()) is State.OPEN
        status, fields, _ = await ask(running)
    assert (status, fields["x-driftgate-attempts"]) == (200, "1")
    assert len(backends[0].seen) == 2


async def test_an_open_breaker_without_another_upstream_is_told_with_the_seconds_to_wait(
    tmp_path: Path,
) -> None:
    rules = contracts(retry={"attempts": 2})
    async with between(tmp_path, DOWN, rules=rules, breaker_failures=1) as (running, _):
        await ask(running)
        status, fields, body = await ask(running)
        calls = await running.ended(2)
    assert status == 503
    assert 1 <= int(fields["retry-after"]) <= 10
    assert json.loads(body)["error"]["code"] == "breaker_open"
    assert not calls[1].attempts
    assert calls[1].outcome is Outcome.REFUSED
    assert (calls[1].judged["contract"], calls[1].judged["verdict"]) == ("strict", "unjudged")
    assert number_of_attempts(calls[1]) == 0


async def test_retries_of_many_calls_are_bounded_by_the_budget(tmp_path: Path) -> None:
    rules = contracts(retry={"attempts": 5})
    limits = {"breaker_failures": 0, "retry_min": 3, "retry_ratio": 0.0}
    async with between(tmp_path, DOWN, rules=rules, **limits) as (running, backends):
        for _ in range(6):
            await ask(running)
    assert len(backends[0].seen) == 6 + 3


async def test_one_that_answers_later_is_healthy_again(tmp_path: Path) -> None:
    rules = contracts(retry={"attempts": 2})
    async with between(tmp_path, DOWN, rules=rules) as (running, backends):
        await ask(running)
        health = running.gateway.health["default"]
        backends[0].answer = always(answered(GOOD))
        assert (await ask(running))[0] == 200
    assert health.last_ok_at is not None


async def test_upstreams_that_hang_take_less_than_twice_the_contracts_time(tmp_path: Path) -> None:
    async def hang(exchange: Exchange) -> None:
        await exchange.reader.read()

    rules = contracts(
        fallback=[{"upstream": "u1"}, {"upstream": "u1", "model": "x"}],
        retry={"attempts": 3, "total_s": 0.6},
    )
    began = time.monotonic()
    async with between(tmp_path, DOWN, DOWN, rules=rules) as (running, backends):
        for backend in backends:
            backend.answer = hang
        status, fields, body = await ask(running)
        call = (await running.ended())[0]
    assert status == 504
    assert fields["x-driftgate-attempts"] == "3"
    assert "retry.total_s of contract 'strict'" in json.loads(body)["error"]["message"]
    assert [each.judged["verdict"] for each in call.attempts] == ["unjudged"] * 3
    assert 0.6 <= time.monotonic() - began < 5.0


async def test_the_verdict_of_an_error_is_that_of_the_answer_it_speaks_of(tmp_path: Path) -> None:
    error = sized(b'{"error": {"message": "no memory"}}', b"Content-Type: application/json")
    rules = contracts(retry={"attempts": 2})
    async with between(tmp_path, DOWN, rules=rules) as (running, backends):
        left = [answered("no idea"), error]

        async def answer(exchange: Exchange) -> None:
            await exchange.send(left.pop(0))

        backends[0].answer = answer
        _, _, body = await ask(running)
        call = (await running.ended())[0]
    assert json.loads(body)["error"]["code"] == "contract_failed"
    assert call.judged["verdict"] == "fail"
    assert [each.judged["verdict"] for each in call.attempts] == ["fail", "unjudged"]


async def test_answers_that_are_no_use_do_not_open_the_breaker(tmp_path: Path) -> None:
    error = sized(b'{"error": {"message": "no memory"}}', b"Content-Type: application/json")
    rules = contracts(retry={"attempts": 3})
    async with between(tmp_path, error, rules=rules, breaker_failures=2) as (running, _):
        codes = [json.loads((await ask(running))[2])["error"]["code"] for _ in range(3)]
    assert codes == ["upstream_error"] * 3
