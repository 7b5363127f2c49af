"""Contracts and exchanges for tests of managed calls."""

import json
from typing import Any

from driftgate.contracts.contract import Contract
from driftgate.contracts.contract_set import ContractSet
from tests.support.scripted import sized

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city", "people"],
}
GOOD = '{"city": "Bern", "people": 134000}'


def contract(**parts: Any) -> Contract:
    """A contract in enforce mode for every call, that waits for nothing."""
    retry = {"attempts": 3, "backoff_s": 0.001, "backoff_limit_s": 0.002, **parts.pop("retry", {})}
    return Contract.model_validate(
        {
            "name": "strict",
            "version": "1",
            "mode": "enforce",
            "applies": {"everything": True},
            "retry": retry,
            **parts,
        }
    )


def contracts(**parts: Any) -> ContractSet:
    """A set of one."""
    return ContractSet.of([contract(**parts)])


def post(path: str, body: Any, *headers: str) -> bytes:
    """A request whose connection ends behind it."""
    data = json.dumps(body).encode()
    lines = "".join(f"{header}\r\n" for header in headers)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}"
    return head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(data), data)


def chat(text: str, **more: Any) -> bytes:
    """A chat answer's body."""
    message = {"role": "assistant", "content": text, **more.pop("message", {})}
    choice = {"index": 0, "message": message, "finish_reason": more.pop("finish", "stop")}
    usage = {"prompt_tokens": 9, "completion_tokens": max(1, len(text) // 4), "total_tokens": 0}
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    said = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gemma4"}
    return json.dumps({**said, "choices": [choice], "usage": usage, **more}).encode()


def answered(text: str, **more: Any) -> bytes:
    """The whole answer, head and all."""
    return sized(chat(text, **more), b"Content-Type: application/json")


def asking(**more: Any) -> dict[str, Any]:
    """A chat request that asks for the schema."""
    wanted = {"name": "city", "strict": True, "schema": SCHEMA}
    return {
        "model": "gemma4",
        "messages": [{"role": "user", "content": "Which city is it, and how many live there?"}],
        "response_format": {"type": "json_schema", "json_schema": wanted},
        **more,
    }


def split(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, header by lower-case name, and body without its chunks."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    if fields.get("transfer-encoding") == "chunked":
        body = unchunked(body)
    return int(first.split()[1]), fields, body


def unchunked(data: bytes) -> bytes:
    """A chunked body's payload; what is not whole is a failure."""
    payload = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        count = int(size, 16)
        if count == 0:
            return payload
        payload += data[:count]
        data = data[count + 2 :]
