"""Log probabilities out of recorded answers, in every dialect that has them."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.record import Chunk
from driftgate.replay import read_logprobs
from driftgate.replay.read_logprobs import logprobs_of
from tests.proxy.history.calls import call

ENTRIES = [
    {"token": "Hi", "logprob": -0.25, "bytes": [72, 105], "top_logprobs": []},
    {"token": "!", "logprob": -1, "bytes": [33]},
]
EXPECTED = (("Hi", -0.25), ("!", -1.0))


def found(dialect: str, body: bytes, step: int = 7, **changes: Any) -> Any:
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    chunks = [Chunk(n, piece) for n, piece in enumerate(pieces)]
    return logprobs_of(call(1, chunks=chunks, response_headers=[], **changes), dialect)


def events(*values: Any) -> bytes:
    return b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)


def choice(logprobs: Any, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "logprobs": logprobs, **more}]}


def delta(*entries: Any) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "delta": "x", "logprobs": list(entries)}


WHOLE = {"output": [{"type": "message", "content": [{"type": "output_text", "logprobs": ENTRIES}]}]}
DONE = {"type": "response.output_text.done", "text": "x", "logprobs": ENTRIES}


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("chat", json.dumps(choice({"content": ENTRIES})).encode()),
        (
            "chat",
            events(
                choice({"content": ENTRIES[:1]}), choice(None), choice({"content": ENTRIES[1:]})
            ),
        ),
        ("completions", json.dumps(choice({"content": ENTRIES}, text="Hi!")).encode()),
        (
            "completions",
            json.dumps(choice({"tokens": ["Hi", "!"], "token_logprobs": [-0.25, -1]})).encode(),
        ),
        ("completions", events(choice({"tokens": ["Hi", "!"], "token_logprobs": [-0.25, -1]}))),
        ("responses", json.dumps({"object": "response", **WHOLE}).encode()),
        ("responses", events(delta(*ENTRIES[:1]), delta(*ENTRIES[1:]), DONE)),
        ("responses", events(delta(), DONE)),
        ("responses", events(delta(), {"type": "response.completed", "response": WHOLE})),
        ("ollama_chat", json.dumps({"done": True, "logprobs": ENTRIES}).encode()),
        (
            "ollama_generate",
            b"".join(json.dumps({"logprobs": [e]}).encode() + b"\n" for e in ENTRIES),
        ),
    ],
)
def test_each_dialect_gives_them_in_its_place(dialect: str, body: bytes) -> None:
    assert found(dialect, body) == EXPECTED
    assert found(dialect, body, step=10_000) == EXPECTED


@pytest.mark.parametrize("broken", [b'data: {"logprob": \n\n', b'data: {},{"logprob": 1}\n\n'])
def test_an_event_that_is_broken_or_in_several_lines_costs_no_other(broken: bytes) -> None:
    first = (
        json.dumps(choice({"content": ENTRIES[:1]}), indent=1).replace("\n", "\ndata: ").encode()
    )
    body = b"data: " + first + b"\n\n" + broken + events(choice({"content": ENTRIES[1:]}))
    assert found("chat", body) == EXPECTED
    lines = b"\n".join([json.dumps({"logprobs": ENTRIES}).encode(), b'{"logprob": '])
    assert found("ollama_chat", lines) == EXPECTED


def test_a_compressed_answer_is_read_too() -> None:
    body = gzip.compress(json.dumps(choice({"content": ENTRIES})).encode())
    recorded = call(1, chunks=[Chunk(1, body)], response_headers=[("Content-Encoding", "gzip")])
    assert logprobs_of(recorded, "chat") == EXPECTED


def test_messages_of_a_websocket_are_read_too() -> None:
    def frame(value: Any) -> bytes:
        data = json.dumps(value).encode()
        return bytes([0x81, 126]) + len(data).to_bytes(2, "big") + data

    frames = [(1, False, frame(delta(*ENTRIES[:1]))), (2, False, frame(delta(*ENTRIES[1:])))]
    assert logprobs_of(call(1, frames=frames, chunks=[]), "responses") == EXPECTED


def test_of_several_choices_the_first_counts() -> None:
    both = {
        "choices": [
            {"index": 1, "logprobs": {"content": ENTRIES}},
            *choice({"content": ENTRIES[:1]})["choices"],
        ]
    }
    assert found("chat", json.dumps(both).encode()) == EXPECTED[:1]


def test_an_answer_without_them_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_logprobs, "parse", None)
    assert found("responses", events(delta(), {"logprobs": []})) == ()
    assert logprobs_of(call(1), "chat") == ()


@pytest.mark.parametrize(
    "logprobs",
    [
        None,
        [],
        "x",
        {"content": None},
        {
            "content": [
                {"logprob": -1},
                {"token": 3, "logprob": -1},
                {"token": "a", "logprob": None},
            ]
        },
        {"tokens": ["a"], "token_logprobs": None},
        {"tokens": ["a"], "token_logprobs": [None]},
        {"content": [{"token": "a", "logprob": True}, {"token": "a", "logprob": 10**400}]},
    ],
)
def test_what_is_no_log_probability_is_passed_over(logprobs: Any) -> None:
    body = {**choice(logprobs), "token_logprobs": '"logprob"'}
    assert found("chat", json.dumps(body).encode()) == ()


def test_minus_infinity_is_as_improbable_as_can_be_told() -> None:
    body = (
        b'{"choices": [{"logprobs": {"content": [{"token": "a\\ud800", "logprob": -Infinity}]}}]}'
    )
    assert found("chat", body) == (("a\ufffd", -100.0),)


def test_no_more_than_the_limit_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_logprobs, "MAX_TOKENS", 1)
    assert found("chat", json.dumps(choice({"content": ENTRIES})).encode()) == EXPECTED[:1]


@given(
    st.sampled_from(["chat", "completions", "responses", "ollama_chat", None]),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "choices",
                        "logprobs",
                        "content",
                        "tokens",
                        "token_logprobs",
                        "output",
                        "response",
                        "type",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
    ),
    st.booleans(),
)
def test_it_never_raises(dialect: str | None, value: Any, streamed: bool) -> None:
    body = json.dumps({"logprob": 1, "value": value, **(value if isinstance(value, dict) else {})})
    data = f"data: {body}\n\n" if streamed else body
    assert isinstance(found(str(dialect), data.encode()), tuple)
