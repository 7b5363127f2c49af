"""From recorded calls to verdicts: what is judged, by which contract, and what is left alone."""

import json
from typing import Any

import pytest

from driftgate.contracts.builtin.constraints import SeedMemory
from driftgate.contracts.contract import Contract
from driftgate.contracts.load import ContractSet
from driftgate.contracts.verdict import Verdict, Violation
from driftgate.proxy import judging
from driftgate.proxy.dialects.describe import describe
from driftgate.proxy.record import Chunk, Outcome, Recorded
from tests.proxy.history.calls import call

SHORT = Contract.of_content(
    {"name": "short", "version": "1", "applies": {"everything": True}, "output": {"max_chars": 3}}
)
SHORTEST = Contract.of_content({"name": "named", "version": "1", "output": {"max_chars": 1}})
CONTRACTS = ContractSet.of([SHORT, SHORTEST])


def judged(recorded: Recorded, contracts: ContractSet | None = None) -> Any:
    return judging.judge_call(recorded, describe(recorded), contracts)


def answer(text: str, **changes: Any) -> list[Chunk]:
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gemma4",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
        **changes,
    }
    return [Chunk(1, json.dumps(body).encode())]


def test_a_good_answer_passes_the_built_in_checks() -> None:
    found = judged(call(1))
    assert (found.verdict, found.contract, found.contract_id) == (Verdict.PASS, "builtin", None)


def test_the_contract_that_applies_judges() -> None:
    found = judged(call(1), CONTRACTS)
    assert (found.verdict, found.contract, found.contract_id) == (Verdict.FAIL, "short", SHORT.id)


def test_the_header_names_the_contract() -> None:
    named = call(1, request_headers=[("X-Driftgate-Contract", " named ")])
    assert judged(named, CONTRACTS).contract == "named"


def test_a_name_that_nobody_knows_is_told_and_does_not_fail() -> None:
    named = call(1, request_headers=[("x-driftgate-contract", "nowhere\x1b")])
    found = judged(named)
    assert found.verdict is Verdict.PASS
    assert [violation.keyword for violation in found.violations] == ["unknown_contract"]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": None, "chunks": []},
        {"chunks": []},
        {"outcome": Outcome.CLIENT_GONE, "chunks": [Chunk(1, b'{"choices": [')]},
        {"outcome": Outcome.INTERRUPTED, "chunks": [Chunk(1, b'{"choices": [')]},
        {"status": 503, "chunks": [Chunk(1, b'{"error": {"message": "busy"}}')]},
        {"request_truncated": True},
    ],
)
def test_what_tells_nothing_of_a_model_is_not_judged(changes: dict[str, Any]) -> None:
    found = judged(call(1, **changes), CONTRACTS)
    assert (found.verdict, found.contract) == (Verdict.UNJUDGED, "short")


def test_a_client_that_left_behind_the_end_had_its_answer() -> None:
    assert judged(call(1, outcome=Outcome.CLIENT_GONE)).verdict is Verdict.PASS


def test_other_paths_are_no_business_of_contracts() -> None:
    recorded = call(1, target="/v1/embeddings")
    assert judging.asked_of(recorded, describe(recorded)) is None
    assert judging.judged(recorded, describe(recorded), CONTRACTS) == {}


def test_a_judge_that_breaks_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "judge", None)
    assert judged(call(1)).verdict is Verdict.UNJUDGED


def test_the_same_seed_answered_otherwise_is_a_warning() -> None:
    seeds = SeedMemory()
    asked = json.dumps({"model": "gemma4", "seed": 7, "messages": []}).encode()
    found = []
    for text in ("one", "one", "two"):
        recorded = call(1, request_body=asked, chunks=answer(text))
        found.append(judging.judge_call(recorded, describe(recorded), None, seeds=seeds))
    assert [[v.path for v in each.violations] for each in found] == [[], [], ["parameters/seed"]]
    assert found[-1].verdict is Verdict.PASS


def test_the_dict_form_holds_what_is_recorded() -> None:
    recorded = call(1)
    made = judging.judged(recorded, describe(recorded), CONTRACTS)
    assert (made["contract"], made["contract_id"]) == ("short", SHORT.id)
    assert (made["verdict"], made["repairs"]) == ("fail", [])
    assert made["judged_us"] > 0
    assert Violation.of_json(made["violations"][0]).keyword == "max_chars"
    assert json.loads(json.dumps(made)) == made


def test_a_request_can_be_read_before_there_is_an_answer() -> None:
    headers = [(b"X-Driftgate-Contract", b"named"), (b"Content-Type", b"application/json")]
    body = b'{"model": "m", "input": "hi", "tools": [{"type": "web_search"}]}'
    asked, described = judging.asked_from("responses", "/prefix/v1/responses?a=1", headers, body)
    assert (asked.dialect, asked.path, asked.named) == (
        "responses",
        "/prefix/v1/responses?a=1",
        "named",
    )
    assert (asked.parameters.model, asked.body) == ("m", body)
    assert asked.tools == b'[{"type": "web_search"}]'
    assert described.request.items[-1].text == "hi"


def _message(kind: str, **fields: Any) -> bytes:
    return json.dumps({"type": kind, **fields}).encode()


def _completed(text: str, number: int) -> bytes:
    item = {
        "type": "message",
        "id": f"m{number}",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    response = {"id": f"r{number}", "status": "completed", "output": [item], "usage": usage}
    return _message("response.completed", response=response)


def _frame(payload: bytes) -> bytes:
    """A text frame with a 16-bit length (RFC 6455 section 5.2)."""
    return b"\x81\x7e" + len(payload).to_bytes(2) + payload


def _conversation(*answers: bytes, **changes: Any) -> Recorded:
    asked = _frame(_message("response.create", model="gemma4", input="hi"))
    warm = _frame(_message("response.create", model="gemma4", input=[], generate=False))
    frames = [(1, True, warm), (2, False, _frame(_completed("warm enough", 0)))]
    for each in answers:
        frames += [(3, True, asked), (4, False, _frame(each))]
    plain = {"method": "GET", "target": "/v1/responses", "request_body": b"", "chunks": []}
    return call(1, status=101, frames=frames, **{**plain, **changes})


def test_each_answer_of_a_websocket_is_judged_by_itself() -> None:
    assert judged(_conversation(_completed("ab", 1), _completed("c", 2)), CONTRACTS).errors == ()
    found = judged(_conversation(_completed("ab", 1), _completed("too long", 2)), CONTRACTS)
    assert (found.verdict, found.contract) == (Verdict.FAIL, "short")
    assert "max_chars" in [violation.keyword for violation in found.errors]


def test_a_websocket_without_an_answer_is_unjudged() -> None:
    assert judged(_conversation(), CONTRACTS).verdict is Verdict.UNJUDGED
    begun = _message("response.created", response={"id": "r1"})
    left = _conversation(begun, outcome=Outcome.CLIENT_GONE)
    assert judged(left, CONTRACTS).verdict is Verdict.UNJUDGED


@pytest.mark.parametrize(
    "told",
    [
        {"truncated": True},
        {"__verbose": {"truncated": True}},
        {"stats": {"stop_reason": "contextLengthReached"}},
    ],
)
def test_a_server_that_says_its_context_was_exceeded_has_cut_it(told: dict[str, Any]) -> None:
    found = judged(call(1, chunks=answer("yes", **told)))
    keywords = [(violation.keyword, violation.path) for violation in found.violations]
    assert (found.verdict, keywords) == (Verdict.FAIL, [("context_cut", "input")])


@pytest.mark.parametrize(
    "told",
    [
        {"truncated": False},
        {"truncated": "disabled"},
        {"truncation": "auto"},
        {"__verbose": {"truncated": False}},
        {"stats": {"stop_reason": "eosFound"}},
        {"stats": None, "__verbose": []},
    ],
)
def test_a_server_that_says_something_else_has_not(told: dict[str, Any]) -> None:
    assert judged(call(1, chunks=answer("yes", **told))).verdict is Verdict.PASS
