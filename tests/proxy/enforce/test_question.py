"""Which calls are managed, and what becomes of their requests."""

import json
from typing import Any

import pytest
import zstandard

from driftgate.contracts.contract_set import ContractSet, Reach
from driftgate.proxy.enforce.question import Question, reach, read_question
from driftgate.proxy.errors import CallError
from driftgate.proxy.settings.model import Settings, Upstream
from tests.support.enforced import SCHEMA, asking, contract, contracts

RESPONSES_SCHEMA = {"format": {"type": "json_schema", "name": "city", "schema": SCHEMA}}
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}}


def read(
    body: Any,
    rules: ContractSet | None = None,
    *,
    dialect: str = "chat",
    settings: dict[str, Any] | None = None,
    upstream: dict[str, Any] | None = None,
    pairs: tuple[tuple[bytes, bytes], ...] = (),
    raw: bytes | None = None,
) -> Question | None:
    return read_question(
        Settings.model_validate(settings or {}),
        rules or ContractSet(),
        Upstream(url="http://x", **(upstream or {})),
        dialect=dialect,
        target="/v1/x",
        pairs=pairs,
        raw=json.dumps(body).encode() if raw is None else raw,
        codex=False,
    )


def reached(rules: ContractSet, dialect: str, named: str | None = None, **parts: Any) -> Reach:
    settings = Settings.model_validate(parts.pop("settings", {}))
    upstream = Upstream(url="http://x", **parts)
    return reach(settings, rules, upstream, dialect=dialect, path="/v1/x", named=named)


def test_most_calls_are_not_looked_into() -> None:
    quiet = ContractSet.of([contract(mode="observe")])
    assert reached(quiet, "chat") is Reach.NO
    assert reached(contracts(), "models") is Reach.NO
    assert reached(contracts(), "chat") is Reach.YES
    assert reached(quiet, "chat", settings={"announce_verdict": True}) is Reach.YES
    assert reached(quiet, "responses", adapt_format=True) is Reach.YES
    assert reached(quiet, "chat", adapt_format=True) is Reach.NO
    elsewhere = contracts(applies={"dialects": ["responses"]})
    assert reached(elsewhere, "responses") is Reach.YES
    assert reached(elsewhere, "chat") is Reach.IF_NAMED
    assert reached(elsewhere, "chat", named="strict") is Reach.YES


def test_what_cannot_be_read_is_refused_where_a_contract_may_be_enforced() -> None:
    pairs = ((b"Content-Encoding", b"foo"),)
    with pytest.raises(CallError) as caught:
        read(None, contracts(), raw=b"xx", pairs=pairs)
    assert caught.value.status == 415
    elsewhere = contracts(applies={"dialects": ["responses"]})
    assert read(None, elsewhere, raw=b"xx", pairs=pairs) is None


def test_a_contracts_schema_is_asked_for_where_the_client_asks_for_none() -> None:
    plain = {"model": "g", "messages": [{"role": "user", "content": "x"}]}
    rules = contracts(output={"schema": SCHEMA})
    asked = read(plain, rules)
    assert asked is not None
    assert asked.body["response_format"]["json_schema"]["schema"] == SCHEMA
    tool = {"type": "function", "function": {"name": "look", "parameters": {}}}
    for body, quiet in (
        ({**plain, "tools": [tool]}, rules),
        (plain, contracts(output={"schema": SCHEMA, "ask": "reask"})),
        (plain, contracts(output={"schema": SCHEMA, "ask": "never"})),
    ):
        free = read(body, quiet)
        assert free is not None
        assert "response_format" not in free.body


def test_what_no_contract_applies_to_passes_as_it_is() -> None:
    rules = contracts(applies={"models": ["other*"]})
    assert read(asking(), rules) is None
    assert read(asking(model="other-7b"), rules) is not None


@pytest.mark.parametrize("raw", [b"", b"[1]", b"{", b"\xff\xfe", b'{"a":' * 3000])
def test_a_body_that_is_no_object_passes_as_it_is(raw: bytes) -> None:
    assert read(None, contracts(), raw=raw) is None


def test_a_compressed_body_is_read_and_goes_on_plain() -> None:
    raw = zstandard.compress(json.dumps(asking()).encode())
    question = read(None, contracts(), raw=raw, pairs=((b"Content-Encoding", b"zstd"),))
    assert question is not None
    assert question.model == "gemma4"
    assert question.decoded is not None
    assert (b"Accept-Encoding", b"identity") in question.pairs
    assert not [pair for pair in question.pairs if pair[0].lower() == b"content-encoding"]


def test_enforce_holds_and_observe_does_not() -> None:
    announced = {"announce_verdict": True}
    quiet = contracts(mode="observe")
    held = read(asking(), contracts())
    told = read(asking(), quiet, settings=announced)
    streamed = read(asking(stream=True), quiet, settings=announced)
    assert held is not None
    assert held.holds
    assert told is not None
    assert told.holds
    assert not told.enforced
    assert streamed is not None
    assert not streamed.holds


def test_ollama_streams_unless_it_is_told_not_to() -> None:
    body = {"model": "gemma4", "messages": []}
    default = read(body, contracts(), dialect="ollama_chat")
    off = read({**body, "stream": False}, contracts(), dialect="ollama_chat")
    assert default is not None
    assert default.wants_stream
    assert off is not None
    assert not off.wants_stream


def test_a_schema_with_tools_on_offer_is_worth_a_second_try() -> None:
    body = {"model": "g", "input": "x", "text": RESPONSES_SCHEMA, "tools": [TOOL]}
    upstream = {"adapt_format": True}
    with_tools = read(body, dialect="responses", upstream=upstream)
    without = read({**body, "tools": []}, dialect="responses", upstream=upstream)
    assert with_tools is not None
    assert with_tools.asks_format
    assert with_tools.holds
    assert not with_tools.enforced
    assert without is not None
    assert not without.holds
    assert not without.asks_format


def test_an_input_that_breaks_the_contract_is_refused() -> None:
    question = read(asking(), contracts(input={"max_bytes": 10}))
    assert question is not None
    assert [violation.keyword for violation in question.refused] == ["max_bytes"]


def test_a_pinned_parameter_is_in_order_once_it_is_set() -> None:
    rules = contracts(parameters={"always": {"temperature": 0.2}, "range": {"temperature": [0, 1]}})
    question = read(asking(temperature=1.9), rules)
    assert question is not None
    assert question.changed
    assert question.body["temperature"] == 0.2
    assert question.asked.parameters.temperature == 0.2


def test_a_body_that_needs_no_change_is_not_changed() -> None:
    question = read(asking(temperature=0.2), contracts(parameters={"always": {"temperature": 0.2}}))
    assert question is not None
    assert not question.changed


def test_a_pinned_penalty_is_set_in_the_servers_own_word() -> None:
    rules = {"always": {"repeat_penalty": 1.1, "temperature": 0.2}, "only": ["top_p"]}
    question = read(asking(repetition_penalty=1.5), contracts(parameters=rules))
    assert question is not None
    assert question.refused == ()
    assert question.body["repetition_penalty"] == 1.1
    assert "repeat_penalty" not in question.body


def test_a_sampling_key_that_no_history_knows_is_refused() -> None:
    question = read(asking(logit_bias={"1": 5}), contracts(parameters={"only": ["temperature"]}))
    assert question is not None
    assert [violation.path for violation in question.refused] == ["parameters/logit_bias"]


def test_a_pin_that_the_dialect_has_no_word_for_refuses_nothing() -> None:
    question = read(asking(), contracts(parameters={"always": {"num_ctx": 8192}}))
    assert question is not None
    assert question.refused == ()
    assert not question.changed
