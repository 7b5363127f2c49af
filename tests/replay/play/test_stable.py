"""What of a request is volatile, and what is content."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.replay.play.stable import NAMES_OF_CLIENTS, stable

ENVIRONMENT = """<environment_context>
  <cwd>{folder}</cwd>
  <shell>bash</shell>
  <current_date>{date}</current_date>
</environment_context>"""
SKILLS = "<skills_instructions>\n### Skill roots\n- `r0` = `{home}/skills`\n### Available skills\n- look: {does}\n</skills_instructions>"


def message(role: str, text: str, name: str = "msg_1") -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "id": name, "role": role, "content": content}


def codex(
    *,
    folder: str = "/home/dev/work",
    date: str = "2026-11-24",
    call: str = "call_83fad",
    name: str = "019ab3f2",
    wall: str = "0.3091",
    home: str = "/root/.codex",
    prompt: str = "look at {folder}/a.py",
    does: str = "Looks.",
) -> dict[str, Any]:
    output = f"Chunk ID: c849d4\nWall time: {wall} seconds\nProcess exited with code 0\nOutput:\n{folder}\n"
    return {
        "model": "gemma4",
        "prompt_cache_key": name,
        "client_metadata": {"thread_id": name, "x": call},
        "input": [
            message("developer", SKILLS.format(home=home, does=does), f"msg_{name}"),
            message(
                "developer", f"<permissions instructions>\n{date}\n</permissions instructions>"
            ),
            message("user", ENVIRONMENT.format(folder=folder, date=date)),
            message("user", prompt.format(folder=folder), name),
            {"type": "function_call", "id": f"fc_{name}", "name": "ls", "call_id": call},
            {"type": "function_call_output", "id": f"o{name}", "call_id": call, "output": output},
        ],
    }


@pytest.mark.parametrize(
    "other",
    [
        {"folder": "/tmp/elsewhere"},
        {"date": "2027-01-01"},
        {"call": "call_99"},
        {"name": "another-thread"},
        {"wall": "12.0"},
        {"home": "/home/me/.codex"},
    ],
)
def test_a_turn_of_codex_is_the_same_on_another_day_machine_and_thread(
    other: dict[str, str],
) -> None:
    assert stable("responses", codex(**other)) == stable("responses", codex())


@pytest.mark.parametrize("other", [{"prompt": "look away"}, {"does": "Looks twice."}])
def test_a_turn_of_codex_that_asks_something_else_is_another(other: dict[str, str]) -> None:
    assert stable("responses", codex(**other)) != stable("responses", codex())


def test_a_recorded_turn_of_codex_keeps_its_prompt_and_loses_its_names(shared: Path) -> None:
    path = shared / "captures/codex-0.169/tool_loop_full_access.03.json"
    body = json.loads(path.read_text())["request"]["body"]
    kept = json.dumps(stable("responses", body))
    for volatile in (
        "thread_id",
        "msg_0",
        "2026-11-24",
        "Chunk ID: 0",
        "/home/dev/lab/work",
        "call_6207",
    ):
        assert volatile in json.dumps(body)
        assert volatile not in kept
    assert len(kept) > 0.5 * len(json.dumps(body))


def test_which_result_belongs_to_which_call_counts_and_how_ids_are_spelt_does_not() -> None:
    def talk(first: str, second: str, result: str) -> dict[str, Any]:
        calls = [{"id": name, "function": {"name": "f"}} for name in (first, second)]
        return {
            "messages": [
                {"role": "assistant", "tool_calls": calls},
                {"role": "tool", "tool_call_id": result, "content": "7"},
            ]
        }

    assert stable("chat", talk("a", "b", "a")) == stable("chat", talk("x", "y", "x"))
    assert stable("chat", talk("a", "b", "a")) != stable("chat", talk("a", "b", "b"))


def test_a_reference_is_its_id() -> None:
    asked = [{"input": [{"type": "item_reference", "id": name}]} for name in "ab"]
    assert stable("responses", asked[0]) != stable("responses", asked[1])
    bare = [{"input": [{"id": name}]} for name in "ab"]
    assert stable("responses", bare[0]) != stable("responses", bare[1])


def test_the_value_itself_is_not_changed() -> None:
    value = codex()
    before = json.dumps(value)
    stable("responses", value)
    assert json.dumps(value) == before


def test_of_an_unknown_dialect_all_is_kept() -> None:
    value = {"user": "me", "id": 1}
    assert stable(None, value) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda part: (
        st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=8), part, max_size=4)
    ),
    max_leaves=12,
)
OBJECT = st.dictionaries(
    st.sampled_from(["input", "messages", "model", "content", "id", "role", "output", "user"]), JSON
)


@settings(max_examples=50)
@given(st.sampled_from(["responses", "chat", "ollama_chat", "embeddings"]), OBJECT, st.data())
def test_whatever_strangers_send_names_of_clients_alone_go_from_the_top(
    dialect: str, value: dict[str, Any], data: st.DataObject
) -> None:
    kept = stable(dialect, value)
    assert kept.keys() == value.keys() - NAMES_OF_CLIENTS
    named = data.draw(st.sampled_from(sorted(NAMES_OF_CLIENTS)))
    assert stable(dialect, {**value, named: data.draw(JSON)}) == kept
