"""A step in one line for people."""

from typing import Any

import pytest

from driftgate.proxy.agent.dialects.lines import begun, ended, one_line, told
from driftgate.proxy.agent.steps import Item, Kind


def item(kind: Kind, title: str = "", status: str = "completed", **more: Any) -> Item:
    return Item(kind=kind, item="i", title=title, status=status, **more)


def test_a_command_and_its_end() -> None:
    assert begun("ls -la") == "$ ls -la"
    assert ended(item(Kind.COMMAND, exit_code=2)) == "exit 2"
    assert ended(item(Kind.COMMAND, status="declined")) == "declined"


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        (item(Kind.FILE_CHANGE, "x", changes=(("add", "a", ""), ("update", "b", "d"))), ["add a", "update b"]),
        (item(Kind.FILE_CHANGE, "x", "failed", changes=(("add", "a", ""),)), ["add a: failed"]),
        (item(Kind.FILE_CHANGE, "a, b"), ["file change a, b"]),
        (item(Kind.APPROVAL, "rm -rf /", "declined"), ["approval rm -rf /: declined"]),
        (item(Kind.APPROVAL, "ls", "completed"), ["approval ls: given"]),
        (item(Kind.COMPACTION), ["history shortened"]),
        (item(Kind.OTHER, "plan: look"), ["plan: look"]),
        (item(Kind.OTHER), []),
    ],
)  # fmt: skip
def test_other_items(given: Item, lines: list[str]) -> None:
    assert told(given) == lines


@pytest.mark.parametrize(
    "text", ["a\nb", " a\r\n\tb ", "a\x1bb", "a\u2028b", "a\x00\x85b", "a\u202eb"]
)
def test_a_line_is_one_line(text: str) -> None:
    assert one_line(text) == "a b"


def test_a_line_is_bounded() -> None:
    assert one_line("x" * 200) == "x" * 200
    for text in ("x" * 201, "x" * 10_000_000, "x" * 190 + " " * 10_000 + "y" * 50):
        assert len(one_line(text)) <= 202
        assert one_line(text).endswith(" …")
