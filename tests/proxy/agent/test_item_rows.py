"""From steps to rows: what fits the tables, whatever a model wrote."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.cleaned import OBJECT_LIMIT, TEXT_LIMIT, Cleaner
from driftgate.proxy.agent.item_rows import (
    PATHS_LIMIT,
    TITLE_LIMIT,
    began_row,
    item_row,
    mark_of,
    prompt_text,
)
from driftgate.proxy.agent.steps import Began, Item, Kind
from driftgate.proxy.history import replay_rows
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.model import RedactSettings

RUN = "0190a0a0-0000-7000-8000-00000000000a"
CLEAN = Cleaner(Redactor(b"k" * 32, RedactSettings()))
TYPES = {
    **dict.fromkeys(("call_id", "run_id"), "UUID"),
    **dict.fromkeys(("attempt", "position", "exit_code"), "INTEGER"),
    **dict.fromkeys(("kind", "item_id", "title", "status", "cwd", "text", "data"), "VARCHAR"),
    **dict.fromkeys(("paths", "changes"), "VARCHAR[]"),
    "duration_ms": "BIGINT",
    "happened_at": "TIMESTAMP",
}
PLACE = {
    "call_id": "0190a0a0-0000-7000-8000-000000000001",
    "attempt": 1,
    "position": 0,
    "happened_at": "2026-11-28T17:00:00+00:00",
}
texts = st.text(st.characters(codec=None), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


items = st.builds(
    Item,
    kind=st.sampled_from(Kind),
    item=texts,
    title=texts,
    status=texts,
    text=texts,
    cwd=texts,
    exit_code=st.integers() | st.none(),
    duration_ms=st.integers() | st.none(),
    changes=st.lists(st.tuples(texts, texts, texts), max_size=3).map(tuple),
    data=st.dictionaries(texts, values, max_size=3),
)


@given(items)
def test_every_item_fits_its_table(item: Item) -> None:
    given_rows: list[Any] = [("agent_item_rows", {**PLACE, **item_row(item, CLEAN)})]
    [(_, row)] = replay_rows.leave_out_misfits(given_rows, {"agent_item_rows": TYPES})
    assert row["kind"] == item.kind
    assert row["status"]


def test_an_item_of_any_size_makes_a_row_of_a_bounded_size() -> None:
    huge = "x" * 1_000_000
    item = Item(
        kind=Kind.FILE_CHANGE,
        item=huge,
        title=huge,
        status=huge,
        text=huge,
        cwd=huge,
        changes=(("add", huge, huge),) * 5_000,
        data={huge: [huge] * 1_000, "deep": [[]] * 1_000_000},
    )
    row = item_row(item, CLEAN)
    assert (len(row["title"]), len(row["text"])) == (TITLE_LIMIT, TEXT_LIMIT)
    assert len(row["paths"]) == len(row["changes"]) <= PATHS_LIMIT
    assert len(str(row)) < 3 * TEXT_LIMIT + 5 * OBJECT_LIMIT
    assert len(str(began_row(Began(Kind.COMMAND, huge, huge), CLEAN))) < 2 * TITLE_LIMIT


def test_what_is_not_known_is_left_out() -> None:
    item = Item(kind=Kind.MESSAGE, item="m", title="hi", exit_code=1 << 40)
    assert item_row(item, CLEAN) == {
        "kind": "message",
        "item_id": "m",
        "title": "hi",
        "status": "completed",
    }


@pytest.mark.parametrize(
    ("mark", "row"),
    [
        (None, {}),
        (
            f"{RUN}/candidate/{RUN}/1",
            {"arm": "candidate", "run_id": RUN},
        ),
        (f"00000000-0000-0000-0000-000000000000/shadow/{RUN}/1", {"arm": "shadow"}),
        (f"x/baseline/{RUN}/1", {"arm": "unknown"}),
        ("", {"arm": "unknown"}),
        ("a/\x1b[2J", {"arm": "unknown"}),
    ],
)
def test_a_mark_always_names_an_arm(mark: str | None, row: dict[str, str]) -> None:
    assert mark_of(mark) == row


def test_a_prompt_is_its_texts_and_what_else_there_is() -> None:
    entries: list[dict[str, Any]] = [
        {"type": "text", "text": "a"},
        {"type": "localImage"},
        {},
        {"text": 1},
    ]
    assert prompt_text(entries) == "a\n\n[localImage]\n\n[input]\n\n1"
