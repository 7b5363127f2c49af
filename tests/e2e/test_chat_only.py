"""Codex and the openai client on servers that speak only chat completions, or only plain functions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.support.backends import Backend, Codex, CodexRun, Served, Start, start_sim
from tests.support.tried import tried

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Serve = Callable[..., Served]
UPSTREAM = "DRIFTGATE_UPSTREAMS__DEFAULT__"
TO_CHAT = {f"{UPSTREAM}ADAPT": "responses-to-chat"}
WITH_AGENTS = ("-c", "agents.enabled=true")  # offers a tool of the type namespace, as by default
QUIET = ("--disable", "shell_tool", "--disable", "unified_exec")  # the tiny model calls at random
SPACE = "multi_agent_v1"
CITIES: Any = [
    {
        "type": "function",
        "name": name,
        "strict": False,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    }
    for name in ("get_weather", "get_time")
]


def flattening(how: str) -> dict[str, str]:
    return {f"{UPSTREAM}ADAPT_TOOLS": how}


@pytest.fixture(scope="module")
def chat_only(session_proc: Start) -> Backend:
    """A server as many are: no Responses, no tools but functions."""
    return start_sim(session_proc, "--chat-only", "--plain-tools")


@pytest.fixture(scope="module")
def plain_tools(session_proc: Start) -> Backend:
    """A server that speaks Responses, and refuses tools that are no functions."""
    return start_sim(session_proc, "--plain-tools")


def turn(codex: Codex, served: Served, model: str, prompt: str, *options: str) -> CodexRun:
    provider = codex.provider(f"{served.url}/v1")
    run = codex.run(prompt, *provider, "-m", model, *options)
    assert run.code == 0, run.output
    return run


def openai_client(served: Served) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="sk-not-a-secret", max_retries=0)


def items(asked: Any, kind: str) -> list[dict[str, Any]]:
    return [item for item in asked["input"] if item.get("type") == kind]


def events(data: bytes) -> list[dict[str, Any]]:
    lines = [line[6:] for line in data.split(b"\n") if line.startswith(b"data: {")]
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("how", ["flatten", "drop"])
def test_codex_completes_a_tool_loop_and_all_four_sides_are_recorded(
    codex: Codex, serve: Serve, chat_only: Backend, how: str
) -> None:
    served = serve(chat_only.url, env={**TO_CHAT, **flattening(how)})
    prompt = "run: echo driftgate-was-here"
    run = turn(codex, served, chat_only.model, prompt, *WITH_AGENTS)
    [command] = run.items("command_execution")
    assert "driftgate-was-here" in command["aggregated_output"]
    assert "driftgate-was-here" in run.items("agent_message")[-1]["text"]
    [[first], [second]] = tried(served, 2)
    offered = [tool["type"] for tool in first.asked["tools"]]  # what the client sent
    assert "namespace" in offered
    sent = [tool["function"]["name"] for tool in first.sent["tools"]]  # what went upstream
    assert any(name.startswith(f"{SPACE}__") for name in sent) == (how == "flatten")
    assert "exec_command" in sent
    assert first.sent["stream_options"] == {"include_usage": True}
    assert b"chat.completion.chunk" in first.came  # what came back
    assert events(first.given)[-1]["type"] == "response.completed"  # what the client got
    *_, called = [
        event["item"]
        for event in events(first.given)
        if event["type"] == "response.output_item.done"
    ]
    assert (called["type"], called["name"]) == ("function_call", "exec_command")
    assert items(second.asked, "function_call_output")
    assert [message["role"] for message in second.sent["messages"]][-2:] == ["assistant", "tool"]
    for each in (first, second):
        assert (each.dialect, each.verdict, each.status) == ("chat", "pass", 200)
    usage = next(e for e in run.events if e["type"] == "turn.completed")["usage"]
    tokens = served.ask("SELECT sum(input_tokens), sum(output_tokens) FROM calls")
    assert tokens == [(usage["input_tokens"], usage["output_tokens"])]


def test_a_turn_of_codex_on_llama_server(
    codex: Codex, serve: Serve, llama_server_for_codex: Backend
) -> None:
    served = serve(llama_server_for_codex.url, env=TO_CHAT)
    run = turn(codex, served, llama_server_for_codex.model, "Hello", *QUIET)
    [*_, last] = tried(served, 1)
    assert last[0].dialect == "chat"
    assert b"chat.completion.chunk" in last[0].came
    assert run.items("agent_message")[-1]["text"] == last[0].text


def test_a_schema_binds_llama_server_through_chat_completions_too(
    codex: Codex, serve: Serve, llama_server_for_codex: Backend
) -> None:
    served = serve(llama_server_for_codex.url, env=TO_CHAT)
    schema = codex.home / "schema.json"
    schema.write_text(json.dumps({"type": "object", "enum": [{"sure": True}]}), encoding="utf-8")
    options = ("--output-schema", str(schema), *QUIET)
    run = turn(codex, served, llama_server_for_codex.model, "Hello", *options)
    assert json.loads(run.items("agent_message")[-1]["text"]) == {"sure": True}
    [[first, *_, last], *_] = tried(served, 1)
    assert "response_format" not in first.sent
    assert last.sent["response_format"]["type"] == "json_schema"
    assert (last.reason, last.dialect) == ("reask", "chat")


def test_what_llama_server_drops_in_silence_reaches_the_model_flattened(
    serve: Serve, llama_server_for_codex: Backend, tmp_path: Path
) -> None:
    """It takes tools of the types namespace and custom, and does not tell the model of them."""
    odd: Any = [
        {"type": "namespace", "name": "space", "description": "Places.", "tools": CITIES},
        {"type": "custom", "name": "patch", "description": "Changes a file."},
    ]
    tokens = {}
    for how in ("keep", "flatten", "drop"):
        history = tmp_path / f"{how}.duckdb"
        served = serve(llama_server_for_codex.url, env=flattening(how), history=history)
        with openai_client(served) as client:
            ask: dict[str, Any] = {"model": "gemma4-tiny", "input": "Hello", "temperature": 0}
            answer = client.responses.create(**ask, tools=odd)
        assert answer.usage is not None
        tokens[how] = answer.usage.input_tokens
        [[only]] = tried(served, 1)
        assert only.status == 200
        assert only.as_asked == (how == "keep")
    assert tokens["keep"] == tokens["drop"]
    assert tokens["flatten"] > tokens["keep"] + 100


def test_a_refused_tool_is_found_and_the_refusal_is_passed_on(
    codex: Codex, serve: Serve, plain_tools: Backend
) -> None:
    served = serve(plain_tools.url)
    provider = codex.provider(f"{served.url}/v1")
    run = codex.run("echo: hi", *provider, "-m", plain_tools.model, *WITH_AGENTS)
    assert run.code == 1
    assert "'type' of tool must be 'function'" in run.output
    [[only]] = tried(served, 1)
    assert (only.status, only.as_asked) == (400, True)
    assert "tool_type_refused" in only.keywords


def test_a_call_of_a_flattened_tool_comes_back_under_its_own_name(
    codex: Codex, serve: Serve, plain_tools: Backend
) -> None:
    served = serve(plain_tools.url, env=flattening("flatten"))
    prompt = f'call {SPACE}__close_agent {{"target": "nobody"}}'
    turn(codex, served, plain_tools.model, prompt, *WITH_AGENTS)
    [[first], [second]] = tried(served, 2)
    assert {tool["type"] for tool in first.sent["tools"]} == {"function"}
    assert f"{SPACE}__close_agent" in first.came.decode()
    [echoed] = items(second.asked, "function_call")  # as Codex took it
    assert (echoed["namespace"], echoed["name"]) == (SPACE, "close_agent")
    assert json.loads(echoed["arguments"]) == {"target": "nobody"}
    [told] = items(second.asked, "function_call_output")
    assert "unsupported call" not in str(told["output"])  # it was tried, and there is no such agent
    [again] = items(second.sent, "function_call")
    assert again["name"] == f"{SPACE}__close_agent"
    assert "namespace" not in again


def both_ways(client: openai.OpenAI, **ask: Any) -> list[Any]:
    """The answer as a whole, and as a stream that the client put together."""
    whole = client.responses.create(**ask)
    with client.responses.stream(**ask) as stream:
        return [whole, stream.until_done().get_final_response()]


def test_parallel_tool_calls_come_back_as_items_of_their_own(serve: Serve, proc: Start) -> None:
    sim = start_sim(proc, "--chat-only", "--fault", "fault=repeat_tool_call; count=3")
    served = serve(sim.url, env=TO_CHAT)
    ask: dict[str, Any] = {"model": sim.model, "tools": CITIES, "parallel_tool_calls": True}
    with openai_client(served) as client:
        answers = both_ways(client, **ask, input="What is the weather in Paris?")
    for answer in answers:
        calls = [item for item in answer.output if item.type == "function_call"]
        assert [call.name for call in calls] == ["get_weather"] * 3
        assert [json.loads(call.arguments) for call in calls] == [{"city": "Paris"}] * 3
        assert len({call.call_id for call in calls}) == 3
        assert answer.status == "completed"
    assert [only.sent["parallel_tool_calls"] for [only] in tried(served, 2)] == [True, True]


def test_reasoning_comes_back_as_an_item(serve: Serve, chat_only: Backend) -> None:
    served = serve(chat_only.url, env=TO_CHAT)
    ask: dict[str, Any] = {"model": chat_only.model, "input": "echo: here I am"}
    ask |= {"reasoning": {"effort": "low", "summary": "auto"}}
    ask["extra_body"] = {"chat_template_kwargs": {"enable_thinking": True}}
    with openai_client(served) as client:
        answers = both_ways(client, **ask)
    for answer in answers:
        assert [item.type for item in answer.output] == ["reasoning", "message"]
        assert "here I am" in answer.output_text
        assert "rules can do" in answer.output[0].summary[0].text
        assert answer.usage.output_tokens > 0


def test_an_error_of_the_upstream_keeps_its_status_and_its_words(
    serve: Serve, chat_only: Backend
) -> None:
    served = serve(chat_only.url, env=TO_CHAT)
    space: Any = {"type": "namespace", "name": "space", "tools": CITIES}
    with openai_client(served) as client:
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError) as raised:
                client.responses.create(
                    model=chat_only.model, input="hi", tools=[space], stream=stream
                )
            body: Any = raised.value.body
            assert "'type' of tool must be 'function'" in body["message"]
    for [only] in tried(served, 2):
        assert (only.status, only.dialect) == (400, "chat")
        assert "tool_type_refused" in only.keywords


def held(serve: Serve, sim: Backend, keep_alive_s: str) -> Served:
    """A schema with tools on offer: the answer is held back until it is judged."""
    patience = {"DRIFTGATE_HOLD_HEAD_S": "0.5", "DRIFTGATE_KEEP_ALIVE_S": keep_alive_s}
    return serve(sim.url, env={f"{UPSTREAM}ADAPT_FORMAT": "true", **patience})


@pytest.mark.parametrize(("keep_alive_s", "code"), [("0.5", 0), ("60", 1)])
def test_a_held_answer_does_not_let_codex_time_out(
    codex: Codex, serve: Serve, proc: Start, keep_alive_s: str, code: int
) -> None:
    """Without a second keep-alive the same wait ends the turn: that is what they are for."""
    sim = start_sim(proc, "--prefill-ms", "4000")
    served = held(serve, sim, keep_alive_s)
    schema = codex.home / "schema.json"
    said = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
    schema.write_text(json.dumps(said), encoding="utf-8")
    provider = codex.provider(f"{served.url}/v1", stream_idle_timeout_ms=1500)
    run = codex.run("echo: hi", *provider, "-m", sim.model, "--output-schema", str(schema))
    assert run.code == code, run.output
    calls = served.ask_until("SELECT outcome FROM calls WHERE dialect = 'responses'", 1)
    assert len(calls) == 1  # it was not sent again
    if code == 0:
        [[only]] = tried(served, 1)
        kinds = [event["type"] for event in events(only.given)]
        assert kinds.count("keepalive") >= 3
        assert json.loads(run.items("agent_message")[-1]["text"])["answer"]
    else:
        assert "idle timeout" in run.output
