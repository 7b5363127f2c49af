"""Schemas that clients send cannot stall driftgate: patterns without end, depth, size."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.calling import chat, post
from tests.support.backends import Backend, Served
from tests.support.enforcing import ENFORCE, folder

pytestmark = pytest.mark.timeout(120)

Serve = Callable[..., Served]
PATH = "/v1/chat/completions"
SMALL, ABREAST = 60, 4
# the first is what everybody warns of; the others take ages in the `regex` module too
PATTERNS = ("(a+)+$", "^(a|a)+$", "^(a|aa)+$", "^(a|aa|a{3})*b$")
SAID = json.dumps("a" * 2000 + "!")
ARGUMENTS = json.dumps({"text": "a" * 60 + "!"})


def _deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"anyOf": [schema, {"type": "array", "items": {"type": "string"}}]}
    return schema


def _doubling(levels: int) -> dict[str, Any]:
    """Small to write; each level doubles what a simple judge would have to do."""
    names = [f"l{level}" for level in range(levels)]
    parts: dict[str, Any] = {
        name: {"allOf": [{"$ref": f"#/$defs/{after}"}] * 2} for name, after in pairwise(names)
    }
    return {"$ref": "#/$defs/l0", "$defs": {**parts, names[-1]: {"type": "string"}}}


SCHEMAS: list[dict[str, Any]] = [
    *({"type": "string", "pattern": pattern} for pattern in PATTERNS),
    {"allOf": [{"pattern": f"^(a|a){{{number},}}$"} for number in range(1, 40)]},
    _deep(400),
    _doubling(60),
    {"enum": [f"word {number}" for number in range(100_000)]},
    {"$ref": "http://127.0.0.1:9/schema.json"},
    {"type": "nonsense", "pattern": "(("},
]


def _asking(schema: dict[str, Any]) -> bytes:
    wanted = {"name": "hostile", "schema": schema}
    return chat(f"echo: {SAID}", response_format={"type": "json_schema", "json_schema": wanted})


def _calling(schema: dict[str, Any]) -> bytes:
    function = {"name": "write", "parameters": {"type": "object", "properties": {"text": schema}}}
    return chat(f"call: write {ARGUMENTS}", tools=[{"type": "function", "function": function}])


def _timed(served: Served, body: bytes, **headers: str) -> float:
    begin = time.monotonic()
    assert post(served.url + PATH, body, **headers)
    return time.monotonic() - begin


@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_other_calls_do_not_wait_and_all_of_them_end(
    sim: Backend, serve: Serve, tmp_path: Path, mode: str
) -> None:
    text = ENFORCE.replace("enforce", mode)
    served = serve(sim.url, "--contracts", str(folder(tmp_path / "contracts", text)))
    calling = {"type": "string", "pattern": PATTERNS[1]}
    with ThreadPoolExecutor(len(SCHEMAS)) as hostile, ThreadPoolExecutor(ABREAST) as small:
        slow = [  # the server itself must not look at the schema
            hostile.submit(_timed, served, _asking(schema), x_driftgate_sim="dropped_schema")
            for schema in SCHEMAS
        ]
        slow.append(hostile.submit(_timed, served, _calling(calling)))
        quick = sorted(small.map(lambda _: _timed(served, chat("echo: hi")), range(SMALL)))
        ended = [each.result(60) for each in slow]
    assert quick[int(0.95 * SMALL)] < 1
    assert max(ended) < 30
    served.ask_until("SELECT call_id FROM calls", SMALL + len(slow), 60)
    assert served.ask(
        "SELECT verdict, count(*) FROM calls WHERE output_text = 'hi' GROUP BY ALL"
    ) == [("pass", SMALL)]
    assert served.ask("SELECT call_id FROM calls WHERE judged_us > 10_000_000") == []
    keywords = {keyword for (keyword,) in served.ask("SELECT keyword FROM violations")}
    assert {"too_slow", "schema_invalid"} <= keywords
