"""The contracts: how many answers kept each, over time, and what is violated most."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from driftgate.contracts.load import ContractSet
from driftgate.dashboards.site import Asked, Route
from driftgate.dashboards.statements import ask, ask_one, load
from driftgate.dashboards.views.links import contract_path, query
from driftgate.dashboards.views.period import RANGES, STEPS, Period, period, step, steps
from driftgate.dashboards.views.verdicts import (
    Judged,
    applies,
    count_chart,
    judged,
    rate_chart,
)

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

DEFAULT = "7d"
BUILTIN = "builtin"
KEPT = 30  # kinds of violations


async def page(asked: Asked) -> web.StreamResponse:
    """The page; its lower part where htmx asks."""
    when = period(asked.query.get("since") or DEFAULT)
    view = await asked.read(lambda reader: look(reader, when))
    if asked.htmx:
        return asked.fragment("contracts.html", view=view)
    return asked.html("contracts.html", view=view)


def look(reader: "Reader", when: Period) -> dict[str, Any]:
    """What the page shows."""
    statements, now = load("contracts"), in_force(reader)
    given: dict[str, Any] = {"since": when.since, "until": when.until, "contract": None}
    first = (ask_one(reader, statements["first"], **given) or {}).get("first_at")
    begins = max(when.since, first or when.until)
    seconds = step(begins, when.until)
    rates = ask(reader, statements["rates"], **given, step=seconds) if first else []
    violations = {
        failing: ask(reader, statements["violations"], **given, failing=failing, kept=KEPT)
        for failing in (True, False)
    }
    axis = steps(begins, when.until, seconds)
    charts = [
        rate_chart("Answers that kept their contract", rates, "contract", axis),
        count_chart("Answers of all contracts", rates, axis),
    ]
    return {
        "chosen": {"since": when.name},
        "period": when,
        "step": STEPS[seconds],
        "ranges": {name: words for name, (words, _) in RANGES.items()},
        "rows": rows(rates, ask(reader, statements["versions"], contract=None), now, when),
        "charts": charts if first else [],
        "violations": [_linked(row, when) for row in violations[True]],
        "warnings": [_linked(row, when) for row in violations[False]],
    }


def in_force(reader: "Reader") -> dict[str, str]:
    """The contracts that judge now: id -> name. Empty where that is not known."""
    found = ask_one(reader, load("contracts")["in_force"])
    try:
        contracts = ContractSet.of_json(found["contracts"]).contracts if found else ()
    except Exception:  # noqa: BLE001 - a newer driftgate may have written what this one cannot read
        return {}
    return {each.id: each.name for each in contracts}


def rows(
    rates: list[dict[str, Any]],
    versions: list[dict[str, Any]],
    now: dict[str, str],
    when: Period,
) -> list[dict[str, Any]]:
    """A row for each version that judged in this time or is in force; built-in checks last. Pure."""
    by = judged(rates, lambda row: (row["contract"], row["contract_id"]))
    made = []
    for each in versions:
        counts = by.pop((each["name"], each["contract_id"]), None)
        if counts is None and str(each["contract_id"]) not in now:
            continue
        made.append(
            {
                **{name: each[name] for name in ("name", "version", "mode", "first_at")},
                "applies": applies(each["content"]),
                "in_force": str(each["contract_id"]) in now,
                "counts": counts or Judged(),
            }
        )
    nothing = {"version": None, "mode": None, "first_at": None, "applies": "", "in_force": False}
    made += [
        {**nothing, "name": name, "counts": counts}
        for (name, _), counts in sorted(
            by.items(), key=lambda pair: (pair[0][0] == BUILTIN, str(pair[0]))
        )
    ]
    return [{**row, "link": contract_path(row["name"]) + query(since=when.name)} for row in made]


def _linked(row: dict[str, Any], when: Period) -> dict[str, Any]:
    name = row["contract"] or BUILTIN
    return {**row, "contract": name, "link": contract_path(name) + query(since=when.name)}


ROUTES = (Route("GET", "/contracts", page),)
