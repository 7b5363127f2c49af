"""Which contract a request is judged by."""

import json
from typing import Any

import pytest

from driftgate.contracts.contract_rules import Applies
from driftgate.contracts.exchange import Asked
from driftgate.contracts.match import applies, last_user_text, metadata_of, name_in
from driftgate.proxy.dialects.meaning import Item, Parameters


def asked(*, named: str | None = None, said: str = "", **parameters: Any) -> Asked:
    items = (
        Item(0, 0, "message", "user", "an earlier one"),
        Item(0, 0, "message", "user", said),
        Item(0, 0, "tool_result", "tool", "summarize"),
    )
    values = {"model": "Gemma4-small", **parameters}
    return Asked("chat", "/v1/chat/completions?x=1", Parameters(**values), items, named)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"everything": True}, True),
        ({"dialects": ["chat", "responses"]}, True),
        ({"dialects": ["responses"]}, False),
        ({"paths": ["/v1/chat/*"]}, True),
        ({"paths": ["/v1/chat/completions"]}, True),
        ({"paths": ["/v2/*"]}, False),
        ({"models": ["other", "gemma4*"]}, True),
        ({"models": ["gemma3*"]}, False),
        ({"tags": {"task": "summarize"}}, True),
        ({"tags": {"task": "summarize", "user": "x"}}, False),
        ({"tools": ["exec_*"]}, True),
        ({"tools": ["exec_*", "apply_*"]}, False),
        ({"prompt": "(?i)summari[sz]e"}, True),
        ({"prompt": "earlier"}, False),
        ({"dialects": ["chat"], "models": ["gemma3*"]}, False),
        ({"everything": True, "models": ["gemma3*"]}, False),
    ],
)
def test_all_conditions_must_hold(condition: dict[str, Any], holds: bool) -> None:
    request = asked(
        said="Please summarise this.",
        tool_names=("exec_command", "other"),
        metadata='{"task": "summarize", "n": 1}',
    )
    assert applies(Applies.model_validate(condition), request) is holds


def test_a_request_without_model_tools_or_metadata_matches_none_of_them() -> None:
    request = asked(model=None)
    for condition in ({"models": ["?*"]}, {"tools": ["*"]}, {"tags": {"a": "b"}}):
        assert not applies(Applies.model_validate(condition), request)


def test_the_header_names_before_the_metadata() -> None:
    assert name_in(asked()) is None
    assert name_in(asked(metadata='{"contract": "a"}')) == "a"
    assert name_in(asked(named="b", metadata='{"contract": "a"}')) == "b"
    assert name_in(asked(metadata='{"contract": 3}')) is None


@pytest.mark.parametrize("text", ["contract", "[" * 100_000, "[]", "null", '"contract"', ""])
def test_metadata_that_is_no_object_is_empty(text: str) -> None:
    assert metadata_of(asked(metadata=text)) == {}
    assert name_in(asked(metadata=text + "contract")) is None


def test_a_prompt_that_runs_away_does_not_match() -> None:
    condition = Applies(prompt=r"^(a|a|aa)+$")
    assert applies(condition, asked(said="a" * 50 + "b")) is None


def test_the_last_user_message_counts() -> None:
    assert last_user_text(asked(said="now")) == "now"
    assert last_user_text(Asked("chat", "/", Parameters())) == ""


def test_odd_metadata_harms_nobody() -> None:
    odd = json.dumps({"task": ["summarize"], "contract": None})
    assert not applies(Applies(tags={"task": "summarize"}), asked(metadata=odd))
