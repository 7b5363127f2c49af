"""What the history says of calls, tried on real processes: times, codings, sessions, retries."""

import asyncio
import gzip
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest
import zstandard

from driftgate.proxy.admin import ask, socket_path
from tests.e2e.calling import chat, driftgate, post
from tests.support.backends import Backend, Served, Start, start_sim
from tests.support.scripted import Scripted, always, sized
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(120)

Serve = Callable[..., Served]
GIGABYTE = 1 << 30


def client(served: Served, **options: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="k", **options)


def _counted() -> bytes:
    return chat("count to 25", stream=True, stream_options={"include_usage": True})


# --- times ---------------------------------------------------------------------------------------


def test_times_and_speed_are_those_of_the_backend(proc: Start, serve: Serve) -> None:
    """A paced backend says when its tokens leave; load of the machine can only make it later."""
    pace, prefill_ms = 50.0, 300.0
    sim = start_sim(proc, "--tokens-per-second", str(pace), "--prefill-ms", str(prefill_ms))
    served = serve(sim.url)
    post(f"{served.url}/v1/chat/completions", _counted())
    [row] = served.ask(
        "SELECT first_byte_ms, first_token_ms, total_ms, tokens_per_second, overhead_ms, "
        "output_tokens, len(chunk_us), chunk_us, date_diff('millisecond', started_at, ended_at), "
        "connect_ms "
        "FROM calls WHERE dialect = 'chat'"
    )
    first_byte, first_token, total, speed, overhead, tokens, chunks, times, whole, connecting = row
    streaming_ms = (tokens - 1) * 1000 / pace
    assert tokens >= 25
    assert prefill_ms * 0.9 <= first_token <= prefill_ms + 2000
    assert 0 < first_byte <= first_token
    assert total >= first_token + streaming_ms * 0.8
    assert pace * 0.3 <= speed <= pace * 1.25
    assert 0 < overhead < 200
    assert 0 < connecting < first_byte
    assert abs(whole - total) <= 2
    assert chunks >= tokens * 0.5  # as they came, not one block at the end
    assert times == sorted(times)
    assert times[-1] - times[0] >= streaming_ms * 1000 * 0.8


# --- bodies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_coded_request_is_read_for_sql_and_kept_as_sent(
    serve: Serve, sim: Backend, coding: str
) -> None:
    served = serve(sim.url)
    plain = chat(f"echo: coded {coding}", temperature=0.25)
    sent = gzip.compress(plain) if coding == "gzip" else zstandard.compress(plain)
    answer = json.loads(post(f"{served.url}/v1/chat/completions", sent, Content_Encoding=coding))
    assert answer["choices"][0]["message"]["content"] == f"coded {coding}"
    [row] = served.ask(
        "SELECT input_text, temperature, request_bytes, model FROM calls WHERE dialect = 'chat'"
    )
    assert row == (f"echo: coded {coding}", 0.25, len(sent), "gemma4-sim:v1")
    assert driftgate(served, "show", "last", "--raw", "request") == sent
    assert served.ask("SELECT text FROM messages") == [(f"echo: coded {coding}",)]


def _zstd_bomb(size: int) -> bytes:
    """A frame of run-length blocks, 131,072 zeros in four bytes each (RFC 8878, section 3.1.1)."""
    count = size >> 17
    block = struct.pack("<I", (1 << 17) << 3 | 1 << 1)[:3] + b"\0"
    last = struct.pack("<I", (1 << 17) << 3 | 1 << 1 | 1)[:3] + b"\0"
    return struct.pack("<IBB", 0xFD2FB528, 0, 0x38) + block * (count - 1) + last


def _gzip_bomb(size: int) -> bytes:
    return gzip.compress(bytes(64 << 20)) * (size >> 26)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_ten_gigabytes_in_a_small_body_cost_neither_time_nor_memory(
    serve: Serve, coding: str
) -> None:
    bomb = {"gzip": _gzip_bomb, "zstd": _zstd_bomb}[coding](10 * GIGABYTE)
    header = b"Content-Encoding: " + coding.encode()
    async with Scripted(always(sized(bomb, header))).running() as backend:
        served = await asyncio.to_thread(
            serve, backend.url, env={"DRIFTGATE_RECORD__DECODE_LIMIT_MB": "8"}
        )
        url = f"{served.url}/v1/chat/completions"
        answer = await asyncio.to_thread(post, url, bomb, Content_Encoding=coding)
    assert answer == bomb  # it passes as it is
    asked = "SELECT outcome, request_bytes, response_bytes, total_ms FROM calls"
    [(outcome, sent, came, _)] = await asyncio.to_thread(served.ask_until, asked, 1)
    assert (outcome, sent, came) == ("completed", len(bomb), len(bomb))
    asked = "SELECT size FROM calls JOIN bodies ON body_id = request_decoded_body"
    [(decoded,)] = await asyncio.to_thread(served.ask, asked)
    assert decoded == 8 << 20
    historian = ask(socket_path(served.history, "history"), {"op": "status"}) or {}
    assert _peak_mb(historian["pid"]) < 512
    assert _peak_mb(served.process.pid) < 256


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("platform: needs /proc")
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


# --- who -----------------------------------------------------------------------------------------


def test_sessions_of_other_clients_have_their_names(serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    url = f"{served.url}/v1/chat/completions"
    post(url, chat("echo: one"), x_driftgate_session="by-header")
    post(url, chat("echo: two", metadata={"session_id": "by-metadata", "team": "red"}))
    post(url, chat("echo: three", metadata={"session_id": "lower"}), x_driftgate_session="upper")
    post(url, chat("echo: four"))
    rows = served.ask("SELECT session_id, calls, first_input_text FROM sessions ORDER BY ALL")
    assert rows == [
        ("by-header", 1, "echo: one"),
        ("by-metadata", 1, "echo: two"),
        ("upper", 1, "echo: three"),
    ]
    [(metadata,)] = served.ask("SELECT metadata FROM calls WHERE session_id = 'by-metadata'")
    assert json.loads(metadata) == {"session_id": "by-metadata", "team": "red"}
    listed = json.loads(driftgate(served, "calls", "--json", "--session", "by-header"))
    assert [call["session"] for call in listed] == ["by-header"]


def test_retries_of_the_openai_client_are_numbered(proc: Start, serve: Serve) -> None:
    sim = start_sim(proc, "--fault", "fault=status; status=503; times=2; retry-after=0")
    served = serve(sim.url)
    answer = client(served, max_retries=3).chat.completions.create(
        model="gemma4-sim:v1", messages=[{"role": "user", "content": "echo: at last"}]
    )
    assert answer.choices[0].message.content == "at last"
    rows = served.ask(
        "SELECT status, retry_number, retry_of, call_id FROM calls WHERE dialect = 'chat' "
        "ORDER BY started_at"
    )
    first = rows[0][3]
    assert [row[:3] for row in rows] == [(503, 0, None), (503, 1, first), (200, 2, first)]


def test_asking_the_same_again_after_an_answer_is_no_retry(serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    for _ in range(2):
        post(f"{served.url}/v1/chat/completions", chat("echo: again"), x_driftgate_session="s")
    assert served.ask("SELECT retry_number FROM calls WHERE dialect = 'chat'") == [(0,), (0,)]


# --- websockets ----------------------------------------------------------------------------------


async def test_a_websocket_through_driftgate_is_recorded_with_its_meaning(
    proc: Start, serve: Serve
) -> None:
    sim = await asyncio.to_thread(start_sim, proc, "--websockets")
    served = await asyncio.to_thread(serve, sim.url)
    said = [{"type": "message", "role": "user", "content": "echo: over the socket"}]
    create = {"type": "response.create", "model": sim.model, "input": said, "temperature": 0.5}
    direct, through = [await _converse(url, create) for url in (sim.url, served.url)]
    assert [kind for kind, _ in through] == [kind for kind, _ in direct]
    usage = through[-1][1]["response"]["usage"]
    asked = (
        "SELECT status, outcome, dialect, model, input_text, output_text, input_tokens, "
        "output_tokens, temperature, len(frame_us) FROM calls WHERE method = 'GET' AND status = 101"
    )
    [row] = await asyncio.to_thread(served.ask_until, asked, 1)
    *facts, frames = row
    expected = [101, "completed", "responses", sim.model, "echo: over the socket"]
    assert facts[:5] == expected
    assert facts[5:] == ["over the socket", usage["input_tokens"], usage["output_tokens"], 0.5]
    assert frames >= 3  # as reads of the network gave them


async def _converse(url: str, create: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/v1/responses") as ws:
        await ws.send_str(json.dumps(create))
        frames: list[dict[str, Any]] = []
        while not frames or frames[-1]["type"] not in ("response.completed", "error"):
            frames.append(json.loads(await ws.receive_str(timeout=10)))
    return [(frame["type"], frame) for frame in frames]


def test_a_pull_of_ollama_streams_through(serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    body = b'{"model":"gemma4-sim:v1"}'
    direct, through = (post(f"{url}/api/pull", body) for url in (sim.url, served.url))
    assert through == direct
    assert json.loads(through.splitlines()[-1]) == {"status": "success"}
    [row] = served.ask("SELECT dialect, model, outcome FROM calls WHERE path = '/api/pull'")
    assert row == ("ollama", "gemma4-sim:v1", "completed")
    assert wait_until(lambda: driftgate(served, "show", "last", "--raw", "response")) == through
