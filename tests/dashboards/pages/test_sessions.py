"""The list of sessions, as a visitor sees it."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from driftgate.dashboards.pages import sessions
from driftgate.dashboards.pages.sessions import look, place
from driftgate.dashboards.views.period import period
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.reader import open_history
from tests.support.recorded_calls import record, small
from tests.support.shown import MODEL, Shown
from tests.support.sites import shown_site
from tests.support.tame import wild


def seen(history: Path, after: str | None = None, **filters: str) -> dict[str, Any]:
    wanted = {"text": filters.get("text"), "model": filters.get("model")}
    with open_history(history) as reader:
        return look(reader, period("all"), wanted, after)


def named(view: dict[str, Any]) -> list[str]:
    return [each["session_id"] for each in view["sessions"]]


async def test_the_list_tells_what_each_session_asked_and_its_trouble(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/sessions")
    assert f'href="/_driftgate/sessions/{shown.session}"' in page
    assert "Which files are here?" in page
    assert '<span class="badge warn">loop</span>' in page
    assert "codex_exec" in page


def test_the_first_question_is_the_earliest_whatever_the_ids_say(tmp_path: Path) -> None:
    """Ids made within one millisecond are in no order."""
    recording = small(tmp_path / "h.duckdb")
    headers = [("x-driftgate-session", "quick"), ("content-type", "application/json")]
    for number, text in ((9, "first"), (8, "second")):
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
        made = record(number, request_headers=headers, request_body=body)
        made.started_ns -= number * 2 * 10**9  # the first one's id is the greater one
        recording.add(made)
    (found,) = (each for each in seen(recording.path)["sessions"] if each["session_id"] == "quick")
    assert found["question"] == "first"


async def test_htmx_is_given_the_list_alone(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        assert "<html" not in await site.part("/sessions")


def test_the_numbers_are_those_of_the_view_sessions(shown: Shown) -> None:
    found = {each["session_id"]: each for each in seen(shown.path)["sessions"]}
    with open_history(shown.path) as reader:
        rows = reader.ask("FROM sessions").by_name()
    assert set(found) == {row["session_id"] for row in rows}
    for row in rows:
        own = found[row["session_id"]]
        assert (own["calls"], own["turns"], own["errors"], own["retries"], own["input_tokens"]) == (
            row["calls"],
            row["turns"],
            row["failures"],
            row["retries"],
            row["input_tokens"],
        )


def test_pages_tell_each_session_once_newest_first(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = named(seen(shown.path))
    monkeypatch.setattr(sessions, "ROWS", 7)
    told, after = [], None
    while True:
        view = seen(shown.path, after)
        told += named(view)
        if view["next"] is None:
            break
        after = view["next"].rpartition("after=")[2]
    assert told == whole


def test_filters_find_sessions_of_which_a_call_is_like_that(shown: Shown) -> None:
    assert named(seen(shown.path, text="Delete the old one")) == [shown.session]
    assert "weather talk" in named(seen(shown.path, model=MODEL))
    assert named(seen(shown.path, text="nobody says this")) == []


async def test_a_list_of_nothing_says_so(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        assert "No session like that in the last 7 days" in await site.page(
            "/sessions", since="7d", text="nobody says this"
        )


@pytest.mark.parametrize("text", ["x", "' OR 1=1", "01a223da-8f24-7880-a5fd-e8cfdfec266"])
def test_what_is_no_place_in_the_list_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no place"):
        place(text)


async def test_every_session_opens_whatever_its_name(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/sessions", since="all")
        assert wild(page) == []
        links = [
            unescape(each) for each in re.findall(r'href="(/_driftgate/sessions/[^"]+)"', page)
        ]
        assert len(links) == len(named(seen(shown.path)))
        for link in (each for each in links if "/shop" not in each):
            answer = await site.client.get(URL(link, encoded=True))
            text = await answer.text()
            assert answer.status == 200, link
            assert wild(text) == []
