"""What a request says that the one before it did not."""

import json
from typing import Any

from driftgate.dashboards.call.against_previous import SHOWN, Changes, changes
from driftgate.proxy.dialects.describe import Described, describe
from driftgate.proxy.record import Recorded


def said(*texts: str, **fields: Any) -> Described:
    messages = [{"role": "user", "content": text} for text in texts]
    return asked({"messages": messages, **fields})


def asked(body: Any) -> Described:
    target = "/v1/chat/completions"
    return describe(Recorded(b"", 0, "", target=target, request_body=json.dumps(body).encode()))


def told(found: Changes) -> list[tuple[str, int, str]]:
    return [(each.sign, each.number, each.text) for each in found.moved]


def test_the_same_request_has_no_changes() -> None:
    assert changes(said("a", "b"), said("a", "b")).nothing


def test_what_was_added_behind_is_told() -> None:
    found = changes(said("a", "b"), said("a", "b", "c"))
    assert (found.kept, told(found)) == (2, [("+", 3, "c")])


def test_what_went_is_told_by_its_number_before() -> None:
    found = changes(said("a", "b", "c"), said("a", "c"))
    assert (found.kept, told(found), found.removed) == (2, [("-", 2, "b")], 1)


def test_a_changed_item_is_told_line_by_line() -> None:
    found = changes(said("one\ntwo", "b"), said("one\nthree", "b"))
    (changed,) = found.rewritten
    assert changed.lines == ((" ", "one"), ("-", "two"), ("+", "three"))
    assert not found.moved


def test_a_changed_system_prompt_is_found() -> None:
    before, after = (
        asked({"messages": [{"role": "system", "content": text}, {"role": "user", "content": "x"}]})
        for text in ("Be kind.", "Be short.")
    )
    assert changes(before, after).rewritten[0].role == "system"


def test_parameters_are_told_with_both_values() -> None:
    found = changes(said("a", temperature=0.1, seed=1), said("a", temperature=0.9))
    assert sorted(found.parameters) == [("seed", 1, None), ("temperature", 0.1, 0.9)]


def test_tools_that_came_went_and_changed_are_told_by_name() -> None:
    def tool(name: str, about: str = "") -> dict[str, Any]:
        return {"type": "function", "function": {"name": name, "description": about}}

    before = said("a", tools=[tool("kept"), tool("gone"), tool("other", "so")])
    after = said("a", tools=[tool("new"), tool("kept"), tool("other", "otherwise")])
    assert changes(before, after).tools == (("+", "new"), ("-", "gone"), ("~", "other"))


def test_of_thousands_of_new_items_the_first_are_told_and_all_are_counted() -> None:
    found = changes(said("a"), said("a", *map(str, range(3_000))))
    assert (found.added, len(found.moved), found.left_out) == (3_000, SHOWN, 3_000 - SHOWN)
