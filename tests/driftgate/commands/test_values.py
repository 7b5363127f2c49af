"""Values as commands write them."""

import json
from uuid import UUID

import pytest

from driftgate.commands.values import as_json, counted


def test_json_of_a_result_is_json() -> None:
    row = {"id": UUID(int=1), "speed": float("nan"), "body": b"\xff\x00"}
    assert json.loads(as_json(row)) == {"id": str(UUID(int=1)), "speed": None, "body": "/wA="}


def test_json_cannot_harm_a_terminal() -> None:
    assert "\x1b" not in as_json("\x1b[31m")
    assert json.loads(as_json("\x1b[31m")) == "\x1b[31m"


@pytest.mark.parametrize(("count", "text"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls")])
def test_a_count_has_its_plural(count: int, text: str) -> None:
    assert counted(count, "call") == text
