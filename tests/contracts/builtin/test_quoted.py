"""Quoted, or named in a sentence."""

import time

import pytest

from driftgate.contracts.builtin.quoted import Quoted, has_marker

MARK = "<|turn>"


def place(text: str) -> tuple[int, int]:
    start = text.index(MARK)
    return start, start + len(MARK)


@pytest.mark.parametrize(
    ("text", "is_quoted"),
    [
        ("a `<|turn>` b", True),
        ("```\n<|turn>\n```", True),
        ("~~~\nx\n<|turn>\n~~~\n", True),
        ('a "<|turn>" b', True),
        ("a (<|turn>) b", True),
        ("```\n<|turn>\n", False),
        ("`a` <|turn> `b`", False),
        ("```\na\n```\n<|turn>", False),
        ("a <|turn> b", False),
        ("<|turn>", False),
    ],
)
def test_code_and_quotation_marks_quote(text: str, is_quoted: bool) -> None:
    assert Quoted(text).covers(*place(text)) is is_quoted


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("The token <|turn> opens a turn.", True),
        ("It ends with <|turn>.", True),
        ("<|turn> opens a turn.", False),
        ("Hello.\n<|turn>model", False),
        ("Hello.<|turn>", False),
        ("Hello. <|turn>", False),
        ("Hello. <|turn>model\nHi", False),
        ("1. <|turn> x", False),
    ],
)
def test_prose_on_both_sides_names(text: str, is_named: bool) -> None:
    assert Quoted(text).mentions(*place(text)) is is_named


@pytest.mark.parametrize(
    "text", ["<|x", "</think>", "a<unused7>", "<turn|>", "<end_of_turn>", "<eos>"]
)
def test_markers_are_seen(text: str) -> None:
    assert has_marker(text)


@pytest.mark.parametrize("text", ["", "a < b", "<td>", "<unused>", "<turn>", "|>", "<thing>"])
def test_other_signs_are_no_markers(text: str) -> None:
    assert not has_marker(text)


@pytest.mark.parametrize("text", ["`" * 300_000, "```\n" * 100_000, "`a" * 150_000, "<" * 300_000])
def test_hostile_texts_take_little_time(text: str) -> None:
    began = time.process_time()
    has_marker(text)
    Quoted(text)
    assert time.process_time() - began < 1.0
