"""From recordings to answers: what was served, what was not and why, judged anew or as recorded."""

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.contract import Contract
from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.record import Chunk, Outcome, Recorded
from driftgate.replay import read_answer
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.read_answer import answer_of
from tests.proxy.history.calls import MS, call

SHORT = Contract.of_content(
    {
        "name": "short",
        "version": "1",
        "applies": {"everything": True},
        "output": {"max_chars": 3, "forbid": ["answer"]},
    }
)
CONTRACTS = ContractSet.of([SHORT])
JUDGED = {
    "contract": "mail",
    "verdict": "fail",
    "violations": [
        {"keyword": keyword, "severity": severity}
        for keyword, severity in [
            ("enum", "error"),
            ("a", "error"),
            ("enum", "error"),
            ("w", "warning"),
        ]
    ],
}


def read(recorded: Recorded, **options: Any) -> Answer:
    return answer_of(recorded, Arm.BASELINE, 2, **{"contracts": None, **options})


def stream(*pieces: str, end: str = "stop", usage: int | None = None) -> list[Chunk]:
    def event(offset_ms: int, delta: dict[str, str], finish: str | None = None) -> Chunk:
        value: dict[str, Any] = {
            "model": "m2",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
        if finish and usage:
            value["usage"] = {"prompt_tokens": 7, "completion_tokens": usage}
        return Chunk(offset_ms * MS, b"data: " + json.dumps(value).encode() + b"\n\n")

    chunks = [event(10 + n, {"content": piece}) for n, piece in enumerate(pieces)]
    return [*chunks, event(90, {}, end)] if end else chunks


def test_a_whole_answer_has_its_text_counts_times_and_verdict() -> None:
    recorded = call(1)
    assert read(recorded) == Answer(
        call_id=str(uuid.UUID(bytes=recorded.call_id)),
        arm=Arm.BASELINE,
        repetition=2,
        model="gemma4",
        text="answer 1",
        finish_reason="stop",
        verdict="pass",
        contract="builtin",
        input_tokens=7,
        output_tokens=3,
        total_ms=10.0,
    )


def test_a_stream_has_a_first_token_and_a_speed() -> None:
    found = read(call(1, chunks=stream("a", "b", usage=20), response_headers=[], ended_ns=110 * MS))
    assert (found.text, found.model, found.served) == ("ab", "m2", True)
    assert (found.first_token_ms, found.total_ms) == (10.0, 110.0)
    assert found.tokens_per_second == pytest.approx(200)


def test_the_backends_own_speed_comes_first() -> None:
    body = {
        "choices": [{"message": {"content": "a"}, "finish_reason": "stop"}],
        "timings": {"predicted_per_second": 33.5},
    }
    assert read(call(1, chunks=[Chunk(1, json.dumps(body).encode())])).tokens_per_second == 33.5


def test_log_probabilities_are_read_with_it() -> None:
    body = {
        "choices": [
            {
                "message": {"content": "a"},
                "finish_reason": "stop",
                "logprobs": {"content": [{"token": "a", "logprob": -0.5}]},
            }
        ]
    }
    assert read(call(1, chunks=[Chunk(1, json.dumps(body).encode())])).logprobs == (("a", -0.5),)


def test_the_arms_contracts_judge_it() -> None:
    found = read(call(1), contracts=CONTRACTS)
    assert (found.verdict, found.contract) == ("fail", "short")
    assert found.violations == ("forbid", "max_chars")


def test_the_recorded_verdict_is_taken_only_where_asked_for() -> None:
    recorded = call(1, judged=JUDGED)
    kept = read(recorded, contracts=CONTRACTS, as_recorded=True)
    assert (kept.verdict, kept.contract, kept.violations) == ("fail", "mail", ("a", "enum"))
    assert read(recorded, contracts=CONTRACTS).contract == "short"
    assert read(call(1), contracts=CONTRACTS, as_recorded=True).contract == "short"


def test_the_call_id_may_be_another_ones() -> None:
    assert read(call(1), call_id="x").call_id == "x"


ERROR = [Chunk(1, b'{"error": {"message": "busy\\u001b now"}}')]


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"status": 503, "chunks": ERROR}, "status 503: busy\\x1b now"),
        ({"status": 500, "chunks": []}, "status 500"),
        (
            {"status": None, "chunks": [], "outcome": Outcome.UPSTREAM_REFUSED, "error": "refused"},
            "refused",
        ),
        (
            {"status": None, "chunks": [], "outcome": Outcome.UPSTREAM_TIMEOUT},
            "the upstream took too long",
        ),
        (
            {"chunks": stream("a", end=""), "outcome": Outcome.UPSTREAM_RESET},
            "the connection broke before the answer was whole",
        ),
        ({"chunks": stream("a", end="")}, "the answer has no end that its dialect knows"),
        ({"chunks": ERROR}, "the answer ends in an error: busy\\x1b now"),
        ({"response_truncated": True}, "only the beginning of the answer was recorded"),
        (
            {"status": 503, "chunks": ERROR, "outcome": Outcome.REFUSED, "error": "stopping"},
            "stopping",
        ),
    ],
)
def test_what_did_not_come_whole_says_why_in_one_line(
    changes: dict[str, Any], failure: str
) -> None:
    found = read(call(1, **{"response_headers": [], **changes}))
    assert (found.served, found.failure) == (False, failure)


@pytest.mark.parametrize("outcome", [Outcome.CLIENT_GONE, Outcome.UPSTREAM_RESET])
def test_an_answer_that_was_whole_before_the_connection_ended_was_served(outcome: Outcome) -> None:
    assert read(call(1, chunks=stream("a"), response_headers=[], outcome=outcome)).served


def test_what_cannot_be_read_was_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(read_answer, "logprobs_of", fails)
    found = read(call(1))
    assert (found.served, found.status) == (False, 200)
    assert found.failure == "the recording cannot be read: ZeroDivisionError"


def test_logprobs_alone_are_those_of_the_answer_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    logprobs = {"content": [{"token": "a", "logprob": -0.5}]}
    body = json.dumps({"choices": [{"index": 0, "logprobs": logprobs}]}).encode()
    recorded = call(1, chunks=[Chunk(1, body)])
    assert read_answer.logprobs_in(recorded) == read(recorded).logprobs == (("a", -0.5),)

    def fails(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(read_answer, "logprobs_of", fails)
    assert read_answer.logprobs_in(recorded) == ()


@given(
    st.binary(max_size=40),
    st.sampled_from(["/v1/chat/completions", "/v1/responses", "/api/chat", "/v1/embeddings", "/x"]),
    st.sampled_from([None, 101, 200, 404]),
)
def test_any_bytes_make_an_answer(body: bytes, target: str, status: int | None) -> None:
    found = read(call(1, chunks=[Chunk(1, body)], target=target, status=status, request_body=body))
    assert found.served == (found.failure is None)
    assert found.verdict in ("pass", "fail", "unjudged")
