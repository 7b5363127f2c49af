"""Tool calls written as text."""

import json
from typing import Any

import pytest

from driftgate.contracts.repair.offers import resolver
from driftgate.contracts.repair.tool_text import find_calls

RESOLVE = resolver({(None, "look"), (None, "run"), ("files", "read")})
LOOK = ("look", {"at": "sky", "n": 3})


def calls(text: str) -> list[tuple[str, Any]] | None:
    found = find_calls(text, RESOLVE)
    return (
        None if found is None else [(call.name, json.loads(call.arguments)) for call in found.calls]
    )


@pytest.mark.parametrize(
    "text",
    [
        '<|tool_call>call:look{at:<|"|>sky<|"|>,n:3}<tool_call|>',
        '<|tool_call>call:look{at:<|"|>sky<|"|>,n:3}<tool_call|><|tool_response>',
        '<|tool_call>call:look{at:<|"|>sky<|"|>,n:3}',
        'call:look{at:<|"|>sky<|"|>,n:3}',
        '<tool_call>\n{"name": "look", "arguments": {"at": "sky", "n": 3}}\n</tool_call>',
        '{"name": "look", "arguments": {"at": "sky", "n": 3}}',
        '{"name": "look", "parameters": {"at": "sky", "n": 3}}',
        '{"name": "look", "arguments": "{\\"at\\": \\"sky\\", \\"n\\": 3}"}',
        '[{"name": "look", "arguments": {"at": "sky", "n": 3}}]',
        '```json\n{"name": "look", "arguments": {"at": "sky", "n": 3}}\n```',
        '{"tool_calls": [{"id": "1", "function": {"name": "look", "args": {"at": "sky", "n": 3}}}]}',
        '```tool_code\ncall:look{at:<|"|>sky<|"|>,n:3}\n```',
        '{"type": "function", "function": {"name": "look", "parameters": {"at": "sky", "n": 3}}}',
        '{"function": "look", "arguments": {"at": "sky", "n": 3}}',
        '{"type": "function", "name": "functions.look", "parameters": {"at": "sky", "n": 3}}',
    ],
)
def test_every_way_to_write_a_call_is_read(text: str) -> None:
    found = find_calls(text, RESOLVE)
    assert found is not None
    assert found.rest == ""
    assert calls(text) == [LOOK]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I would call look.",
        "call:fly{at:1}",
        "<|tool_call>call:fly{at:1}<tool_call|>",
        '<|tool_call>call:look{at:<|"|>sky',  # what it would do is unknown
        "In Gemma you write `call:look{n:3}`.",
        "```\ncall:look{n:3}\n```\nis how you write it.",
        "```\ncall:look{n:3}\nand more\n```",
        "He said call:look{n:3}",
        '{"name": "look"}',
        '{"name": "look", "arguments": [1]}',
        '{"name": "look", "arguments": "sky"}',
        '{"name": "look", "arguments": {}, "age": 7}',
        '{"name": "fly", "arguments": {}}',
        '[{"name": "look", "arguments": {}}, {"name": "fly", "arguments": {}}]',
        "[]",
        '{"tool_calls": []}',
        "[" * 100_000,
        "<|tool_call>" * 50_000,
    ],
)
def test_what_is_no_call_of_a_tool_on_offer_stays_text(text: str) -> None:
    assert find_calls(text, RESOLVE) is None


def test_several_calls_and_the_text_around_them_are_kept_in_order() -> None:
    text = "First.\n<|tool_call>call:look{n:1}<tool_call|>then<|tool_call>call:run{}<tool_call|>"
    found = find_calls(text, RESOLVE)
    assert found is not None
    assert found.rest == "First.\nthen"
    assert calls(text) == [("look", {"n": 1}), ("run", {})]


def test_prose_before_a_block_of_calls_is_kept() -> None:
    found = find_calls('I look.\n```json\n{"name": "look", "arguments": {}}\n```', RESOLVE)
    assert found is not None
    assert (len(found.calls), found.rest) == (1, "I look.")


def test_one_call_of_an_unknown_tool_leaves_all_as_text() -> None:
    assert calls("call:look{n:1}\ncall:fly{n:1}") is None


def test_a_namespaced_tool_keeps_its_namespace() -> None:
    found = find_calls('call:files__read{path:<|"|>a<|"|>}', RESOLVE)
    assert found is not None
    assert (found.calls[0].namespace, found.calls[0].name) == ("files", "read")


def test_a_flood_of_calls_is_no_call() -> None:
    assert calls("call:look{n:1}\n" * 1000) is None
