"""A session, as a visitor sees it."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from driftgate.dashboards.pages.session import look
from driftgate.dashboards.views import talk
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import open_history
from tests.support.shown import Shown
from tests.support.sites import shown_site


def seen(history: Path, session: str, page: int = 1) -> dict[str, Any]:
    with open_history(history) as reader:
        return look(reader, session, page)


async def test_a_codex_session_is_told_by_its_turns_and_tools(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page(f"/sessions/{shown.session}")
    for words in ("Turn 1", "Which files are here?", "Turn 2", "Delete the old one.", "67 % came"):
        assert words in page
    assert f'href="/_driftgate/calls/{shown["turn_1_end"]}"' in page
    assert "shell {&#34;command&#34;: [&#34;ls&#34;, &#34;-la&#34;]}" in page


def test_its_numbers_are_those_of_its_calls(shown: Shown) -> None:
    view = seen(shown.path, shown.session)
    assert [len(turn.calls) for turn in view["turns"]] == [3, 3]
    assert view["facts"]["input_tokens"] == 720
    assert [(tool["name"], tool["times"], tool["failures"]) for tool in view["tools"]] == [
        ("shell", 4, 0)
    ]
    context, items, _ = view["charts"]
    assert list(items.series[0].values) == [2, 4, 6, 8, 10, 12]
    assert [each.name for each in context.series] == ["input", "of them cached"]


def test_loops_are_what_the_check_found_and_equal_calls_in_a_turn(shown: Shown) -> None:
    view = seen(shown.path, "weather talk")
    assert [row["call_id"] for row in view["told_loops"]] == [UUID(shown["loop"])]
    assert ("get_weather", 7) in [(row["name"], row["times"]) for row in view["loops"]]


async def test_what_an_agent_did_is_a_tree_below_its_call(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/sessions/tidying")
    order = [
        "Turn of agent",
        shown["agent_0"],
        "$ ls -la",
        "a.py",
        shown["agent_1"],
        "All is tidy.",
    ]
    places = [page.rindex(words) for words in order]
    assert places == sorted(places)
    assert "exit 0" in page


async def test_a_call_names_a_session_that_no_address_can(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/sessions/-", call=shown["agent"])
        assert "tidying" in page
        await site.page("/sessions/-", 404, call=shown["refused"])


async def test_what_there_is_not_is_not_found(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        assert "no call of such a session" in await site.page("/sessions/nobody", 404)
        assert "no page" in await site.page("/sessions/tidying", 400, page="x")
    with pytest.raises(NotFoundError, match="1 pages"):
        seen(shown.path, "tidying", 2)


async def test_a_long_session_is_told_page_by_page(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "PAGE", 2)
    async with shown_site(shown.path) as site:
        page = await site.page(f"/sessions/{shown.session}", page="2")
        part = await site.part(f"/sessions/{shown.session}", page="3")
    assert "Page 2 of 3" in page
    assert "Turn 1, going on" in page
    assert shown["turn_0_0"] not in page.partition('id="view"')[2]
    assert "<html" not in part
    assert "Page 3 of 3" in part


async def test_calls_of_no_turn_are_told_by_their_numbers(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        assert "Calls 1 to 3" in await site.page("/sessions/weather talk")
        assert ">Call 1<" in await site.page("/sessions/tidying")
