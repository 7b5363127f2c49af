"""The contracts, as a visitor sees them."""

from typing import Any
from uuid import uuid4

from driftgate.dashboards.pages.contracts import in_force, look, rows
from driftgate.dashboards.views.period import period
from driftgate.proxy.history.reader import open_history
from tests.support.shown import Shown
from tests.support.sites import shown_site

COUNTS = {"calls": 3, "passed": 2, "failed": 1, "repaired": 0, "fallbacks": 0}


async def test_each_contract_tells_its_rate_and_what_is_violated(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        page = await site.page("/contracts")
    for words in ("84.1 %", "judged nothing", "in force", "built-in checks", "task=order"):
        assert words in page
    assert 'href="/_driftgate/contracts/orders?since=7d"' in page
    assert "additionalProperties" in page.partition(">Warnings<")[0]
    assert "unknown_contract" in page.partition(">Warnings<")[2]


async def test_htmx_is_given_the_lower_part_alone(shown: Shown) -> None:
    async with shown_site(shown.path) as site:
        assert "<html" not in await site.part("/contracts", since="all")


def test_the_numbers_are_those_of_the_view_pass_rates(shown: Shown) -> None:
    with open_history(shown.path) as reader:
        view = look(reader, period("7d"))
        rates = reader.ask(
            "SELECT contract, sum(calls), sum(passed), sum(failed), sum(repaired), sum(fallbacks) "
            "FROM pass_rates GROUP BY contract"
        ).rows
    for contract, calls, passed, failed, repaired, fallbacks in rates:
        [counts] = [row["counts"] for row in view["rows"] if row["name"] == contract]
        told = (counts.calls, counts.passed, counts.failed, counts.repaired, counts.fallbacks)
        assert told == (calls, passed, failed, repaired, fallbacks)


def test_places_in_lists_count_as_one(shown: Shown) -> None:
    with open_history(shown.path) as reader:
        violations = look(reader, period("24h"))["violations"]
    [found] = [each for each in violations if each["keyword"] == "duplicate_call_id"]
    assert (found["path"], found["calls"]) == ("tool_calls/*/id", 1)


def test_contracts_in_force_are_those_of_who_serves(shown: Shown) -> None:
    with open_history(shown.path) as reader:
        names = sorted(in_force(reader).values())
    assert names == ["classify", "codegen", "orders", "strict", "summarize"]


def version(name: str, **more: Any) -> dict[str, Any]:
    own = {"contract_id": uuid4(), "name": name, "version": "1", "mode": "observe"}
    return {**own, "first_at": None, "content": "{}", **more}


def test_a_version_that_is_gone_and_judged_nothing_is_left_out() -> None:
    old, now, judging = version("a"), version("a", version="2"), version("b")
    rates = [
        {**COUNTS, "contract": "b", "contract_id": judging["contract_id"], "bucket": None},
        {**COUNTS, "contract": "builtin", "contract_id": None, "bucket": None},
        {**COUNTS, "contract": "gone", "contract_id": uuid4(), "bucket": None},
    ]
    found = rows(rates, [old, now, judging], {str(now["contract_id"]): "a"}, period("7d"))
    assert [
        (row["name"], row["version"], row["in_force"], row["counts"].judged) for row in found
    ] == [
        ("a", "2", True, 0),
        ("b", "1", False, 3),
        ("gone", None, False, 3),
        ("builtin", None, False, 3),
    ]
