"""One contract, as a visitor sees it."""

import pytest

from driftgate.dashboards.pages.contract import look
from driftgate.dashboards.views.period import period
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import open_history
from tests.support.shown import MODEL, Shown
from tests.support.sites import shown_site
from tests.support.tame import wild


async def test_a_contract_tells_its_text_its_rate_and_examples(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/contracts/orders")
    for words in ("84.1 %", "Version 3", "An order as JSON.", "must be a whole number"):
        assert words in page
    assert "<pre>&#34;three&#34;</pre>" in page
    assert f'href="/_driftgate/calls/{shown["failing"]}"' in page
    assert "/_driftgate/calls?contract=orders&amp;verdict=fail" in page


async def test_the_built_in_checks_are_told_as_one(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/contracts/builtin")
    assert "Where no contract applies" in page
    assert "repeated_tool_call" in page
    assert "unknown_contract" in page.partition(">Warnings<")[2]
    assert wild(page) == []


async def test_a_contract_that_judged_nothing_is_shown_with_its_text(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/contracts/codegen")
    assert "It judged nothing in the last 7 days" in page
    assert "Its text" in page


async def test_an_unknown_contract_is_not_found_whatever_its_name(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        assert "no contract &#39;a/b\\x00&#39;" in await site.page("/contracts/a/b\0", 404)


async def test_htmx_is_given_the_lower_part_alone(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        assert "<html" not in await site.part("/contracts/orders", since="1h")


def test_rates_are_told_by_model(shown: Shown) -> None:
    with open_history(shown.path) as reader:
        view = look(reader, "orders", period("7d"))
        [(calls, passed)] = reader.ask(
            f"SELECT count(*), count(*) FILTER (verdict = 'pass') FROM calls WHERE contract = 'orders' AND model = '{MODEL}'"
        ).rows
    assert (view["models"][MODEL].calls, view["models"][MODEL].passed) == (calls, passed)
    assert view["total"].calls == sum(counts.calls for counts in view["models"].values())


def test_an_answer_that_was_repaired_is_shown_as_the_model_wrote_it(shown: Shown) -> None:
    with open_history(shown.path) as reader:
        kinds = look(reader, "strict", period("24h"))["violations"]
    [repaired] = [
        each for each in kinds if each["severity"] == "repaired" and each["keyword"] == "not_json"
    ]
    [example] = repaired["examples"]
    assert str(example["call_id"]) == shown["repaired"]
    assert example["text"].startswith("Here it is:")


def test_what_never_was_is_not_found(shown: Shown) -> None:
    with open_history(shown.path) as reader, pytest.raises(NotFoundError, match="'nobody'"):
        look(reader, "nobody", period("all"))
