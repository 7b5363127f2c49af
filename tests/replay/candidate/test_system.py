"""The system prompt of each dialect, read and replaced."""

from typing import Any

import pytest

from driftgate.replay.candidate.system import system_of, with_system

USER = {"role": "user", "content": "hi"}
PARTS = [{"type": "input_text", "text": "Be "}, {"type": "input_text", "text": "kind."}]
CODEX: list[dict[str, Any]] = [
    {"type": "message", "id": "msg_1", "role": "developer", "content": PARTS},
    {"role": "developer", "content": "Permissions."},
    USER,
]


@pytest.mark.parametrize(
    ("dialect", "body", "wanted"),
    [
        ("responses", {"instructions": "Old.", "input": "x"}, {"instructions": "New Old."}),
        ("responses", {"input": "x"}, {"instructions": "New "}),
        ("responses", {"instructions": "", "input": [USER]}, {"instructions": "New "}),
        (
            "responses",
            {"input": CODEX},
            {
                "input": [
                    {**CODEX[0], "content": [{"type": "input_text", "text": "New Be kind."}]},
                    *CODEX[1:],
                ]
            },
        ),
        (
            "responses",
            {"instructions": "Old.", "input": CODEX},
            {"instructions": "New Old.", "input": CODEX},
        ),
        (
            "chat",
            {"messages": [{"role": "system", "content": "Old."}, USER]},
            {"messages": [{"role": "system", "content": "New Old."}, USER]},
        ),
        ("chat", {"messages": [USER]}, {"messages": [{"role": "system", "content": "New "}, USER]}),
        (
            "ollama_chat",
            {"messages": [USER, {"role": "system", "content": "Late."}]},
            {
                "messages": [
                    {"role": "system", "content": "New "},
                    USER,
                    {"role": "system", "content": "Late."},
                ]
            },
        ),
        ("ollama_generate", {"system": "Old.", "prompt": "x"}, {"system": "New Old."}),
        ("ollama_generate", {"prompt": "x"}, {"system": "New "}),
        ("completions", {"prompt": "x"}, {}),
        ("chat", {"messages": None}, {"messages": [{"role": "system", "content": "New "}]}),
    ],
)
def test_the_first_system_prompt_is_replaced_and_all_else_stays(
    dialect: str, body: dict[str, Any], wanted: dict[str, Any]
) -> None:
    assert with_system(dialect, body, "New {recorded}") == {**body, **wanted}


def test_a_template_that_is_the_recorded_one_changes_nothing() -> None:
    for dialect, body in (
        ("responses", {"input": CODEX}),
        ("chat", {"messages": [{"role": "system", "content": PARTS}, USER]}),
        ("ollama_generate", {"system": "x"}),
    ):
        assert with_system(dialect, body, "{recorded}") == body


def test_braces_of_the_prompts_are_no_templates() -> None:
    body = {"instructions": "{recorded} {0} {x!r}"}
    told = with_system("responses", body, "{} {recorded} {{y}} {recorded}")
    assert told["instructions"] == "{} {recorded} {0} {x!r} {{y}} {recorded} {0} {x!r}"


def test_a_picture_in_the_system_prompt_stays() -> None:
    content = [{"type": "image_url"}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    body = {"messages": [{"role": "system", "content": content}]}
    told = with_system("chat", body, "new")
    assert told["messages"][0]["content"] == [
        {"type": "image_url"},
        {"type": "text", "text": "new"},
    ]
    only = {"messages": [{"role": "system", "content": [{"type": "image_url"}]}]}
    assert with_system("chat", only, "new")["messages"][0]["content"][0]["text"] == "new"


def test_it_is_read_as_a_person_reads_it() -> None:
    assert system_of("responses", {"input": CODEX}) == "Be kind."
    assert system_of("chat", {"messages": [USER]}) == ""
    assert system_of("chat", {"messages": "strange"}) == ""
