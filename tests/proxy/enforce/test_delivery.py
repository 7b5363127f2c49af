"""What the client of a held call gets."""

import json
from typing import Any

import pytest

from driftgate.contracts.exchange import Answered
from driftgate.contracts.judge import judge
from driftgate.proxy.dialects.describe import read_answer
from driftgate.proxy.dialects.meaning import Answer
from driftgate.proxy.dialects.writing.write import Written, write_stream
from driftgate.proxy.enforce.course import Finish
from driftgate.proxy.enforce.delivery import Delivery, delivery
from driftgate.proxy.enforce.findings import Found
from driftgate.proxy.enforce.question import Question, read_question
from driftgate.proxy.enforce.result import Result
from driftgate.proxy.enforce.target import Outgoing, Target
from driftgate.proxy.record import Chunk
from driftgate.proxy.settings.model import Settings, Upstream
from driftgate.proxy.upstream.wire import Pair
from tests.support.enforced import GOOD, asking, chat, contracts

JSON = (b"Content-Type", b"application/json")


STREAM = (b"Content-Type", b"text/event-stream")


def question(*, stream: bool = False, **more: Any) -> Question:
    made = read_question(
        Settings(),
        contracts(),
        Upstream(url="http://x"),
        dialect="chat",
        target="/v1/chat/completions",
        pairs=(),
        raw=json.dumps(asking(stream=stream) | more).encode(),
        codex=False,
    )
    assert made is not None
    return made


def given(
    asked: Question,
    *repairs: str,
    begun: int = 0,
    announce: bool = False,
    status: int = 200,
    came: tuple[Pair, bytes] = (JSON, chat(GOOD)),
) -> tuple[Delivery, Answer]:
    result = Result(Target("default"), Outgoing("/x", "chat", b"", changed=False), status)
    result.pairs = [came[0], (b"X-Served-By", b"llama")]
    result.chunks = [Chunk(0, came[1])]
    answer = read_answer("chat", result.chunks, result.content_type)
    judgement = judge(asked.asked, Answered(status, answer), asked.contract)
    result.found = Found(answer, judgement, repairs)
    ask = Written("gemma4", 1, "chatcmpl-x", begun=begun)
    return delivery(asked, ask, Finish(result, 2, None), announce=announce), answer


def test_a_body_that_nothing_was_done_to_is_the_upstreams() -> None:
    made, _ = given(question())
    assert made.pieces == [chat(GOOD)]
    assert made.length == len(chat(GOOD))
    assert made.pairs == [
        JSON,
        (b"X-Served-By", b"llama"),
        (b"x-driftgate-attempts", b"2"),
    ]


def test_a_mended_body_is_written_anew() -> None:
    made, answer = given(question(), "extract_json")
    assert made.pieces != [chat(GOOD)]
    assert read_answer("chat", [Chunk(0, made.pieces[0])], "application/json").text == answer.text
    assert (b"X-Served-By", b"llama") in made.pairs


@pytest.mark.parametrize("begun", [0, 2])
def test_who_asked_for_a_stream_gets_one_even_of_a_body(begun: int) -> None:
    made, answer = given(question(stream=True), begun=begun)
    assert made.length is None
    assert (b"Content-Type", b"text/event-stream") in made.pairs
    chunks = [Chunk(0, piece) for piece in made.pieces]
    assert read_answer("chat", chunks, "text/event-stream").text == answer.text


def test_who_asked_for_a_body_gets_one_even_of_a_stream() -> None:
    events = b"".join(write_stream("chat", Answer(text=GOOD), Written("gemma4", 1, "chatcmpl-x")))
    made, answer = given(question(), came=(STREAM, events))
    assert answer.text == GOOD
    assert made.length == len(made.pieces[0])
    assert JSON in made.pairs
    assert STREAM not in made.pairs
    assert json.loads(made.pieces[0])["choices"][0]["message"]["content"] == GOOD
    kept, _ = given(question(n=2), came=(STREAM, events))  # further choices would be lost
    assert kept.pieces == [events]


def test_the_verdict_is_told_in_the_header_and_behind_a_stream() -> None:
    made, _ = given(question(stream=True), "extract_json", announce=True)
    assert (b"x-driftgate-verdict", b"pass") in made.pairs
    assert (b"x-driftgate-repairs", b"extract_json") in made.pairs
    assert made.pieces[-1] == b": driftgate verdict=pass attempts=2\n\n"


def test_an_error_is_passed_on_as_a_body_even_to_who_asked_for_a_stream() -> None:
    made, _ = given(question(stream=True), status=404)
    assert (made.status, made.pieces) == (404, [chat(GOOD)])
