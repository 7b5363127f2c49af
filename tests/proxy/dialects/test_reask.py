"""A conversation with a failed answer and what was wrong with it stays a legal one."""

import json
from typing import Any

import pytest

from driftgate.proxy.dialects.edit import append_reask
from driftgate.proxy.dialects.meaning import Answer, ToolCall
from driftgate.proxy.dialects.reask import CALL_LIMIT, LIMIT, NO_ANSWER, NOT_RUN

WRONG = "items/0/name is missing"
CALLS = (ToolCall("f", '{"a": 1}', "c1"), ToolCall("g", "{cut", None), ToolCall("p", "text", "c3"))
ASKED: dict[str, dict[str, Any]] = {
    "responses": {"input": "hi"},
    "chat": {"messages": [{"role": "user", "content": "hi"}]},
    "completions": {"prompt": "hi"},
    "ollama_chat": {"messages": [{"role": "user", "content": "hi"}]},
    "ollama_generate": {"prompt": "hi"},
}
PATHS = {
    "responses": "/v1/responses",
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "ollama_chat": "/api/chat",
    "ollama_generate": "/api/generate",
}


@pytest.mark.parametrize("dialect", ASKED)
def test_the_answer_and_the_message_are_read_back_in_order(make: Any, dialect: str) -> None:
    body = append_reask(dialect, ASKED[dialect], Answer(text="bad"), WRONG)
    items = make.call(PATHS[dialect], body).request.items
    assert "".join(item.text.replace("\n", "") for item in items) == f"hibad{WRONG}"
    if "prompt" not in body:
        assert [item.role for item in items] == ["user", "assistant", "user"]
        assert ASKED[dialect] == (
            {"input": "hi"}
            if dialect == "responses"
            else {"messages": [{"role": "user", "content": "hi"}]}
        )


@pytest.mark.parametrize("dialect", ["chat", "ollama_chat", "responses"])
def test_roles_alternate_although_there_was_no_answer(make: Any, dialect: str) -> None:
    body = append_reask(dialect, ASKED[dialect], Answer(), WRONG)
    items = make.call(PATHS[dialect], body).request.items
    assert [item.text for item in items] == ["hi", NO_ANSWER, WRONG]


def test_each_call_of_responses_has_its_result() -> None:
    asked = {"input": [], "tools": [{"type": "custom", "name": "p"}]}
    items = append_reask("responses", asked, Answer(tool_calls=CALLS), WRONG)["input"]
    kinds = [item["type"] for item in items]
    assert kinds[:3] == ["function_call", "function_call", "custom_tool_call"]
    assert kinds[3:] == [f"{kind}_output" for kind in kinds[:3]] + ["message"]
    assert [item["call_id"] for item in items[:3]] == [item["call_id"] for item in items[3:6]]
    assert [json.loads(item["arguments"]) for item in items[:2]] == [{"a": 1}, {}]
    assert items[2]["input"] == "text"
    assert items[3]["output"] == NOT_RUN
    assert "{cut" in items[4]["output"]


def test_a_namespace_stays_with_its_call() -> None:
    answer = Answer(tool_calls=(ToolCall("f", "{}", "c", "agents"),))
    items = append_reask("responses", {"input": []}, answer, WRONG)["input"]
    assert items[0]["namespace"] == "agents"


def test_each_call_of_a_chat_has_its_result() -> None:
    made = append_reask("chat", {"messages": []}, Answer(text="t", tool_calls=CALLS), WRONG)
    turn, *results, said = made["messages"]
    assert turn["content"] == "t"
    assert [call["id"] for call in turn["tool_calls"]] == [r["tool_call_id"] for r in results]
    assert all(json.loads(call["function"]["arguments"]) is not None for call in turn["tool_calls"])
    assert said == {"role": "user", "content": WRONG}


def test_each_call_of_ollama_has_its_result() -> None:
    made = append_reask("ollama_chat", {"messages": []}, Answer(tool_calls=CALLS), WRONG)
    turn, *results, _ = made["messages"]
    assert [call["function"]["arguments"] for call in turn["tool_calls"]] == [{"a": 1}, {}, {}]
    assert [result["tool_name"] for result in results] == ["f", "g", "p"]


def test_a_flood_is_cut() -> None:
    calls = tuple(ToolCall("f", json.dumps({"a": "x" * LIMIT}), f"c{n}") for n in range(66))
    made = append_reask("chat", {}, Answer(text="ä" * LIMIT, tool_calls=calls), WRONG)
    turn = made["messages"][0]
    assert turn["content"] == "ä" * (LIMIT // 2)
    assert len(turn["tool_calls"]) == CALL_LIMIT
    assert len(json.dumps(made)) < 8 * LIMIT


def test_prompts_that_cannot_be_carried_on_are_left_alone() -> None:
    answer = Answer(text="t")
    assert append_reask("completions", {"prompt": [1, 2]}, answer, WRONG) == {"prompt": [1, 2]}
    made = append_reask("completions", {"prompt": ["a", "b"]}, answer, WRONG)
    assert made["prompt"][0] == "a"
    assert made["prompt"][1].startswith("b\n\nt\n\n")
