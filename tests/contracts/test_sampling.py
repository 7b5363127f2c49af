"""The sampling parameters of a request, read from its JSON where nothing else has them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.contract_parts import MORE_SAMPLING, PARAMETERS
from driftgate.contracts.exchange import Asked
from driftgate.contracts.sampling import Sent, settable
from driftgate.proxy.dialects import edit
from driftgate.proxy.dialects.meaning import Parameters

DIALECTS = ("responses", "chat", "completions", "ollama_chat", "ollama_generate")
VALUES: dict[str, Any] = {"stop": ("a",), "reasoning_effort": "low"}


def sent(body: bytes, dialect: str = "chat") -> Sent:
    return Sent(Asked(dialect, "/", Parameters(temperature=0.5), body=body))


def test_a_parameter_is_read_from_its_column_or_from_the_body() -> None:
    both = sent(b'{"temperature": 0.9, "presence_penalty": 1.5}')
    assert both.values("temperature") == (0.5,)
    assert both.values("presence_penalty") == (1.5,)
    assert both.values("seed") == ()
    assert both.values("mirostat") == ()


@pytest.mark.parametrize(
    "body",
    [
        b'{"logit\\u005fbias": {"1": 5}}',
        b'\xef\xbb\xbf{"logit_bias": {"1": 5}}',
        b'{"logit_bias": {"1": 5}, "x": "\xff\n"}',
    ],
)
def test_a_key_is_found_however_it_is_written(body: bytes) -> None:
    assert sent(body).values("logit_bias") == ({"1": 5},)


@given(st.binary() | st.sampled_from([b"[" * 5000, b"[]", b"3", b"null", b'{"options": 3}']))
def test_no_body_does_harm(data: bytes) -> None:
    for dialect in ("chat", "ollama_chat"):
        assert sent(data + b'"mirostat"', dialect).values("mirostat") == ()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", PARAMETERS)
def test_what_can_be_set_is_what_the_dialect_can_write(dialect: str, name: str) -> None:
    assert settable(dialect, name) == edit.is_settable(dialect, name)
    body = {"x": 1}
    changed = edit.set_parameter(dialect, body, name, VALUES.get(name, 1))
    assert (changed != body) == settable(dialect, name)


def test_no_key_is_two_things() -> None:
    assert len({*PARAMETERS, *MORE_SAMPLING}) == len(PARAMETERS) + len(MORE_SAMPLING)
