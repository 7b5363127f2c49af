"""The list of runs over HTTP."""

from pathlib import Path

from driftgate.replay.run.hold import held
from tests.dashboards.drift.made import a_run
from tests.replay.run.made import empty
from tests.support.shown import Shown
from tests.support.sites import shown_site

TAGS = ("<script", "<img src=x", "<svg onload", "\x1b", "\u202e", "style=", "onmouseover='alert")


async def test_every_run_is_a_row_with_its_verdict(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        text = await visitor.page("/drift")
        for run in shown.runs.values():
            assert f"/drift/{run}" in text
        for word in ("pass", "drift", "stopped"):
            assert f">{word}</span>" in text
        assert "hx-trigger" not in text
        drifted = await visitor.page("/drift", verdict="drift")
    assert shown.runs["passed"] not in drifted


async def test_what_strangers_wrote_stays_text(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        text = await visitor.page("/drift", q='"><script>alert(1)</script>')
        main = (await visitor.page("/drift")).partition("<main")[2] + text.partition("<main")[2]
    assert [tag for tag in TAGS[:5] if tag in main] == []


async def test_a_history_without_runs_says_how_to_start_one(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    history.write_bytes(empty())
    async with shown_site(history) as visitor:
        text = await visitor.page("/drift")
    assert "No run yet" in text
    assert "driftgate gate --candidate candidate.toml" in text
    assert '<details class="panel starting" open>' in text


async def test_while_a_run_goes_on_the_list_asks_again(shown_history: Shown) -> None:
    run = a_run(shown_history.path, [shown_history["order_1"]])
    async with shown_site(shown_history.path) as visitor:
        with held(shown_history.path, run.run_id):
            text = await visitor.part("/drift")
            assert text.lstrip().startswith('<div id="found" hx-get=')
            assert "0 of 4" in text
        assert "hx-trigger" not in await visitor.part("/drift")


async def test_nonsense_in_an_address_is_refused_on_every_page_of_a_list(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        for path, what in (
            *(
                ("/calls?verdict=zzz", "verdict &#39;zzz&#39; is none; one of: "),
                ("/calls?before=x", "before"),
            ),
            *(
                ("/live?verdict=zzz", "verdict &#39;zzz&#39; is none"),
                ("/overview?since=x", "since"),
            ),
            *(
                ("/drift?verdict=zzz", "verdict &#39;zzz&#39; is none; one of: pass"),
                ("/drift?page=x", "page"),
            ),
            *((f"/drift/{shown.runs['passed']}?calls=x", "calls"), ("/sessions?after=x", "after")),
            *((f"/sessions/{shown.session}?page=x", "page"), ("/contracts?since=x", "since")),
        ):
            told = (await visitor.page(path, status=400)).partition('role="alert">')[2]
            assert told.startswith(what), path
