"""Commands that Codex does not tell of."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.turns.untold import Untold

Json = dict[str, Any]


def call(name: str = "exec_command", call_id: str = "c", **arguments: Any) -> Json:
    told = json.dumps(arguments)
    return {"type": "function_call", "name": name, "call_id": call_id, "arguments": told}


def answer(output: Any, call_id: str = "c") -> Json:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


DENIED = "Chunk ID: 1\nWall time: 0.0 seconds\nProcess exited with code 1\nOutput:\ntouch: no\n"


def test_a_command_without_an_item_is_made_one() -> None:
    untold = Untold()
    assert untold.feed(call(cmd="touch /etc/x")) is None
    assert untold.feed(answer(DENIED)) == {
        "type": "commandExecution",
        "id": "c",
        "command": "touch /etc/x",
        "status": "failed",
        "aggregatedOutput": "touch: no\n",
        "exitCode": 1,
    }
    assert untold.feed(answer(DENIED)) is None


def test_a_command_that_was_told_is_not_told_twice() -> None:
    for early in (True, False):
        untold = Untold()
        if early:
            untold.tell({"id": "c"})
        untold.feed(call(cmd="ls"))
        untold.tell({"id": "c"})
        assert untold.feed(answer(DENIED)) is None


def test_calls_of_other_tools_are_no_commands() -> None:
    untold = Untold()
    untold.feed(call("write_stdin", cmd="x"))
    assert untold.feed(answer(DENIED)) is None


def test_an_answer_of_another_shape_is_the_output() -> None:
    untold = Untold()
    untold.feed(call(cmd="ls"))
    item = untold.feed(answer("rejected by the user"))
    assert item is not None
    assert (item["aggregatedOutput"], item["exitCode"]) == ("rejected by the user", None)


def test_calls_without_an_answer_are_bounded() -> None:
    untold = Untold()
    for number in range(1000):
        untold.feed(call(call_id=f"c{number}", cmd="x"))
    assert len(untold._commands) == 256


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(values, values)
def test_nothing_makes_it_fail(arguments: Any, output: Any) -> None:
    untold = Untold()
    untold.tell({"id": arguments})
    told = {"type": "function_call", "name": "exec_command", "call_id": "c"}
    untold.feed({**told, "arguments": arguments})
    untold.feed({**told, "arguments": json.dumps(arguments)})
    untold.feed(answer(output))
    untold.feed({"call_id": arguments, "type": output})
