"""Recorded threads of Codex and calls of agents, in a history made by hand."""

import json
from typing import Any

from driftgate.proxy.settings.codex import Codex
from tests.replay.run.made import JSON, Made

CODEX = Codex(model="gemma4", model_upstream="default")
CONTEXT = "<environment_context>\n  <cwd>{}</cwd>\n</environment_context>"


def message(role: str, text: str) -> dict[str, Any]:
    """An item of the Responses API."""
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def answered(text: str = "ok", own_id: str = "r") -> bytes:
    """A whole answer of it."""
    output = [{**message("assistant", text), "id": "m", "status": "completed"}]
    usage = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
    told = {"id": own_id, "object": "response", "status": "completed", "model": "gemma4"}
    return json.dumps({**told, "output": output, "usage": usage}).encode()


class Talk:
    """A thread of somebody's own Codex."""

    def __init__(self, made: Made, name: str, cwd: str = "/nowhere") -> None:
        self._made, self._name = made, name
        self._items = [message("developer", "You are Codex."), message("user", CONTEXT.format(cwd))]
        self._turns = 0

    def turn(self, prompt: str, *commands: str, kind: str = "turn", **more: Any) -> str:
        """A user's prompt and the model calls that it took; the id of the first of them."""
        self._turns += 1
        self._items.append(message("user", prompt))
        first = self._call(kind, more)
        for command in commands:
            arguments = json.dumps({"cmd": command})
            call = {"type": "function_call", "name": "exec_command", "arguments": arguments}
            self._items += [
                {**call, "call_id": "c"},
                {"type": "function_call_output", "call_id": "c", "output": "ok"},
            ]
            self._call(kind, more)
        self._items.append(message("assistant", "ok"))
        return first

    def _call(self, kind: str, more: dict[str, Any]) -> str:
        turn_id = f"{self._name}-{self._turns}"
        told = {"thread_id": self._name, "turn_id": turn_id, "request_kind": kind}
        metadata = {
            "thread_id": self._name,
            "turn_id": turn_id,
            "x-codex-turn-metadata": json.dumps(told),
        }
        body = {"model": "gemma4", "input": self._items, "client_metadata": metadata, **more}
        sent = json.dumps(body).encode()
        return self._made.call(sent, answered(), target="/v1/responses", pairs=JSON)
