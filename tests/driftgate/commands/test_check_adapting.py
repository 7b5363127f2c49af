"""What a server ignores or refuses in silence, and the settings that are proposed for it."""

from typing import Any

import pytest

from driftgate.commands.backends import Backend, identify
from driftgate.commands.check_adapting import (
    ANSWER,
    check_adapting,
    loaded_model,
)
from driftgate.commands.check_upstream import check_upstream
from driftgate.commands.checks import Finding, State
from driftgate.proxy.settings.upstream import Upstream
from driftgate.sim.background import running
from driftgate.sim.engine import SimSettings
from tests.support import backends
from tests.support.processes import free_port
from tests.support.recorded_calls import Canned

OBEYED = '{ "probe": "driftgate" }'


def said(text: str, kind: str = "message") -> dict[str, Any]:
    return {"output": [{"type": kind, "content": [{"type": "output_text", "text": text}]}]}


def findings(url: str, **known: Any) -> list[Finding]:
    upstream = Upstream(url=url, **known) if known else None
    return list(check_adapting("upstream u", url, "gemma4-sim:v1", upstream))


def test_a_real_llama_server_drops_text_format_and_obeys_response_format(
    llama_server: backends.Backend,
) -> None:
    schema, tools = check_adapting("upstream u", llama_server.url, llama_server.model)
    assert schema.state is State.WARNING
    assert "text.format is ignored with status 200" in schema.what
    assert str(schema.remedy).startswith("set adapt_format = true")
    assert tools.remedy == 'set adapt_tools = "flatten" for this upstream'


def test_a_server_that_does_it_all_needs_nothing() -> None:
    with running(SimSettings()) as sim:
        assert [each.state for each in findings(sim.url)] == [State.GOOD, State.GOOD]


def test_a_dropped_format_is_warned_of_unless_the_setting_is_there() -> None:
    with running(SimSettings(responses_format="drop")) as sim:
        before = findings(sim.url)
        after = findings(sim.url, adapt_format=True)
    assert [each.state for each in before] == [State.WARNING, State.GOOD]
    assert str(before[0].remedy).startswith("set adapt_format = true")
    assert [each.state for each in after] == [State.GOOD, State.GOOD]
    assert "`adapt_format` mends that" in after[0].what


def test_a_server_without_responses_is_to_be_asked_in_chat_unless_it_is() -> None:
    with running(SimSettings(chat_only=True, strict_tools=True)) as sim:
        before = list(check_upstream("u", sim.url))
        after = list(check_upstream("u", sim.url, Upstream(url=sim.url, adapt="responses-to-chat")))
    (problem,) = [each for each in before if each.state is State.PROBLEM]
    assert problem.remedy == 'set adapt = "responses-to-chat" for this upstream'
    assert any("adapt_tools" in str(each.remedy) for each in before)  # told in the same run
    assert State.PROBLEM not in {each.state for each in after}
    assert any("`adapt` sends it to" in each.what for each in after)


def test_a_schema_that_only_chat_obeys_is_asked_for_there(canned: Canned) -> None:
    canned.answer("/v1/responses", said("Hello!"))
    canned.answer("/v1/chat/completions", {"choices": [{"message": {"content": OBEYED}}]})
    assert 'adapt = "responses-to-chat"' in str(findings(canned.url)[0].remedy)


def test_a_schema_that_nobody_obeys_leaves_a_contract(canned: Canned) -> None:
    canned.answer("/v1/responses", said("\n\n\n"))
    canned.answer("/v1/chat/completions", {"choices": [{"message": {"content": "Hello!"}}]})
    (schema, _) = findings(canned.url)
    assert schema.state is State.WARNING
    assert "a contract in enforce mode" in str(schema.remedy)


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (said("", "reasoning"), 200, "the answer has no text"),
        (said('{"probe": "drif'), 200, "the answer was cut off"),
        (b"data: {}\n\n", 200, "the answer has no text"),
        ({"output": [{"type": "message", "content": None}, 7]}, 200, "the answer has no text"),
        ({"error": {}}, 400, "status 400"),
    ],
)
def test_what_cannot_be_told_is_no_accusation(
    canned: Canned, body: Any, status: int, why: str
) -> None:
    canned.answer("/v1/responses", body, status)
    finding = findings(canned.url)[0]
    assert (finding.state, finding.what) == (
        State.NOTE,
        f"whether text.format is obeyed cannot be told: {why}",
    )


def test_tools_are_not_asked_about_where_every_request_is_refused(canned: Canned) -> None:
    canned.answer("/v1/responses", {}, 500)
    assert len(findings(canned.url)) == 1


def test_a_server_that_went_away_is_no_accusation_either() -> None:
    (finding,) = findings(f"http://127.0.0.1:{free_port()}")
    assert finding.state is State.NOTE
    assert "connection refused" in finding.what


def test_where_calls_are_translated_it_is_asked_in_the_words_of_the_translation() -> None:
    """Codex's tools go on as they are until `adapt_tools` is set, and a plain server refuses them."""
    translated = {"adapt": "responses-to-chat"}
    with running(SimSettings(chat_only=True, strict_tools=True)) as sim:
        schema, *tools = findings(sim.url, **translated)
        mended = findings(sim.url, **translated, adapt_tools="flatten")
    assert schema.what == "response_format with a schema is obeyed at /v1/chat/completions"
    remedies = {each.remedy for each in tools}
    assert remedies == {'set adapt_tools = "flatten" for this upstream'}
    assert {each.state for each in mended} == {State.GOOD}


def test_a_schema_that_chat_ignores_is_warned_of_where_calls_are_translated(canned: Canned) -> None:
    canned.answer("/v1/chat/completions", {"choices": [{"message": {"content": "Hello!"}}]})
    schema, *_ = findings(canned.url, adapt="responses-to-chat")
    assert schema.what.startswith("response_format is ignored with status 200")
    assert "a contract in enforce mode" in str(schema.remedy)
    assert {path for _, path, *_ in canned.asked} == {"/v1/chat/completions"}


def test_an_ollama_is_not_made_to_load_a_model(canned: Canned) -> None:
    canned.answer("/v1/models", {"data": [{"id": "big"}]})
    canned.answer("/api/version", {"version": "0.14.0"})
    canned.answer("/api/ps", {"models": []})
    backend = identify(canned.url)
    assert loaded_model(backend, canned.url) is None
    canned.answer("/api/ps", {"models": [{"name": "small"}]})
    assert loaded_model(backend, canned.url) == "small"
    assert loaded_model(Backend("Ollama", models=("m",)), f"http://127.0.0.1:{free_port()}") is None
    assert loaded_model(Backend("vLLM", models=("a", "b")), canned.url) == "a"
    (finding,) = check_adapting("u", canned.url, None)
    assert finding.state is State.NOTE


def test_the_question_does_not_name_its_answer(canned: Canned) -> None:
    canned.answer("/v1/responses", said("Hello!"))
    findings(canned.url)
    sent = [body for _, path, _, body in canned.asked if path == "/v1/responses"]
    assert all(b'"input": "Say hello."' in body for body in sent)
    assert ANSWER["probe"] not in "Say hello."
