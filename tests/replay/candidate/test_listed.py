"""The models that a server lists."""

import json
from typing import Any

import pytest

from driftgate.proxy.upstream.fetch import Fetched
from driftgate.replay.candidate.listed import Fetch, listed

MODELS = {"data": [{"id": "gemma4", "aliases": ["g4", 3]}, "x", {"id": 3}, {"id": "a" * 300}]}


def saying(status: int, told: Any, asked: list[str] | None = None) -> Fetch:
    async def request(method: str, url: str, **limits: Any) -> Fetched | None:
        if asked is not None:
            asked.append(f"{method} {url} {limits['verify_tls']}")
        return Fetched(status, json.dumps(told).encode())

    return request


async def test_names_and_other_names_are_listed_and_all_else_is_left() -> None:
    asked: list[str] = []
    found = await listed("http://h/v1", verify_tls=False, request=saying(200, MODELS, asked))
    assert found[:2] == ("gemma4", "g4")
    assert len(found) == 3
    assert len(found[2]) <= 203
    assert asked == ["GET http://h/v1/models False"]


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, MODELS), (200, []), (200, {"data": "no"}), (200, {"data": [None]}), (404, {})],
)
async def test_a_server_that_tells_nothing_lists_nothing(status: int, told: Any) -> None:
    assert await listed("http://h", request=saying(status, told)) == ()


async def test_a_server_that_is_not_there_lists_nothing() -> None:
    async def nobody(*_: Any, **__: Any) -> Fetched | None:
        return None

    assert await listed("http://h", request=nobody) == ()
