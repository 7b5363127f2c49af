"""What a backend says of the parameters it worked with."""

import json

import pytest

from driftgate.dashboards.call.told import told


def test_a_response_tells_its_parameters() -> None:
    body = {
        "object": "response",
        "temperature": 0.5,
        "max_output_tokens": 9,
        "reasoning": {"effort": "low"},
        "text": {"format": {"type": "json_schema"}},
    }
    assert told(json.dumps(body).encode()) == {
        "temperature": 0.5,
        "max_tokens": 9,
        "reasoning_effort": "low",
        "response_format": "json_schema",
    }


def test_the_last_event_of_a_stream_tells_them() -> None:
    last = {"type": "response.completed", "response": {"object": "response", "top_p": 0.9}}
    body = (
        b'event: x\ndata: {"a":1}\n\nevent: y\ndata: '
        + json.dumps(last).encode()
        + b"\n\ndata: [DONE]\n\n"
    )
    assert told(body) == {"top_p": 0.9}


def test_llama_cpp_tells_its_generation_settings() -> None:
    body = {"choices": [], "__verbose": {"generation_settings": {"seed": 7, "n_ctx": 512}}}
    assert told(json.dumps(body).encode()) == {"seed": 7, "num_ctx": 512}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b"data: [DONE]",
        b'{"temperature": 1}',
        b'{"object": "response", "text": 3}',
        b"\xff\xfe",
    ],
)
def test_what_tells_nothing_gives_nothing(body: bytes) -> None:
    assert told(body) == {}
