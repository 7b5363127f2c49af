"""The input of a Responses request, read for an agent."""

import json
from typing import Any

import pytest

from driftgate.proxy.agent.dialects.ask import read
from driftgate.proxy.agent.dialects.ask_responses import conversation, read_input
from driftgate.proxy.agent.dialects.talk import Talk
from driftgate.proxy.agent.failures import AgentError

USER = {"role": "user", "content": "now"}


def unknown(_: str) -> None:
    return None


def talk(given: Any, **more: Any) -> Talk:
    return read_input({"input": given, **more}, unknown)


def test_a_text_is_the_prompt() -> None:
    assert talk("hi").divided() == ([], [{"type": "text", "text": "hi"}])


def test_instructions_stand_before_what_the_developer_said() -> None:
    got = talk([{"role": "developer", "content": "b"}, "hi"], instructions="a")
    assert got.instructions == "a\n\nb"
    assert len(got.items) == 1


def test_an_agents_own_items_come_back_as_what_codex_did() -> None:
    outcome = {"type": "exit", "exit_code": 1}
    ran, gave, patched, fate = talk(
        [
            {"type": "shell_call", "call_id": "c1", "action": {"commands": ["ls", "pwd"]}},
            {"type": "shell_call_output", "call_id": "c1", "output": [{"stdout": "a\n", "stderr": "", "outcome": outcome}]},
            {"type": "apply_patch_call", "call_id": "c2", "operation": {"type": "create_file", "path": "a", "diff": "x"}},
            {"type": "apply_patch_call_output", "call_id": "c2", "status": "failed"},
        ]
    ).items  # fmt: skip
    assert (ran["name"], json.loads(ran["arguments"])) == ("exec_command", {"cmd": "ls\npwd"})
    assert gave["output"] == "a\nProcess exited with code 1"
    assert (patched["name"], json.loads(patched["arguments"])["path"]) == ("apply_patch", "a")
    assert (fate["call_id"], fate["output"]) == ("c2", "failed")


def test_calls_of_other_tools_are_plain_function_calls() -> None:
    made = talk(
        [
            {"type": "custom_tool_call", "call_id": "c1", "name": "sh", "input": "ls"},
            {"type": "custom_tool_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "x"}]},
            {"type": "function_call", "call_id": "c2", "name": "f", "arguments": "{}"},
            {"type": "local_shell_call", "call_id": "c3", "action": {"type": "exec", "command": ["ls", "-l"]}},
        ]
    ).items  # fmt: skip
    assert [item["type"] for item in made] == ["function_call", "function_call_output", "function_call", "function_call"]  # fmt: skip
    assert json.loads(made[0]["arguments"]) == {"input": "ls"}
    assert json.loads(made[3]["arguments"]) == {"cmd": "ls -l"}


def test_thoughts_are_left_out_and_what_nobody_else_has_is_told() -> None:
    got = talk([{"type": "reasoning", "summary": []}, {"type": "web_search_call"}, USER])
    assert len(got.items) == 1
    assert got.dropped == ["input/1 'web_search_call'"]


def test_a_conversation_goes_on_from_an_answer_that_is_remembered() -> None:
    known: dict[str, list[dict[str, Any]]] = {}
    first = {"input": [{"role": "developer", "content": "dev"}, USER], "instructions": "once"}
    asked = read("responses", json.dumps(first).encode(), known.get)
    known["resp_1"] = conversation(
        asked, read_input({"input": [{"role": "assistant", "content": "then"}]}, unknown).items
    )
    second = {"input": "more", "previous_response_id": "resp_1", "instructions": "twice"}
    asked = read("responses", json.dumps(second).encode(), known.get)
    assert asked.instructions == "twice\n\ndev"
    assert [item["content"][0]["text"] for item in asked.history] == ["now", "then"]
    known["resp_2"] = conversation(asked, [])
    third = {"input": "and?", "previous_response_id": "resp_2"}
    asked = read("responses", json.dumps(third).encode(), known.get)
    assert asked.instructions == "dev"
    assert len(asked.history) == 3


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "input: a text, or a list of items, is needed"),
        ({"input": [3]}, "input/0: an item is an object"),
        ({"input": [{"role": "critic"}]}, "input/0: an agent knows no role 'critic'"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input/0: driftgate stores no items"),
        ({"input": "x", "previous_response_id": "resp_\n"}, r"no answer 'resp_\\n' is remembered"),
        ({"input": "x", "previous_response_id": 3}, "no answer 3 is remembered"),
        ({"input": "x", "conversation": "c"}, "conversation: an agent does not have that"),
        ({"input": "x", "background": True}, "background: "),
        ({"input": "x", "instructions": {"a": 1}}, "instructions: content is neither"),
    ],
)
def test_what_an_agent_cannot_take_up_is_refused(body: Any, why: str) -> None:
    with pytest.raises(AgentError, match=why):
        read_input(body, unknown)
