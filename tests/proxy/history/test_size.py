"""A recorded Codex session in the history: how small, and whether every byte comes back."""

import argparse
import ast
import collections
import copy
import datetime as dt
import decimal
import inspect
import json
import os
import pathlib
import random
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.store import Store
from driftgate.proxy.record import Chunk, Outcome, Recorded
from tests.proxy.history.calls import MS, T0_NS, batch

SESSIONS, TURNS, SMALLEST = 20, 40, 25
Json = dict[str, Any]
# what a coding agent reads and writes: program text, and sentences about it
_MODULES = (argparse, ast, collections, dt, decimal, inspect, pathlib, random, subprocess)
_LINES = "\n".join(inspect.getsource(module) for module in _MODULES).splitlines()
_WORDS = " ".join(
    inspect.getdoc(each) or "" for module in _MODULES for each in vars(module).values()
).split()


def capture() -> Json:
    default = Path(__file__).parents[4] / "shared"
    folder = Path(os.environ.get("DRIFTGATE_SHARED") or default) / "captures"
    found = sorted(folder.glob("*/tool_loop_full_access.01.json"))
    if not found:
        pytest.skip(f"no Codex captures below {folder}; DRIFTGATE_SHARED names another place")
    loaded: Json = json.loads(found[0].read_text())
    return loaded


class Talk:
    """One Codex session that grows by a tool call, its output and an answer with each turn."""

    def __init__(self, number: int, captured: Json) -> None:
        self.number = number
        self.random = random.Random(number)
        self.request: Json = copy.deepcopy(captured["request"])
        self.body: Json = copy.deepcopy(self.request["body"])
        self.thread = str(uuid.UUID(int=self.random.getrandbits(128)))
        for item in self.body["input"]:
            item["id"] = f"msg_{uuid.UUID(int=self.random.getrandbits(128))}"
        self.body["prompt_cache_key"] = self.thread

    def text(self, words: int) -> str:
        start = self.random.randrange(len(_WORDS) - words)
        return " ".join(_WORDS[start : start + words])

    def listing(self, lines: int) -> str:
        start = self.random.randrange(len(_LINES) - lines)
        return "\n".join(f"{start + at:6}\t{_LINES[start + at]}" for at in range(lines))

    def items(self) -> list[Json]:
        call = f"call_{self.random.getrandbits(64):x}"
        answer = {"type": "output_text", "text": self.text(60), "annotations": []}
        arguments = json.dumps({"cmd": f"sed -n 1,80p {self.text(2)}"})
        return [
            {
                "type": "function_call",
                "status": "completed",
                "id": f"fc_{call}",
                "name": "exec_command",
                "arguments": arguments,
                "call_id": call,
            },
            {
                "type": "function_call_output",
                "id": f"fco_{call}",
                "call_id": call,
                "output": f"Chunk ID: {call[-6:]}\nWall time: 0.1 seconds\nOutput:\n{self.listing(120)}",
            },
            {
                "type": "message",
                "status": "completed",
                "id": f"msg_{call}",
                "role": "assistant",
                "content": [answer],
            },
            {
                "type": "message",
                "id": f"msg_u{call}",
                "role": "user",
                "content": [{"type": "input_text", "text": self.text(30)}],
            },
        ]

    def turn(self, turn: int) -> Recorded:
        if turn:
            self.body["input"] += self.items()
        turn_id = str(uuid.UUID(int=self.random.getrandbits(128)))
        about = {
            "session_id": self.thread,
            "thread_id": self.thread,
            "turn_id": turn_id,
            "turn_started_at_unix_ms": T0_NS // MS + turn,
        }
        metadata = [
            ("session_id", self.thread),
            ("thread_id", self.thread),
            ("turn_id", turn_id),
            ("x-codex-turn-metadata", json.dumps(about)),
        ]
        self.random.shuffle(metadata)  # Codex writes these keys in a random order
        self.body["client_metadata"] = dict(metadata)
        body = json.dumps(self.body, separators=(",", ":")).encode()
        chunks = self.answer(len(body) // 4)
        number = self.number * 1000 + turn
        headers = [(str(a), str(b)) for a, b in self.request["headers"]]
        headers = [
            pair for pair in headers if pair[0] not in ("x-codex-turn-metadata", "thread-id")
        ]
        return Recorded(
            call_id=uuid.UUID(int=(0x0190 << 112) + number).bytes,
            started_ns=T0_NS + (turn * SESSIONS + self.number) * 1000 * MS,
            worker="w",
            method="POST",
            target="/v1/responses",
            upstream="default",
            client="127.0.0.1:1",
            request_headers=[
                *headers,
                ("thread-id", self.thread),
                ("x-codex-turn-metadata", json.dumps(about)),
            ],
            request_body=body,
            request_size=len(body),
            status=200,
            response_headers=[("content-type", "text/event-stream"), ("x-request-id", turn_id)],
            chunks=chunks,
            response_size=sum(len(chunk.data) for chunk in chunks),
            outcome=Outcome.COMPLETED,
            first_byte_ns=5 * MS,
            ended_ns=900 * MS,
            overhead_ns=MS,
        )

    def answer(self, tokens: int) -> list[Chunk]:
        """A sound stream to a prompt of so many tokens."""
        response = f"resp_{self.random.getrandbits(96):x}"
        words = self.text(40).split()
        events: list[Json] = [
            {
                "type": "response.created",
                "response": {"id": response, "status": "in_progress", "model": "gemma4"},
            },
            {
                "type": "response.output_item.added",
                "output_index": 0,
                "item": {"type": "message", "id": "msg_1", "role": "assistant", "content": []},
            },
        ]
        events += [
            {
                "type": "response.output_text.delta",
                "item_id": "msg_1",
                "output_index": 0,
                "content_index": 0,
                "delta": f"{word} ",
            }
            for word in words
        ]
        item = {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": " ".join(words)}],
        }
        usage = {"input_tokens": tokens, "output_tokens": 40, "total_tokens": tokens + 40}
        events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
        events.append(
            {
                "type": "response.completed",
                "response": {
                    "id": response,
                    "status": "completed",
                    "model": "gemma4",
                    "output": [item],
                    "usage": usage,
                },
            }
        )
        at = 5 * MS
        chunks = []
        for event in events:
            at += self.random.randint(10, 30) * MS
            chunks.append(
                Chunk(at, f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
            )
        return chunks


def test_codex_sessions_take_a_25th_and_every_body_comes_back(tmp_path: Path) -> None:
    captured = capture()
    talks = [Talk(number, captured) for number in range(SESSIONS)]
    path = tmp_path / "history.duckdb"
    store = Store(path)
    sent: dict[str, tuple[bytes, bytes]] = {}
    for turn in range(TURNS):
        calls = [talk.turn(turn) for talk in talks]
        store.apply([batch(*calls)])
        for call in calls:
            answer = b"".join(chunk.data for chunk in call.chunks)
            sent[str(uuid.UUID(bytes=call.call_id))] = (call.request_body, answer)
    store.tidy()
    raw = sum(len(request) for request, _ in sent.values())
    size = path.stat().st_size
    assert size * SMALLEST <= raw, f"raw requests {raw / 1e6:.1f} MB, file {size / 1e6:.2f} MB"
    with open_history(path, drain=False) as reader:
        call_ids = list(sent)
        for start in range(0, len(call_ids), SESSIONS):  # many at once: a question for each is slow
            some = call_ids[start : start + SESSIONS]
            for call_id, call in zip(some, reader.recorded_many(some), strict=True):
                came = b"".join(chunk.data for chunk in call.chunks)
                assert (call.request_body, came) == sent[call_id]
        for call_id in call_ids[-SESSIONS:]:
            alone = (reader.request_bytes(call_id), reader.response_bytes(call_id))
            assert alone == sent[call_id]
        turns = reader.ask("SELECT count(*), sum(calls), sum(output_tokens) FROM turns").rows
        assert turns == [(800, 800, 32_000)]
        assert reader.ask("SELECT count(*) FROM messages WHERE uses > 30").rows[0][0] > SESSIONS
