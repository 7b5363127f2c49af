"""Every fault of the table, over a real socket, as a client sees it."""

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from driftgate.sim.background import RunningSim
from driftgate.sim.engine import SimSettings
from driftgate.sim.faults import FAULTS
from driftgate.sim.spoil import SPOILS

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "array"}}}


@dataclass
class Got:
    """What came over the socket. reset: it ended by RST; else by FIN or in good order."""

    raw: bytes
    reset: bool
    seconds: float

    @property
    def head(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def status(self) -> int:
        return int(self.head.split()[1])

    @property
    def body(self) -> bytes:
        """The payload, chunked framing removed, as far as it came."""
        rest = self.raw.partition(b"\r\n\r\n")[2]
        if b"transfer-encoding: chunked" not in self.head.lower():
            return rest
        found = b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            found += rest[: int(size, 16)]
            rest = rest[int(size, 16) + 2 :]
        return found

    @property
    def whole(self) -> bool:
        """Whether a chunked body has its end."""
        return self.raw.endswith(b"\r\n0\r\n\r\n")

    def json(self) -> Any:
        return json.loads(self.body)

    def events(self) -> list[Any]:
        """The stream's data, parsed; text where it is no JSON."""
        lines = [line[6:] for line in self.body.decode().splitlines() if line.startswith("data: ")]
        return [_parsed(line) for line in lines]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def exchange(url: str, fault: str, path: str = "/v1/responses", **body: Any) -> Got:
    """One POST over a socket of its own, read until it ends."""
    payload = json.dumps(body).encode()
    where = urlsplit(url)
    began = time.monotonic()
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: sim\r\nConnection: close\r\nx-driftgate-sim: {fault}\r\n"
            f"Content-Length: {len(payload)}\r\n\r\n".encode()
            + payload
        )
        raw, reset = b"", False
        try:
            while data := connection.recv(65536):
                raw += data
        except ConnectionResetError:
            reset = True
    return Got(raw, reset, time.monotonic() - began)


def responses(url: str, fault: str, *, stream: bool = True, **more: Any) -> Got:
    return exchange(url, fault, input="count to 9", stream=stream, **more)


def chat(url: str, fault: str, prompt: str = "count to 9", **more: Any) -> Any:
    got = exchange(
        url,
        fault,
        "/v1/chat/completions",
        messages=[{"role": "user", "content": prompt}],
        **more,
    )
    return got.json()


def _status(url: str) -> None:
    got = responses(url, "fault=status; status=429; retry-after=2")
    assert got.status == 429
    assert b"Retry-After: 2" in got.head
    assert got.json()["error"]["type"] == "rate_limit_exceeded"
    native = exchange(url, "fault=status", "/api/chat", model="x", messages=[])
    assert native.status == 503
    assert isinstance(native.json()["error"], str)


def _parser_500(url: str) -> None:
    got = responses(url, "fault=parser_500")
    assert got.status == 500
    assert "Failed to parse input" in got.json()["error"]["message"]


def _reset(url: str) -> None:
    before = responses(url, "fault=reset")
    assert (before.raw, before.reset) == (b"", True)
    during = responses(url, "fault=reset; after=5")
    assert during.reset
    assert len(during.events()) == 5
    body = responses(url, "fault=reset; after=1", stream=False)
    assert body.reset
    assert body.status == 200


def _close(url: str) -> None:
    got = responses(url, "fault=close; after=5")
    assert not got.reset
    assert not got.whole
    assert len(got.events()) == 5
    assert responses(url, "fault=close; after=0").raw == b""


def _stall(url: str) -> None:
    for after in (0, 3):
        got = responses(url, f"fault=stall; after={after}; seconds=0.3")
        assert got.seconds >= 0.3
        assert got.events()[-1]["type"] == "response.completed"
    assert responses(url, "fault=stall; after=1; seconds=0.3", stream=False).seconds >= 0.3


def _slow_head(url: str) -> None:
    got = responses(url, "fault=slow_head; seconds=0.3", stream=False)
    assert got.seconds >= 0.3
    assert got.json()["status"] == "completed"


def _huge_header(url: str) -> None:
    got = responses(url, "fault=huge_header; count=30000")
    assert b"h" * 30000 in got.head
    assert got.events()[-1]["type"] == "response.completed"


def _not_http(url: str) -> None:
    assert not responses(url, "fault=not_http").raw.startswith(b"HTTP/")


def _wrong_content_length(url: str) -> None:
    got = responses(url, "fault=wrong_content_length; count=7", stream=False)
    length = int(got.head.lower().partition(b"content-length: ")[2].split()[0])
    assert length == len(got.body) + 7


def _invalid_json(url: str) -> None:
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        responses(url, "fault=invalid_json", stream=False).json()
    events = responses(url, "fault=invalid_json; after=4").events()
    assert [n for n, event in enumerate(events) if isinstance(event, str)] == [4]


def _malformed_sse(url: str) -> None:
    got = responses(url, "fault=malformed_sse; after=4")
    assert b"!! no field of SSE\n" in got.body
    assert [n for n, event in enumerate(got.events()) if isinstance(event, str)] == [4]
    assert got.events()[-1]["type"] == "response.completed"


def _no_terminal(url: str) -> None:
    got = responses(url, "fault=no_terminal")
    assert got.whole
    assert got.events()[-1]["type"] == "response.output_item.done"


def _duplicate_terminal(url: str) -> None:
    kinds = [event["type"] for event in responses(url, "fault=duplicate_terminal").events()]
    assert kinds.count("response.completed") == 2


def _usage_missing(url: str) -> None:
    assert "usage" not in responses(url, "fault=usage_missing", stream=False).json()
    assert "usage" not in chat(url, "fault=usage_missing")
    native = exchange(url, "fault=usage_missing", "/api/generate", model="x", prompt="hello")
    assert b"eval_count" not in native.body


def _usage_wrong(url: str) -> None:
    usage = responses(url, "fault=usage_wrong", stream=False).json()["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (1234, 56)


def _leaked_channel(url: str) -> None:
    text = chat(url, "fault=leaked_channel")["choices"][0]["message"]["content"]
    assert text.startswith("<|channel>thought\n")
    assert text.endswith("<channel|>1 2 3 4 5 6 7 8 9")


def _token_flood(url: str) -> None:
    answer = chat(url, "fault=token_flood; count=200")
    assert answer["choices"][0]["message"]["content"] == "thought\n" * 200
    assert chat(url, "fault=token_flood", max_tokens=9)["choices"][0]["finish_reason"] == "length"


def _tool_as_text(url: str) -> None:
    message = chat(url, "fault=tool_as_text", "weather in Oslo", tools=TOOLS)["choices"][0]
    assert message["finish_reason"] == "stop"
    assert message["message"]["content"] == (
        '<|tool_call>call:get_weather{city:<|"|>Oslo<|"|>}<tool_call|>'
    )


def _tool_without_id(url: str) -> None:
    answer = chat(url, "fault=tool_without_id", "weather in Oslo", tools=TOOLS)
    (call,) = answer["choices"][0]["message"]["tool_calls"]
    assert "id" not in call


def _repeat_tool_call(url: str) -> None:
    answer = chat(url, "fault=repeat_tool_call; count=4", "weather in Oslo", tools=TOOLS)
    message = answer["choices"][0]["message"]
    assert len({call["id"] for call in message["tool_calls"]}) == 4
    assert len({call["function"]["arguments"] for call in message["tool_calls"]}) == 1
    talk = [
        {"role": "user", "content": "weather in Oslo"},
        message,
        {"role": "tool", "content": "rain"},
    ]
    path = "/v1/chat/completions"
    again = exchange(url, "fault=repeat_tool_call; count=1", path, messages=talk, tools=TOOLS)
    assert again.json()["choices"][0]["message"]["tool_calls"]


def _dropped_schema(url: str) -> None:
    obeyed = chat(url, "", "hello", response_format=SCHEMA)
    dropped = chat(url, "fault=dropped_schema", "hello", response_format=SCHEMA)
    assert isinstance(json.loads(obeyed["choices"][0]["message"]["content"]), list)
    assert dropped["choices"][0]["message"]["content"].startswith("H")


def _ignore_seed(url: str) -> None:
    def texts(fault: str) -> set[str]:
        answers = (chat(url, fault, "What is rain?", seed=5) for _ in range(12))
        return {answer["choices"][0]["message"]["content"] for answer in answers}

    assert len(texts("")) == 1
    assert len(texts("fault=ignore_seed")) > 1


def _silent_context_cut(url: str) -> None:
    talk = [{"role": "user", "content": "word " * 9000}, {"role": "user", "content": "echo: end"}]
    path = "/v1/chat/completions"
    assert exchange(url, "", path, messages=talk).status == 400
    answer = exchange(url, "fault=silent_context_cut", path, messages=talk).json()
    assert answer["choices"][0]["message"]["content"] == "end"
    assert answer["usage"]["prompt_tokens"] < SimSettings().context


def _empty(url: str) -> None:
    answer = chat(url, "fault=empty")
    assert answer["choices"][0]["message"]["content"] == ""
    assert answer["usage"]["completion_tokens"] == 0


def _one_token(url: str) -> None:
    answer = chat(url, "fault=one_token")
    assert answer["choices"][0]["message"]["content"] == "1"


CASES: dict[str, Callable[[str], None]] = {
    "status": _status,
    "parser_500": _parser_500,
    "reset": _reset,
    "close": _close,
    "stall": _stall,
    "slow_head": _slow_head,
    "huge_header": _huge_header,
    "not_http": _not_http,
    "wrong_content_length": _wrong_content_length,
    "invalid_json": _invalid_json,
    "malformed_sse": _malformed_sse,
    "no_terminal": _no_terminal,
    "duplicate_terminal": _duplicate_terminal,
    "usage_missing": _usage_missing,
    "usage_wrong": _usage_wrong,
    "leaked_channel": _leaked_channel,
    "token_flood": _token_flood,
    "tool_as_text": _tool_as_text,
    "tool_without_id": _tool_without_id,
    "repeat_tool_call": _repeat_tool_call,
    "dropped_schema": _dropped_schema,
    "ignore_seed": _ignore_seed,
    "silent_context_cut": _silent_context_cut,
    "empty": _empty,
    "one_token": _one_token,
}


def test_every_fault_has_a_case() -> None:
    assert set(CASES) | SPOILS == set(FAULTS)  # those of SPOILS have theirs in test_spoil


@pytest.mark.parametrize("name", CASES)
def test_the_fault_shows_on_the_wire(name: str, sim: RunningSim) -> None:
    CASES[name](sim.url)
    after = responses(sim.url, "", stream=False)
    assert after.json()["status"] == "completed"


def test_a_fault_before_the_head_fails_only_so_many_requests(sim: RunningSim) -> None:
    fault = "fault=status; status=503; times=2"
    assert [responses(sim.url, fault).status for _ in range(4)] == [503, 503, 200, 200]


def test_an_unknown_fault_is_refused_by_name(sim: RunningSim) -> None:
    got = responses(sim.url, "fault=sloth")
    assert got.status == 400
    assert "no fault named 'sloth'" in got.json()["error"]["message"]


def test_a_fault_in_ollamas_stream_cuts_a_line(sim: RunningSim) -> None:
    got = exchange(
        sim.url, "fault=invalid_json; after=1", "/api/generate", model="x", prompt="count to 3"
    )
    lines = [_parsed(line) for line in got.body.decode().splitlines()]
    assert [n for n, line in enumerate(lines) if isinstance(line, str)] == [1]
    assert lines[-1]["done"] is True
