"""More than one choice, and the probabilities of tokens."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts import choices as module
from driftgate.contracts.choices import choices, mendable
from driftgate.contracts.exchange import Asked
from driftgate.proxy.dialects.meaning import Parameters
from tests.contracts.exchanges import asked


@pytest.mark.parametrize(
    ("dialect", "body", "number", "is_mendable"),
    [
        ("chat", {}, 1, True),
        ("chat", {"n": 1, "best_of": 1}, 1, True),
        ("chat", {"n": 3}, 3, False),
        ("chat", {"n": 12}, 12, False),
        ("chat", {"n": None, "best_of": None}, 1, True),
        ("chat", {"n": "3"}, 1, True),
        ("completions", {"best_of": 4}, 1, False),
        ("responses", {"n": 3}, 1, True),
        ("chat", {"messages": [{"content": '"n": 7, "logprobs": true'}]}, 1, True),
        ("chat", {"tools": [{"function": {"parameters": {"n": 7, "logprobs": True}}}]}, 1, True),
        ("chat", {"logprobs": True}, 1, False),
        ("chat", {"logprobs": False, "top_logprobs": None}, 1, True),
        ("chat", {"top_logprobs": 2}, 1, False),
        ("completions", {"logprobs": 0}, 1, False),
        ("completions", {"logprobs": None}, 1, True),
        ("responses", {"top_logprobs": 0}, 1, True),
        ("responses", {"include": ["message.output_text.logprobs"]}, 1, False),
        ("responses", {"include": [7, "reasoning.encrypted_content"], "logprobs": None}, 1, True),
        ("ollama_chat", {"logprobs": True}, 1, False),
    ],
)
def test_what_one_written_answer_cannot_hold_is_known(
    dialect: str, body: dict[str, Any], number: int, is_mendable: bool
) -> None:
    request = asked(dialect, body=body)
    assert (choices(request), mendable(request)) == (number, is_mendable)


def test_a_body_is_parsed_only_where_such_a_key_occurs(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: bytes) -> dict[str, Any]:
        raise AssertionError("parsed")

    monkeypatch.setattr(module, "_parsed", never)
    request = asked(body={"messages": [{"role": "user", "content": "hi"}], "temperature": 1})
    assert (choices(request), mendable(request)) == (1, True)
    with pytest.raises(AssertionError):
        choices(asked(body={"n": 2}))


@given(st.binary(max_size=60), st.sampled_from([b"", b'{"n": 2, "logprobs":', b"[" * 100_000]))
def test_no_body_makes_it_raise(tail: bytes, head: bytes) -> None:
    request = Asked("chat", "/v1/x", Parameters(), body=head + tail + b'"n": 2 logprobs')
    assert choices(request) == 1
    assert mendable(request)
