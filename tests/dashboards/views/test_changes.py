"""What changed meanwhile."""

import json
from datetime import datetime
from typing import Any

import pytest

from driftgate.dashboards.views.changes import Fact, changes

AT = datetime.fromisoformat("2026-11-28T20:30:00")


def row(**more: Any) -> dict[str, Any]:
    names = ("upstream", "model", "detail", "was", "version")
    return {**dict.fromkeys(names), "happened_at": AT, "kind": "fingerprint_changed", **more}


def test_a_backend_that_became_another_tells_each_fact() -> None:
    told = {"digest": ["a", "b"], "n_ctx": [None, 8192], "sampling": [{}, {"top_k": 1}]}
    [change] = changes([row(model="m", upstream="u", detail=json.dumps({"changed": told}))])
    assert change.label == "m at u: digest, n_ctx, sampling"
    assert change.facts == [
        Fact("digest", "a", "b"),
        Fact("n_ctx", "", "8192"),
        Fact("sampling", "{}", '{"top_k": 1}'),
    ]
    assert change.calls == "/_driftgate/calls?model=m&upstream=u&since=2026-11-28T20%3A30%3A00Z"


def test_another_driftgate_tells_both_versions() -> None:
    [change] = changes([row(kind="started", was="0.1", version="0.2")])
    assert change.label == "driftgate 0.2 started"
    assert change.facts == [Fact("version", "0.1", "0.2")]


def test_a_change_is_marked_at_its_second() -> None:
    [change] = changes([row(model="m")])
    assert change.mark.at == 1795897800.0


@pytest.mark.parametrize("detail", [None, "", "{", "[]", '{"changed": 1}', '{"changed": {"a": 1}}'])
def test_a_detail_that_cannot_be_read_leaves_the_change(detail: str | None) -> None:
    [change] = changes([row(model="m", detail=detail)])
    assert change.facts == []
    assert change.label == "m: another fingerprint"


def test_long_facts_are_cut() -> None:
    detail = json.dumps({"changed": {"template": ["x" * 5000, "y"]}})
    [change] = changes([row(detail=detail)])
    assert len(change.facts[0].was) == 301
