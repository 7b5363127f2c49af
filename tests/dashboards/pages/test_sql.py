"""The SQL page, over HTTP."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest

from driftgate.dashboards import saved
from driftgate.dashboards.examples import EXAMPLES
from driftgate.dashboards.pages import sql as page_of_sql
from driftgate.dashboards.site import BASE
from driftgate.dashboards.typed import typed
from tests.support.recorded_calls import small
from tests.support.shown import HOSTILE, Shown
from tests.support.sites import Visitor, shown_site
from tests.support.typed_here import typed_here

FOREIGN = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
ENDLESS = "SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000) b"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return small(tmp_path / "h.duckdb").path


@pytest.fixture
async def outside(history: Path) -> AsyncIterator[Visitor]:
    """Queries run in a process of their own, as they do."""
    async with shown_site(history, dashboard={"sql_rows": 2, "sql_timeout_s": 1}) as made:
        yield made


@pytest.fixture
async def visitor(history: Path) -> AsyncIterator[Visitor]:
    """Queries run here."""
    async with shown_site(history, dashboard={"sql_rows": 2, "sql_timeout_s": 0.5}) as made:
        typed_here(made.site)
        yield made


async def test_it_has_the_schema_with_what_each_column_means(visitor: Visitor) -> None:
    page = await visitor.page("/sql")
    for words in ("Every live call, failed ones too", "Id of the call: a UUIDv7", "TIMESTAMP"):
        assert words in page
    assert page.index('data-name="calls"') < page.index('data-name="attempts"')
    assert page.count('data-insert="call_id"') > 3
    for _, sql in EXAMPLES:
        assert f"/sql?sql={quote(sql)}" in unescape(page)


async def test_a_query_is_answered_linked_and_cut(visitor: Visitor) -> None:
    sql = "SELECT call_id, model AS \"<b>\" FROM calls WHERE model > 'a' OR true ORDER BY 1"
    page = await visitor.page("/sql", sql=sql)
    assert "<strong>2 rows</strong>" in page
    assert "Cut after 2 rows" in page
    assert 'href="/_driftgate/calls/019ab3f2-7c41-7000-8000-000000000001"' in page
    assert "&lt;b&gt;" in page
    assert f'data-link="/_driftgate/sql?sql={quote(sql, safe="")}"' in page
    part = await visitor.part("/sql/result", sql=sql)
    assert "<html" not in part
    assert "<strong>2 rows</strong>" in part


async def test_the_answer_comes_by_post_and_its_address_is_told(visitor: Visitor) -> None:
    headers = {"hx-request": "true", "hx-request-type": "partial", "x-csrf": visitor.site.guard.csrf}  # fmt: skip
    for sql, pushed in (("SELECT 42", True), (f"SELECT 42 -- {'x' * 9000}", False)):
        there = visitor.client.post(
            f"{BASE}/sql/result", data={"sql": sql, "show": "bars"}, headers=headers
        )
        async with there as answer:
            assert ">42</td>" in await answer.text()
            assert ("hx-push-url" in answer.headers) is pushed
    async with visitor.client.post(f"{BASE}/sql/result", data={"sql": "SELECT 1"}) as answer:
        assert answer.status == 403


async def test_errors_are_shown_with_their_place(visitor: Visitor) -> None:
    page = await visitor.page("/sql", sql="SELECT model,\n nope -- <b>\nFROM calls")
    assert "line 2, column 2" in page
    assert "<mark>nope</mark>" in page
    assert "column &#34;nope&#34; not found" in page
    assert "PRAGMA is refused" in await visitor.page("/sql", sql="PRAGMA version")
    assert "read-only" in await visitor.page("/sql", sql="DELETE FROM calls")


async def test_what_takes_long_or_dies_harms_nothing_and_other_pages_answer(
    outside: Visitor,
) -> None:
    await outside.page("/sql", sql="SELECT 1")
    running = asyncio.create_task(outside.page("/sql", sql=ENDLESS))
    while not typed(outside.site)._one.locked():
        await asyncio.sleep(0)
    assert "Calls" in await outside.page("/calls")
    assert not running.done()
    assert "stopped after 1 s; dashboard.sql_timeout_s" in await running
    process = typed(outside.site).process
    assert process is not None
    running = asyncio.create_task(outside.page("/sql", sql=ENDLESS))
    while not typed(outside.site)._one.locked():
        await asyncio.sleep(0)
    os.kill(process, signal.SIGKILL)
    assert "ended its process" in await running
    assert ">42</td>" in await outside.page("/sql", sql="SELECT 42")


async def test_a_link_of_another_site_fills_the_editor_and_does_not_run(outside: Visitor) -> None:
    for path in ("/sql", "/sql/result", "/sql/download"):
        there = outside.client.get(BASE + path, params={"sql": "SELECT 42 AS n"}, headers=FOREIGN)
        async with there as answer:
            text = await answer.text()
        assert "SELECT 42 AS n</textarea>" in text
        assert "has not run" in text
        assert ">42</td>" not in text
    assert typed(outside.site).process is None


async def test_answers_are_downloaded_whole(visitor: Visitor) -> None:
    sql = "SELECT model FROM calls WHERE model IS NOT NULL ORDER BY 1; -- three\n"
    data, headers = await visitor.file("/sql/download", sql=sql.replace(" WHERE model IS NOT NULL", ""), format="csv")  # fmt: skip
    assert data == b'model\ngemma4\nother\n""\n' or data.count(b"\n") == 4
    assert headers["content-disposition"] == 'attachment; filename="driftgate.csv"'
    assert headers["x-content-type-options"] == "nosniff"
    data, _ = await visitor.file("/sql/download", sql=sql, format="json")
    assert json.loads(data) == [{"model": "gemma4"}, {"model": "other"}]
    data, _ = await visitor.file("/sql/download", sql=sql, format="parquet")
    assert data[:4] == data[-4:] == b"PAR1"
    assert "one of: csv" in await visitor.page("/sql/download", 400, sql=sql, format="exe")
    assert "refused" in await visitor.page("/sql/download", 400, sql="DROP TABLE calls")
    assert "stopped after" in await visitor.page("/sql/download", 400, sql=ENDLESS)


async def test_an_answer_is_drawn_as_it_is_asked_for(visitor: Visitor) -> None:
    line = await visitor.page("/sql", sql="SELECT range AS x, 5 AS y FROM range(2)", show="line")
    assert "data-chart=" in line
    assert '<option value="line" selected>' in line
    bars = await visitor.page("/sql", sql="SELECT '<i>' AS x, 5 AS y", show="bars")
    assert '<rect class="s1"' in bars
    assert "<i>" not in bars
    assert "drawn apart" not in bars
    apart = await visitor.page("/sql", sql="SELECT 'a' AS x, 1 AS y, 999 AS z", show="bars")
    assert "drawn apart" in apart
    assert apart.count("<figure") == 2
    assert "cannot be drawn" in await visitor.page("/sql", sql="SELECT 'a'", show="bars")
    assert "data-chart=" not in await visitor.page("/sql", sql="SELECT 1, 2", show="nonsense")


async def test_queries_are_saved_found_again_and_removed(visitor: Visitor) -> None:
    sql = "SELECT '</textarea><script>alert(1)</script>' AS x"
    there = await visitor.post("/sql/saved", name="my query", sql=sql, action="save")
    assert there == f"{BASE}/sql?saved=my%20query"
    page = await visitor.page("/sql?saved=my%20query")
    assert ">my query</a>" in page
    assert "<script>alert" not in page
    assert "&lt;/textarea&gt;" in page
    assert saved.load(visitor.site.history, "my query") == (sql + "\n", "")
    await visitor.post("/sql/saved", name="my query", action="delete")
    assert ">my query</a>" not in await visitor.page("/sql")
    assert "no saved query" in await visitor.page("/sql", 404, saved="my query")


async def test_a_saved_query_is_drawn_as_it_was(visitor: Visitor) -> None:
    sql = "SELECT 1 AS x, 5 AS y"
    there = await visitor.post("/sql/saved", name="drawn", sql=sql, show="points", action="save")
    page = await visitor.page(there.removeprefix(BASE))
    assert '<option value="points" selected>' in page
    assert "data-chart=" in page
    assert 'id="savedshow" value="points"' in page
    assert "-- show" not in page
    assert "data-chart=" not in await visitor.page("/sql", saved="drawn", show="table")


async def test_nothing_is_saved_under_a_bad_name_or_for_another_site(visitor: Visitor) -> None:
    assert "is no name" in await visitor.post("/sql/saved", 400, name="../x", sql="SELECT 1")
    await visitor.post("/sql/saved", 403, name="x", sql="SELECT 1", csrf="wrong")
    assert not saved.folder(visitor.site.history).exists()


async def test_every_value_is_shown_safely(visitor: Visitor) -> None:
    sql = (
        "SELECT 'nan'::DOUBLE AS nan, '\\xff\\x00'::BLOB AS blob, {'a': [1, NULL]} AS nested, chr(27) || chr(7) "
        "AS control, repeat('y', 1048576) AS huge, NULL AS nothing, 170141183460469231731687303715884105727 AS big,"
        " MAP {'<k>': 1} AS map, INTERVAL 3 DAY AS span, '1:00'::TIME AS hour, TIMESTAMPTZ '2026-01-01' AS zone"
    )
    page = await visitor.page("/sql", sql=sql)
    for words in ("nan", "ff 00 (2 bytes)", "\\x1b\\x07", "1,046,576 more characters", "NULL", "170141183460469231731687303715884105727", "&lt;k&gt;", "3 days"):  # fmt: skip
        assert words in page, words
    assert len(page) < 400_000


async def test_what_strangers_wrote_stays_text(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        typed_here(visitor.site)
        for sql in ("SELECT * FROM calls WHERE worker = 'hostile'", "SELECT model, count(*) FROM calls GROUP BY 1"):  # fmt: skip
            page = await visitor.page("/sql", sql=sql, show="bars")
            for evil in ("<script>alert", "<img", "<svg onload", "\x1b", "\u202e"):
                assert evil not in page
            assert "&lt;script&gt;alert(1)" in page
            assert any(text in unescape(page) for text in HOSTILE)
        evil = "</textarea><script>alert(1)</script>\u202e"
        page = await visitor.page("/sql", sql=evil, saved="")
        assert "<script>alert" not in page


async def test_a_long_query_is_downloaded_by_post(visitor: Visitor) -> None:
    sql = f"SELECT 42 AS n -- {'x' * page_of_sql.ADDRESS}"
    fields = {"csrf": visitor.site.guard.csrf, "sql": sql, "format": "csv"}
    async with visitor.client.post(f"{BASE}/sql/download", data=fields) as answer:
        assert await answer.read() == b"n\n42\n"
