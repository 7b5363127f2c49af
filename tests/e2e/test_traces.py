"""`driftgate serve` with a collector: real clients, simulated or scripted models, a real OTLP receiver."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest

from tests.e2e.calling import chat, post
from tests.support.backends import Backend, Served, Start, agent_variables
from tests.support.collector import Collector, Got
from tests.support.enforcing import ENFORCE, SCHEMA, folder
from tests.support.processes import DRIFTGATE, free_port
from tests.support.scripted import Exchange, Scripted, sized
from tests.support.waiting import wait_until

Serve = Callable[..., Served]
SECRET = "the prompt that no collector may see"
TRACE, CLIENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{CLIENT}-01"


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with Collector().running() as running:
        yield running


def otel(collector: Collector, **more: str) -> dict[str, str]:
    return {
        "DRIFTGATE_OTEL__ENDPOINT": collector.url,
        "DRIFTGATE_OTEL__INTERVAL_S": "0.2",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        **more,
    }


async def ask(served: Served, model: str, **more: Any) -> Any:
    """The answer; of a stream all of its chunks, read before the client is closed."""
    headers = more.pop("headers", None)
    client = openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key="k", max_retries=0)
    async with client:
        made: Any = await client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": SECRET}],
            extra_headers=headers,
            **more,
        )
        return [chunk async for chunk in made] if more.get("stream") else made


def parents(spans: list[Got]) -> dict[str, str]:
    return {span.span_id: span.parent_id for span in spans}


def traceparent(exchange: Exchange) -> str:
    lines = exchange.head.decode("latin-1").lower().split("\r\n")
    (found,) = [line.partition(": ")[2] for line in lines if line.startswith("traceparent:")]
    return found


def chat_answer(content: str) -> bytes:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m"}
    return sized(
        json.dumps({**body, "choices": [choice], "usage": usage}).encode(),
        b"Content-Type: application/json",
    )


async def test_a_call_is_exported_with_its_metrics_and_without_its_content(
    serve: Serve, sim: Backend, collector: Collector
) -> None:
    served = await asyncio.to_thread(serve, sim.url, env=otel(collector))
    before = time.time_ns()
    chunks = await ask(
        served, sim.model, stream=True, temperature=0.5, headers={"traceparent": PARENT}
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    after = time.time_ns()
    await collector.until(lambda: len(collector.spans) >= 2)
    metric = "gen_ai.client.operation.duration"
    await collector.until(lambda: metric in collector.metrics)
    (server,), (client,) = collector.of_kind("server"), collector.of_kind("client")
    assert (server.trace_id, server.parent_id) == (TRACE, CLIENT)
    assert (client.trace_id, client.parent_id) == (TRACE, server.span_id)
    assert (client.name, server.name) == (f"chat {sim.model}", "POST /v1/chat/completions")
    assert before < server.start_ns <= client.start_ns < client.end_ns <= server.end_ns < after
    assert client.attributes["gen_ai.request.temperature"] == 0.5
    assert client.attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert client.attributes["server.port"] == int(sim.url.rpartition(":")[2])
    ((call_id, started_ns),) = await asyncio.to_thread(
        served.ask, "SELECT call_id::VARCHAR, epoch_ns(started_at) FROM calls"
    )
    assert server.attributes["driftgate.call.id"] == call_id
    assert started_ns // 1000 == server.start_ns // 1000
    ((attributes, point),) = collector.points(metric)
    assert (attributes["gen_ai.request.model"], point.count) == (sim.model, 1)
    assert point.sum == pytest.approx((client.end_ns - client.start_ns) / 1e9)
    status = await asyncio.to_thread(served.command, "status", "--json")
    assert json.loads(status.stdout)["historian"]["otel"]["spans_sent"] == 2
    assert len(text) > 10
    assert not [body for body in collector.raw if SECRET.encode() in body or text.encode() in body]


async def test_content_is_exported_where_it_is_asked_for(
    serve: Serve, sim: Backend, collector: Collector
) -> None:
    env = otel(collector, DRIFTGATE_OTEL__CONTENT="true")
    served = await asyncio.to_thread(serve, sim.url, env=env)
    made = await ask(served, sim.model)
    await collector.until(lambda: len(collector.spans) >= 2)
    (client,) = collector.of_kind("client")
    assert SECRET in client.attributes["gen_ai.input.messages"]
    (answer,) = json.loads(client.attributes["gen_ai.output.messages"])
    assert answer["parts"][0]["content"] == made.choices[0].message.content


async def test_each_attempt_of_an_enforced_call_tells_its_upstream_its_own_span(
    serve: Serve, collector: Collector, tmp_path: Path
) -> None:
    answers = [chat_answer("no JSON at all"), chat_answer('{"city":"Ulm","people":1,"rivers":[]}')]

    async def answer(exchange: Exchange) -> None:
        if exchange.target.endswith("/chat/completions"):
            await exchange.send(answers[min(len(asked()), 2) - 1])
        else:
            await exchange.send(sized(b"{}", status=b"404 Not Found"))

    def asked() -> list[Exchange]:
        return [each for each in backend.seen if each.target.endswith("/chat/completions")]

    backend = Scripted(answer)
    contracts = folder(tmp_path / "contracts", ENFORCE)
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": SCHEMA}}
    async with backend.running():
        served = await asyncio.to_thread(
            serve, backend.url, "--contracts", str(contracts), env=otel(collector)
        )
        state = {"traceparent": PARENT, "tracestate": "vendor=x"}
        made = await ask(served, "m", response_format=form, headers=state)
        await collector.until(lambda: len(collector.spans) >= 3)
    assert json.loads(made.choices[0].message.content)["city"] == "Ulm"
    (server,), (first, second) = collector.of_kind("server"), collector.of_kind("client")
    assert server.parent_id == CLIENT
    assert first.parent_id == second.parent_id == server.span_id
    assert [traceparent(each) for each in asked()] == [
        f"00-{TRACE}-{span.span_id}-01" for span in (first, second)
    ]
    assert all(b"tracestate: vendor=x" in each.head.lower() for each in asked())
    labels = [event[1]["gen_ai.evaluation.score.label"] for event in first.events]
    assert labels[0] == "fail"
    assert len(labels) > 1
    (passed,) = second.events
    assert passed[0] == "gen_ai.evaluation.result"
    assert passed[1]["gen_ai.evaluation.name"] == "strict"
    assert passed[1]["gen_ai.evaluation.score.label"] == "pass"
    headers = await asyncio.to_thread(served.ask, "SELECT request_headers FROM calls")
    assert PARENT in str(headers)  # recorded as the client sent it
    assert not [body for body in collector.raw if b"no JSON at all" in body]


async def test_transparent_calls_name_their_span_as_the_parent(
    serve: Serve, collector: Collector
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(chat_answer("Hello."))

    backend = Scripted(answer)
    async with backend.running():
        served = await asyncio.to_thread(serve, backend.url, env=otel(collector))
        for headers in ({}, {"traceparent": "00-junk-01", "tracestate": "a=1"}):
            await ask(served, "m", headers=headers)
        await ask(served, "unsampled", headers={"traceparent": f"00-{TRACE}-{CLIENT}-00"})
        await collector.until(lambda: len(collector.named("chat m")) >= 2)
        seen = [each for each in backend.seen if b"chat/completions" in each.head]
    spans = collector.of_kind("client")
    assert [traceparent(each) for each in seen] == [
        *(f"00-{span.trace_id}-{span.span_id}-01" for span in spans),
        f"00-{TRACE}-{CLIENT}-00",
    ]
    assert len({span.trace_id for span in spans}) == 2
    assert b"tracestate" not in seen[1].head.lower()
    assert not collector.named("chat unsampled")


async def test_a_failed_call_says_how(serve: Serve, collector: Collector) -> None:
    served = await asyncio.to_thread(serve, f"http://127.0.0.1:{free_port()}", env=otel(collector))
    with pytest.raises(openai.APIStatusError):
        await ask(served, "m")
    await collector.until(lambda: len(collector.spans) >= 2)
    (server,), (client,) = collector.of_kind("server"), collector.of_kind("client")
    assert client.attributes["error.type"] == server.attributes["error.type"] == "upstream_refused"
    assert client.error is not None
    assert "cannot reach" in client.error
    assert server.attributes["http.response.status_code"] == 502


async def test_an_agent_s_turn_is_one_trace_with_its_model_calls_and_tools(
    serve: Serve, sim: Backend, collector: Collector
) -> None:
    env = otel(collector, **agent_variables(sandbox="danger-full-access"))
    served = await asyncio.to_thread(serve, sim.url, env=env)
    asked = {"model": "agent", "messages": [{"role": "user", "content": "run: echo hello"}]}
    headers = {"traceparent": PARENT}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{served.url}/v1/chat/completions", json=asked, headers=headers) as answer,
    ):
        assert answer.status == 200, await answer.text()
        await answer.read()
    await collector.until(lambda: collector.named("execute_tool") and len(collector.spans) >= 7)
    (invoked,) = collector.named("invoke_agent agent")
    (tool,) = collector.named("execute_tool shell")
    inner = collector.named("chat ")
    assert {span.trace_id for span in collector.spans if "/models" not in span.name} == {TRACE}
    above = parents(collector.spans)
    assert above[above[invoked.span_id]] == CLIENT
    assert tool.parent_id == invoked.span_id
    assert len(inner) == 2
    assert {above[span.parent_id] for span in inner} == {invoked.span_id}
    assert tool.attributes["process.exit.code"] == 0
    assert not [body for body in collector.raw if b"echo hello" in body]


async def test_a_collector_that_is_gone_costs_nothing(serve: Serve, sim: Backend) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    env = {"DRIFTGATE_OTEL__ENDPOINT": gone, "OTEL_EXPORTER_OTLP_TIMEOUT": "0.2"}
    served = await asyncio.to_thread(serve, sim.url, env=env)
    for _ in range(5):
        assert (await ask(served, sim.model)).choices
    said = f"traces do not reach {gone}/v1/traces"
    await asyncio.to_thread(served.process.wait_for, said)
    assert served.ask("SELECT count(*) FROM calls") == [(5,)]
    assert await asyncio.to_thread(served.process.stop) == 0
    assert served.process.text.count(said) == 1
    assert "Traceback" not in served.process.text


def test_without_the_extra_serve_says_what_to_install(proc: Start, tmp_path: Path) -> None:
    (tmp_path / "opentelemetry").mkdir()
    (tmp_path / "opentelemetry" / "__init__.py").touch()  # stands before the real one, and is empty
    env = {
        "DRIFTGATE_OTEL__ENDPOINT": "http://127.0.0.1:4318",
        "PYTHONPATH": f"{tmp_path}:{Path.cwd()}",
    }
    process = proc(
        [*DRIFTGATE, "serve", "--listen", "127.0.0.1:0", "--history", tmp_path / "h.duckdb"],
        env=env,
    )
    wait_until(lambda: process.popen.poll() is not None, what="its end")
    assert process.popen.returncode == 2
    (line,) = process.output
    assert "pip install 'driftgate[otel]'" in line


def test_log_lines_are_json_objects_with_the_call_s_id_and_no_content(
    serve: Serve, sim: Backend
) -> None:
    env = {"DRIFTGATE_LOG_FORMAT": "json", "DRIFTGATE_LOG_CALLS": "all"}
    served = serve(sim.url, "--workers", "2", env=env)
    for model in (sim.model, "x\x1b[31m\ndriftgate: forged"):
        post(f"{served.url}/v1/chat/completions", chat(SECRET, model=model))
    wait_until(lambda: served.process.text.count("driftgate.calls") == 2, what="both lines")
    assert served.process.stop() == 0
    told = [json.loads(line) for line in served.process.output]
    ids = {row[0]: row[1] for row in served.ask("SELECT call_id::VARCHAR, outcome FROM calls")}
    calls = {each["call_id"]: each for each in told if each["logger"] == "driftgate.calls"}
    assert {name: each["call"]["outcome"] for name, each in calls.items()} == ids
    assert {each["process"] for each in calls.values()} == {"historian"}
    assert {each["process"] for each in told} == {"historian", "serve"}
    assert {each["level"] for each in told if each["process"] == "serve"} == {"info"}
    assert SECRET not in served.process.text
