"""Which tool is called, and with what."""

import json
from dataclasses import replace

import pytest

from driftgate.sim.ask import Ask, Call, Message, SimError, Tool
from driftgate.sim.dice import Dice
from driftgate.sim.tools import about, choose

EXEC = Tool(
    "exec_command",
    "Runs a command in a PTY.",
    {
        "type": "object",
        "properties": {"cmd": {"type": "string"}, "tty": {"type": "boolean"}},
        "required": ["cmd"],
    },
)


def calls(prompt: str, *tools: Tool, choice: str = "auto") -> tuple[Call, ...]:
    ask = Ask(messages=(Message("user", prompt),), tools=tools, tool_choice=choice)
    return choose(ask, Dice(0))


def test_several_commands_are_run_one_after_the_other() -> None:
    talk = [Message("user", "run: one\nrun: two")]
    commands = []
    for _ in range(3):
        ask = Ask(messages=tuple(talk), tools=(EXEC,))
        made = choose(ask, Dice(0))
        commands += [json.loads(call.arguments)["cmd"] for call in made]
        talk += [Message("assistant", calls=made), Message("tool", "Output:\nok")]
    assert commands == ["one", "two"]


def test_a_tool_is_called_by_name_with_given_arguments() -> None:
    (call,) = calls('call exec_command {"cmd": "ls", "tty": true}', EXEC)
    assert json.loads(call.arguments) == {"cmd": "ls", "tty": True}


def test_a_namespace_stays_with_its_call() -> None:
    tool = replace(EXEC, name="spawn_agent", namespace="multi_agent_v1", parameters={})
    (call,) = calls("call spawn_agent", tool)
    assert (call.name, call.namespace, call.arguments) == ("spawn_agent", "multi_agent_v1", "{}")


def test_small_talk_calls_no_tool() -> None:
    assert calls("Good morning!", EXEC) == ()


def test_an_undeclared_choice_is_refused() -> None:
    with pytest.raises(SimError, match="undeclared"):
        calls("hello", EXEC, choice="nobody")


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("3 degrees", "The tool says: 3 degrees"),
        ("Wall time: 1\nOutput:\nhi\n", "The tool says: hi"),
        ("", "The tool has nothing to say."),
    ],
)
def test_a_result_is_told(result: str, told: str) -> None:
    assert about(result) == told
