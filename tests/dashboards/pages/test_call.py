"""The page of one call, its bytes and its images, over HTTP."""

import json
from html import unescape

import pytest

from tests.support.shown import HOSTILE, Shown
from tests.support.sites import Visitor, shown_site


async def test_every_kind_of_call_has_a_page(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        for name, call in shown.calls.items():
            if not name.startswith(("order_", "hostile_")):
                assert call in await visitor.page(f"/calls/{call}"), name


async def test_a_failing_call_says_at_once_what_happened_and_why(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        text = await visitor.page(f"/calls/{shown['violating']}")
    assert "<h1>Answered, but the answer fails the contract orders</h1>" in text
    assert "At fault: <strong>the model</strong>" in text
    assert "<mark>&#34;three&#34;</mark>" in text


async def test_what_strangers_wrote_stays_text(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        for number in range(len(HOSTILE)):
            text = await visitor.page(f"/calls/{shown[f'hostile_{number}']}")
            main = text.partition("<main")[2]
            for tag in (
                "<script",
                "<img src=x",
                "<svg onload",
                'href="javascript',
                "\x1b",
                "\u202e",
            ):
                assert tag not in main, (number, tag)
            assert "49" not in main.partition("<h1>")[2].partition("</h1>")[0]


async def test_the_start_of_an_id_is_enough_and_last_is_the_newest(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        assert shown["agent"] in await visitor.page(f"/calls/{shown['agent'][:20]}")
        await visitor.page("/calls/last")
        assert "no call" in await visitor.page("/calls/ffffffff", status=404)


async def test_ids_that_the_start_of_one_may_mean_are_links(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        for path in ("/calls/01", "/calls/01/replays", "/calls/01/raw/request"):
            text = await visitor.page(path, status=404)
            assert "is the beginning of several calls" in text
            links = [each.partition('"')[0] for each in text.split('href="/_driftgate/calls/')[1:]]
            assert len(links) == 5
            await visitor.page(f"/calls/{links[0]}")


async def test_the_exact_bytes_can_be_downloaded(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        data, headers = await visitor.file(f"/calls/{shown['chat_plain']}/raw/request")
        assert json.loads(data)["messages"]
        assert headers["content-disposition"].startswith("attachment")
        assert headers["content-type"] == "application/octet-stream"
        again, _ = await visitor.file(f"/calls/{shown['fallback']}/raw/request", attempt="3")
        assert json.loads(again)["model"] == "qwen3:8b"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("raw/request?attempt=99", 404),
        ("raw/request?attempt=x", 400),
        ("raw/other", 404),
        ("images/5", 404),
    ],
)
async def test_what_is_not_there_is_not_found(shown: Shown, path: str, status: int) -> None:
    async with shown_site(shown.path) as visitor:
        await _status(visitor, f"/calls/{shown['chat_plain']}/{path}", status)


async def _status(visitor: Visitor, path: str, status: int) -> None:
    async with visitor.client.get(f"/_driftgate{path}") as answer:
        assert answer.status == status


async def test_an_image_is_served_as_what_it_is_and_nothing_else_is(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        page = await visitor.page(f"/calls/{shown['images']}")
        assert page.count("<img ") == 1
        data, headers = await visitor.file(f"/calls/{shown['images']}/images/0")
        assert data.startswith(b"\x89PNG")
        assert headers["content-type"] == "image/png"
        assert headers["x-content-type-options"] == "nosniff"
        for number in (1, 2, 3):
            await _status(visitor, f"/calls/{shown['images']}/images/{number}", 404)


async def test_a_long_conversation_can_be_shown_whole(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        text = await visitor.page(f"/calls/{shown['turn_1_end']}", items="all")
    assert "Which files are here?" in text


async def test_a_relayed_page_names_the_proxy_as_the_browser_reached_it(shown: Shown) -> None:
    async with shown_site(shown.path, listen="127.0.0.1:0") as visitor:
        visitor.site.relayed = True
        text = await visitor.page(f"/calls/{shown['chat_plain']}")
        assert f"curl http://{visitor.client.host}:{visitor.client.port}/v1/chat" in text


async def test_replays_of_no_run_say_what_they_were(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        text = await visitor.page(f"/calls/{shown['shadowed_0']}")
    assert f'<a href="/_driftgate/calls/{shown["shadowed_0"]}/replays">a shadow copy</a>' in text
    assert "an import" not in text


async def test_the_way_to_a_replay_stands_in_the_head(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        text = await visitor.page(f"/calls/{shown['violating']}")
    assert 'href="#replay"' in text.partition("</header>")[2].partition("</header>")[0]
    assert 'id="replay"' in text


async def test_what_changed_is_counted_in_words_that_fit(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        assert "1 item is in both; 2 came" in await visitor.page(f"/calls/{shown['tool_end']}")
        assert "6 items are in both" in await visitor.page(f"/calls/{shown['turn_1_0']}")


async def test_a_tab_of_a_call_is_short_and_harmless(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        for call in [
            shown["passing"],
            shown["long"],
            *(shown[f"hostile_{n}"] for n in range(len(HOSTILE))),
        ]:
            text = await visitor.page(f"/calls/{call}")
            title = text.partition("<title>")[2].partition("</title>")[0]
            assert title.endswith(f" · call {call[:13]} · driftgate")
            assert not {"<", "\x1b", "\u202e", "\n"} & set(title)
            assert ": " in title
            assert len(unescape(title)) < 160
