"""Held calls from the client's request to its one answer, over a real socket."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.history.tries import number_of_attempts
from driftgate.proxy.record import Outcome, Recorded
from tests.support.enforced import GOOD, answered, asking, contracts, post, split
from tests.support.gate import Gate, gate
from tests.support.scripted import Answer, Exchange, Scripted, sized

CHAT = "/v1/chat/completions"


def in_turn(*answers: bytes) -> Answer:
    """One answer after the other; the last one stays."""
    left = list(answers)

    async def answer(exchange: Exchange) -> None:
        await exchange.send(left.pop(0) if len(left) > 1 else left[0])

    return answer


async def asked(
    root: Path, answer: Answer, body: Any = None, *headers: str, **options: Any
) -> tuple[int, dict[str, str], bytes, Recorded, Scripted]:
    """One call through a gateway with contracts."""
    options.setdefault("contracts", contracts())
    async with Scripted(answer).running() as backend, gate(root, backend.url, **options) as running:
        raw = await running.fetch(post(CHAT, body or asking(), *headers))
        call = (await running.ended())[0]
        return *split(raw), call, backend


def text_of(body: bytes) -> str:
    content: str = json.loads(body)["choices"][0]["message"]["content"]
    return content


async def test_an_answer_that_keeps_the_contract_is_passed_on_byte_for_byte(tmp_path: Path) -> None:
    status, fields, body, call, _ = await asked(tmp_path, in_turn(answered(GOOD)))
    assert (status, text_of(body)) == (200, GOOD)
    assert answered(GOOD).endswith(body)
    assert fields["x-driftgate-attempts"] == "1"
    assert "x-driftgate-verdict" not in fields
    assert call.judged["verdict"] == "pass"
    assert [attempt.reason for attempt in call.attempts] == ["first"]


async def test_a_broken_answer_is_asked_for_again_with_what_was_wrong(tmp_path: Path) -> None:
    answers = in_turn(answered('{"city": "Bern"}'), answered(GOOD))
    status, fields, body, call, backend = await asked(tmp_path, answers)
    assert (status, text_of(body)) == (200, GOOD)
    assert fields["x-driftgate-attempts"] == "2"
    messages = json.loads(backend.seen[1].body)["messages"]
    assert messages[1] == {"role": "assistant", "content": '{"city": "Bern"}'}
    assert "people" in messages[2]["content"]
    assert [attempt.reason for attempt in call.attempts] == ["first", "reask"]
    assert [attempt.judged["verdict"] for attempt in call.attempts] == ["fail", "pass"]
    found = {violation["keyword"] for violation in call.attempts[0].judged["violations"]}
    assert {"required", "constraint_dropped"} <= found
    assert call.attempts[0].request_body is None
    assert call.attempts[1].request_body == backend.seen[1].body


async def test_json_in_prose_is_taken_out_without_asking_again(tmp_path: Path) -> None:
    answers = in_turn(answered(f"Here it is:\n```json\n{GOOD}\n```\nAnything else?"))
    _, fields, body, call, _ = await asked(tmp_path, answers)
    assert json.loads(text_of(body)) == json.loads(GOOD)
    assert fields["x-driftgate-attempts"] == "1"
    assert call.judged["repairs"] == ["extract_json"]
    assert call.judged["verdict"] == "pass"


async def test_what_stays_broken_is_an_error_that_says_why(tmp_path: Path) -> None:
    status, fields, body, call, backend = await asked(tmp_path, in_turn(answered("no idea")))
    assert status == 502
    error = json.loads(body)["error"]
    assert error["code"] == "contract_failed"
    assert error["driftgate"]["fault"] == "upstream"
    assert error["driftgate"]["violations"]
    assert fields["x-driftgate-attempts"] == str(len(backend.seen)) == "2"
    assert call.outcome is Outcome.REFUSED
    assert call.judged["verdict"] == "fail"


async def test_codex_is_told_in_a_way_that_makes_it_stop(tmp_path: Path) -> None:
    answers = in_turn(answered("no idea"))
    status, *_ = await asked(tmp_path, answers, None, "user-agent: codex_exec/0.169.0")
    assert status == 400


@pytest.mark.parametrize("status", [b"502 Bad Gateway", b"503 Busy", b"504 Late", b"429 Slow"])
async def test_a_passing_failure_is_tried_again(tmp_path: Path, status: bytes) -> None:
    answers = in_turn(sized(b"{}", status=status), answered(GOOD))
    got, fields, body, call, _ = await asked(tmp_path, answers)
    assert (got, text_of(body)) == (200, GOOD)
    assert fields["x-driftgate-attempts"] == "2"
    assert [attempt.reason for attempt in call.attempts] == ["first", "retry"]


async def test_a_reset_before_the_answer_is_tried_again(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        if not seen:
            seen.append(1)
            exchange.reset()
        else:
            await exchange.send(answered(GOOD))

    seen: list[int] = []
    status, _, body, call, _ = await asked(tmp_path, answer)
    assert (status, text_of(body)) == (200, GOOD)
    assert call.attempts[0].outcome is Outcome.UPSTREAM_RESET


async def test_the_upstream_that_fails_for_good_is_not_stormed(tmp_path: Path) -> None:
    answers = in_turn(sized(b"{}", status=b"503 Busy"))
    status, _, body, call, backend = await asked(tmp_path, answers)
    assert status == 503
    assert "3 attempts" in json.loads(body)["error"]["message"]
    assert len(backend.seen) == len(call.attempts) == 3


async def test_the_upstreams_own_refusal_is_passed_on(tmp_path: Path) -> None:
    refusal = sized(b'{"error": {"message": "no such model"}}', status=b"404 Not Found")
    status, fields, body, _, backend = await asked(tmp_path, in_turn(refusal))
    assert (status, body) == (404, b'{"error": {"message": "no such model"}}')
    assert len(backend.seen) == 1
    assert fields["x-driftgate-attempts"] == "1"


async def test_another_model_answers_and_it_is_said(tmp_path: Path) -> None:
    rules = contracts(fallback=[{"model": "gemma4-small"}], retry={"reasks": 0})
    answers = in_turn(answered("no idea"), answered(GOOD))
    status, fields, body, call, backend = await asked(tmp_path, answers, contracts=rules)
    assert (status, text_of(body)) == (200, GOOD)
    assert json.loads(backend.seen[1].body)["model"] == "gemma4-small"
    assert fields["x-driftgate-fallback"] == "default/gemma4-small"
    assert call.judged["fallback"] == "default/gemma4-small"
    assert [attempt.model for attempt in call.attempts] == ["gemma4", "gemma4-small"]


async def test_a_bad_request_is_refused_before_a_token_is_spent(tmp_path: Path) -> None:
    rules = contracts(input={"max_bytes": 50})
    status, _, body, call, backend = await asked(tmp_path, in_turn(b""), contracts=rules)
    assert status == 422
    assert json.loads(body)["error"]["code"] == "input_contract"
    assert not backend.seen
    assert call.request_body
    assert call.outcome is Outcome.REFUSED
    assert (call.judged["contract"], call.judged["verdict"]) == ("strict", "fail")
    assert [each["keyword"] for each in call.judged["violations"]] == ["max_bytes"]
    assert number_of_attempts(call) == 0


async def test_parameters_are_pinned_and_text_is_cleaned(tmp_path: Path) -> None:
    rules = contracts(
        parameters={"always": {"temperature": 0.0}, "default": {"seed": 7}},
        input={"unicode": "NFC", "control_characters": "remove"},
    )
    body = asking(temperature=1.5)
    body["messages"][0]["content"] = "Zu\u0308rich?\x07"
    *_, call, backend = await asked(tmp_path, in_turn(answered(GOOD)), body, contracts=rules)
    sent = json.loads(backend.seen[0].body)
    assert (sent["temperature"], sent["seed"]) == (0.0, 7)
    assert sent["messages"][0]["content"] == "Z\u00fcrich?"
    assert json.loads(call.request_body)["temperature"] == 1.5
    assert call.attempts[0].request_body == backend.seen[0].body


async def test_a_contract_that_only_observes_changes_nothing(tmp_path: Path) -> None:
    rules = contracts(mode="observe")
    status, fields, body, call, _ = await asked(
        tmp_path, in_turn(answered("no idea")), contracts=rules
    )
    assert (status, text_of(body)) == (200, "no idea")
    assert "x-driftgate-attempts" not in fields
    assert not call.attempts


async def test_the_verdict_is_told_where_that_is_asked_for(tmp_path: Path) -> None:
    options = {"contracts": contracts(mode="observe"), "settings": {"announce_verdict": True}}
    status, fields, body, call, _ = await asked(tmp_path, in_turn(answered("no idea")), **options)
    assert (status, text_of(body)) == (200, "no idea")
    assert fields["x-driftgate-verdict"] == "fail"
    assert call.judged["verdict"] == "fail"


async def test_a_client_that_leaves_ends_the_attempt(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{")
        begun.set()
        await exchange.reader.read()
        gone.set()

    begun, gone = asyncio.Event(), asyncio.Event()
    async with (
        Scripted(answer).running() as backend,
        gate(tmp_path, backend.url, contracts=contracts()) as running,
    ):
        await leaving(running, begun)
        async with asyncio.timeout(5):
            await gone.wait()
        call = (await running.ended())[0]
    assert call.outcome is Outcome.CLIENT_GONE
    assert call.attempts[0].outcome is Outcome.CLIENT_GONE


async def leaving(running: Gate, begun: asyncio.Event) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(post(CHAT, asking()))
    async with asyncio.timeout(5):
        await begun.wait()
    writer.close()
