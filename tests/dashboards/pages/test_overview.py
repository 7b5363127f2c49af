"""The overview, as a visitor sees it."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from driftgate.dashboards.pages import overview
from driftgate.dashboards.pages.overview import FILTERS, Chosen, look, options
from driftgate.dashboards.views.period import period
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.units import span
from tests.support.recorded_calls import Recording, small
from tests.support.shown import MODEL, Shown
from tests.support.sites import shown_site
from tests.support.tame import wild

if TYPE_CHECKING:
    from collections.abc import Mapping


def seen(history: Path, **filters: str) -> dict[str, Any]:
    wanted = {name: filters.get(name) for name in FILTERS}
    with open_history(history) as reader:
        return look(reader, Chosen(period(filters.get("since", "7d")), wanted))


def asked(history: Path, sql: str) -> list[tuple[Any, ...]]:
    with open_history(history) as reader:
        return reader.ask(sql).rows


async def test_the_page_tells_tiles_charts_tables_and_failing_calls(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/overview")
    for head in ("Overview", "By model", "By contract", "By upstream", "Slowest calls"):
        assert f">{head}</h" in page
    assert page.count("data-chart") == 9
    assert f'href="/_driftgate/calls/{shown["failed"]}"' in page
    assert "/_driftgate/contracts/orders?since=24h" in page


async def test_a_change_of_the_model_is_marked_and_told(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/overview")
    assert f"{MODEL} at local is not what it was" in page
    assert "<del>Q8_0</del> → <ins>Q4_K_M</ins>" in page
    assert "ollama · 0.12.2 · d4e5f6 · Q4_K_M · context 8192" in page


async def test_htmx_is_given_the_lower_part_alone(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        part = await site.part("/overview", since="1h")
    assert "<html" not in part
    assert 'class="tiles"' in part


async def test_a_time_of_no_calls_says_so(shown_history: Shown) -> None:
    late = period("1h", datetime.fromisoformat("2040-01-01"))
    with open_history(shown_history.path) as reader:
        assert look(reader, Chosen(late, dict.fromkeys(FILTERS)))["calls"] == 0


async def test_an_unknown_time_is_refused(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        assert "since &#39;x&#39; is none" in await site.page("/overview", 400, since="x")


def test_the_numbers_are_those_of_the_history(shown: Shown) -> None:
    view = seen(shown.path)
    [(calls, errors, median)] = asked(
        shown.path,
        "SELECT count(*), count(*) FILTER (outcome <> 'completed' OR status >= 400), median(total_ms) FROM calls",
    )
    tiles = {tile.name: tile.value for tile in view["tiles"]}
    assert tiles["Calls"] == str(calls)
    assert tiles["Errors"].startswith(f"{errors} (")
    [model] = [row for row in view["models"] if (row["model"], row["upstream"]) == (MODEL, "local")]
    [(of_model,)] = asked(
        shown.path, f"SELECT count(*) FROM calls WHERE model = '{MODEL}' AND upstream = 'local'"
    )
    assert model["counts"].calls == of_model
    assert sum(row["counts"].calls for row in view["upstreams"]) == calls
    assert tiles["Whole call, median"] == span(median)


@pytest.mark.parametrize(
    "filters", [{"model": MODEL}, {"contract": "orders"}, {"upstream": "local"}]
)
def test_a_filter_narrows_all_that_is_shown(shown: Shown, filters: dict[str, str]) -> None:
    view = seen(shown.path, **filters)
    [(name, value)] = filters.items()
    [(calls, slowest)] = asked(
        shown.path, f"SELECT count(*), max(total_ms) FROM calls WHERE {name} = '{value}'"
    )
    assert view["tiles"][0].value == str(calls)
    assert view["slowest"][0]["total_ms"] == slowest
    assert all(row[name] == value for row in view["failing"] if name in row)
    assert value in view["options"][name]


def test_very_many_models_are_counted_as_one_but_for_the_most_called(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = seen(shown.path)
    monkeypatch.setattr(overview, "CELLS", 2)
    monkeypatch.setattr(overview, "KEPT", 1)
    view = seen(shown.path)
    models = {row["model"] for row in view["models"]}
    assert models == {MODEL, None, overview.OTHERS}
    assert view["tiles"][0].value == whole["tiles"][0].value


def test_percentiles_of_very_many_calls_are_of_some(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "EXACT", 20)
    view = seen(shown.path)
    assert view["every"] == view["calls"] // 20
    assert view["tiles"][0].before == ""  # there is nothing before it
    assert view["tiles"][0].value == str(view["calls"])


def test_a_name_that_no_address_holds_is_not_offered() -> None:
    rows: list[Mapping[str, Any]] = [{"model": "x" * 1000}, {"model": "a"}, {"model": None}]
    assert options(rows, "model", "gone") == ["a", "gone"]


async def test_what_strangers_wrote_stays_text(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/overview", since="all")
    assert wild(page) == []
    assert len(page) < 1_000_000  # though names of a million characters are among it


async def test_an_empty_history_says_how_calls_come_into_it(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "h.duckdb")
    recording.add()
    async with shown_site(recording.path) as site:
        assert "driftgate serve --upstream" in await site.page("/overview")
        site.site.relayed = True
        there = f"export OPENAI_BASE_URL=http://127.0.0.1:{site.client.port}/v1"
        for path in ("/overview", "/calls", "/live"):
            assert there in await site.page(path)


async def test_a_quiet_time_is_no_empty_history(tmp_path: Path) -> None:
    async with shown_site(small(tmp_path / "h.duckdb").path) as site:
        assert "No calls in the last hour" in await site.page("/overview?since=1h")
