"""One contract: its text, its versions, who keeps it, and what of it is violated, with examples."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from driftgate.dashboards.chart import Mark, seconds
from driftgate.dashboards.pages.contracts import BUILTIN, KEPT, in_force
from driftgate.dashboards.site import BASE, Asked, Route
from driftgate.dashboards.statements import ask, ask_one, load
from driftgate.dashboards.views.links import contract_path, query
from driftgate.dashboards.views.period import RANGES, STEPS, Period, period, step, steps
from driftgate.dashboards.views.verdicts import (
    Judged,
    applies,
    broken,
    count_chart,
    judged,
    rate_chart,
)
from driftgate.proxy.errors import NotFoundError

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

DEFAULT = "7d"
EACH = 2  # examples of each kind of violation

Row = dict[str, Any]


async def page(asked: Asked) -> web.StreamResponse:
    """The page; its lower part where htmx asks."""
    when = period(asked.query.get("since") or DEFAULT)
    name = asked.match["contract"]
    view = await asked.read(lambda reader: look(reader, name, when))
    if asked.htmx:
        return asked.fragment("contract.html", view=view)
    return asked.html("contract.html", view=view)


def look(reader: "Reader", name: str, when: Period) -> Row:
    """What the page shows.

    Raises:
        NotFoundError: there is no such contract, and none judged.
    """
    statements = load("contracts")
    given: Row = {"since": when.since, "until": when.until, "contract": name}
    versions = ask(reader, statements["versions"], contract=name)
    first = (ask_one(reader, statements["first"], **given) or {}).get("first_at")
    if not versions and not first and name != BUILTIN:
        raise NotFoundError(f"no contract '{name}' is recorded")
    begins = max(when.since, first or when.until)
    given["step"] = step(begins, when.until)
    rates = ask(reader, statements["by_model"], **given) if first else []
    axis = steps(begins, when.until, given["step"])
    marks = _marks([each for each in versions if begins <= each["first_at"]])
    return {
        "name": name,
        "link": contract_path(name),
        "builtin": name == BUILTIN and not versions,
        "chosen": {"since": when.name},
        "period": when,
        "step": STEPS[given["step"]],
        "ranges": {key: words for key, (words, _) in RANGES.items()},
        "versions": _versions(versions, rates, in_force(reader)),
        "models": judged(rates, lambda row: row["model"]),
        "total": judged(rates, lambda _: None).get(None, Judged()),
        "charts": [
            rate_chart("Answers that kept it, by model", rates, "model", axis, marks),
            count_chart("Answers", rates, axis),
        ]
        if first
        else [],
        "calls": f"{BASE}/calls{query(contract=name)}",
        "failing": f"{BASE}/calls{query(contract=name, verdict='fail')}",
        **_violations(reader, given),
    }


def _marks(versions: list[Row]) -> list[Mark]:
    """When each of them came."""
    return [
        Mark(seconds(each["first_at"]) or 0.0, f"version {each['version']}")
        for each in reversed(versions)
    ]


def _versions(versions: list[Row], rates: list[Row], now: dict[str, str]) -> list[Row]:
    by = judged(rates, lambda row: row["contract_id"])
    return [
        {
            **each,
            "counts": by.get(each["contract_id"], Judged()),
            "applies": applies(each["content"]),
            "in_force": str(each["contract_id"]) in now,
        }
        for each in versions
    ]


def _violations(reader: "Reader", given: Row) -> Row:
    statements = load("contracts")
    examples = ask(reader, statements["examples"], **given, each=EACH)
    calls = list({each["call_id"] for each in examples})
    answers = {
        (row["call_id"], row["attempt"]): row["answer"]
        for row in ask(reader, statements["answers"], calls=calls)
    }
    arguments = {
        (row["call_id"], row["position"]): row["arguments"]
        for row in ask(reader, statements["arguments"], calls=calls)
    }
    told = [{**each, "text": broken(each, answers, arguments)} for each in examples]

    def kinds(*, failing: bool) -> list[Row]:
        found = ask(reader, statements["violations"], **given, failing=failing, kept=KEPT)
        return [{**row, "examples": [each for each in told if _same(each, row)]} for row in found]

    return {"violations": kinds(failing=True), "warnings": kinds(failing=False)}


def _same(example: Row, row: Row) -> bool:
    return (example["keyword"], example["kind"], example["severity"]) == (
        row["keyword"],
        row["path"],
        row["severity"],
    )


ROUTES = (Route("GET", r"/contracts/{contract:[\s\S]+}", page),)
