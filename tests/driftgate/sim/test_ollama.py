"""Ollama's dialect: options, and the shape of what is written."""

import json
from datetime import datetime
from typing import Any

import pytest

from driftgate.sim import ollama
from driftgate.sim.ask import SimError
from driftgate.sim.engine import Engine, SimSettings

CHAT: Any = {"model": "m", "messages": [{"role": "user", "content": "echo: a b"}]}


def test_options_are_read() -> None:
    options = {"num_predict": 5, "num_ctx": 99, "seed": 1, "temperature": 0, "stop": ["x"]}
    ask = ollama.read_chat({**CHAT, "options": options, "format": "json", "think": True})
    assert (ask.max_tokens, ask.context, ask.seed, ask.temperature) == (5, 99, 1, 0)
    assert (ask.stop, ask.json_object, ask.think, ask.stream) == (("x",), True, True, True)


def test_a_model_is_required() -> None:
    with pytest.raises(SimError, match="model is required"):
        ollama.read_generate({"prompt": "x"})


def test_the_system_prompt_of_generate_comes_first() -> None:
    ask = ollama.read_generate({"model": "m", "prompt": "p", "system": "s"})
    assert [(m.role, m.text) for m in ask.messages] == [("system", "s"), ("user", "p")]


def test_a_stream_ends_with_done_counts_and_durations() -> None:
    ask = ollama.read_chat(CHAT)
    made = Engine(SimSettings()).make(ask, None)
    lines = [json.loads(event.data) for event in ollama.stream_chat(ask, made)]
    assert [line["done"] for line in lines] == [False, False, True]
    assert {"total_duration", "load_duration", "eval_count", "done_reason"} <= set(lines[-1])
    assert all(line["model"] == "m" for line in lines)


def test_a_cut_call_has_empty_arguments() -> None:
    tools = [{"function": {"name": "run", "parameters": {"properties": {"cmd": {}}}}}]
    talk = [{"role": "user", "content": "run: echo hi"}]
    ask = ollama.read_chat(
        {"model": "m", "messages": talk, "tools": tools, "options": {"num_predict": 3}}
    )
    told = ollama.whole_chat(ask, Engine(SimSettings()).make(ask, None))
    assert told["message"]["tool_calls"][0]["function"]["arguments"] == {}
    assert told["done_reason"] == "length"


def test_unloading_says_so() -> None:
    assert ollama.loaded({"messages": [], "keep_alive": 0}, "m")["done_reason"] == "unload"


def test_the_time_is_rfc_3339() -> None:
    assert ollama.now().endswith("Z")
    assert datetime.fromisoformat(ollama.now()).tzinfo is not None
