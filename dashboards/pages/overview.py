"""The overview: traffic, speeds, errors and verdicts over time, and what changed meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from driftgate.dashboards.site import BASE, Asked, Route
from driftgate.dashboards.statements import ask, ask_one, load
from driftgate.dashboards.views.changes import changes
from driftgate.dashboards.views.counts import Counts, Row, added, total
from driftgate.dashboards.views.links import LONGEST, contract_path, query
from driftgate.dashboards.views.overview import (
    Measured,
    Speeds,
    Timed,
    fingerprint_words,
    measured,
    tiles,
)
from driftgate.dashboards.views.period import RANGES, STEPS, Period, period, step, steps

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

DEFAULT = "24h"
EXACT = 50_000  # calls up to which percentiles are of each one
CELLS = 20_000  # counts that are added up here; beyond, rare models are counted as one
FOLDED_CELLS = 200_000
KEPT = 50  # models then, and changes
FILTERS = ("upstream", "model", "contract")
OTHERS = "(other models)"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is looked at. filters: name -> wanted, None: any."""

    period: Period
    filters: Mapping[str, str | None]

    def holds(self, cell: Row) -> bool:
        """Whether a cell is among it."""
        return all(cell[name] == value for name, value in self.filters.items() if value is not None)

    @property
    def words(self) -> dict[str, str | None]:
        """As a query says it."""
        return {"since": self.period.name, **self.filters}


async def page(asked: Asked) -> web.StreamResponse:
    """The whole page; its lower part where htmx asks."""
    chosen = Chosen(
        period(asked.query.get("since") or DEFAULT),
        {name: asked.query.get(name) or None for name in FILTERS},
    )
    view = await asked.read(lambda reader: look(reader, chosen))
    if asked.htmx:
        return asked.fragment("overview.html", view=view)
    return asked.html("overview.html", view=view)


def look(reader: "Reader", chosen: Chosen) -> dict[str, Any]:
    """What the page shows."""
    statements, when = load("overview"), chosen.period
    span = {"since": when.since, "until": when.until, "before": when.before or when.since}
    found = ask_one(reader, statements["first"], **span)
    view: dict[str, Any] = {
        "chosen": chosen.words,
        "period": when,
        "ranges": {name: words for name, (words, _) in RANGES.items()},
        "calls": 0,
        "options": {name: [value] if value else [] for name, value in chosen.filters.items()},
    }
    if found is None:
        return {**view, "any": ask_one(reader, statements["any"]) is not None}
    first = max(when.since, found["first_at"])
    given = {**span, **chosen.filters, "step": step(first, when.until), "kept": KEPT}
    cells = _cells(reader, given)
    view["calls"] = sum(cell["calls"] for cell in cells if cell["bucket"] is not None)
    given["every"] = max(1, sum(cell["calls"] for cell in cells if chosen.holds(cell)) // EXACT)
    names = ("series", "speeds", "slowest", "failing", "fingerprints", "changes")
    rows: dict[str, list[Row]] = {name: [*ask(reader, statements[name], **given)] for name in names}
    return {**view, **_shown(chosen, first, given, {**rows, "cells": cells})}


def _cells(reader: "Reader", given: dict[str, Any]) -> list[Row]:
    """The cells; where there are too many models to count each, the rare ones are one."""
    statements = load("overview")
    asked = {**given, "others": OTHERS, "cells": CELLS + 1}
    cells = ask(reader, statements["cells"], **asked, models=None)
    if len(cells) <= CELLS:
        return [*cells]
    models = [row["model"] for row in ask(reader, statements["models"], **given)]
    return [*ask(reader, statements["cells"], **{**asked, "cells": FOLDED_CELLS}, models=models)]


def _shown(
    chosen: Chosen, first: datetime, given: dict[str, Any], rows: dict[str, list[Row]]
) -> dict[str, Any]:
    when = chosen.period
    cells = [cell for cell in rows["cells"] if chosen.holds(cell)]
    now = [cell for cell in cells if cell["bucket"] is not None]
    before = [cell for cell in cells if cell["bucket"] is None]
    found, meanwhile = measured(rows["speeds"]), changes(rows["changes"])
    axis = steps(first, when.until, given["step"])
    timed = Timed(axis, now, rows["series"], [each.mark for each in reversed(meanwhile)])
    return {
        "options": {
            name: options(rows["cells"], name, value) for name, value in chosen.filters.items()
        },
        "every": given["every"],
        "step": STEPS[given["step"]],
        "tiles": tiles(total(now), total(before) if before else None, found),
        "charts": timed.charts() if now else [],
        "changes": meanwhile,
        "models": _models(now, found, rows["fingerprints"], when),
        "contracts": _contracts(now, found, when),
        "upstreams": _upstreams(now, found, when),
        "slowest": rows["slowest"],
        "failing": rows["failing"],
        "all_failing": f"{BASE}/calls{query(status='error', **_calls(chosen))}",
    }


def options(names: list[Row], name: str, chosen: str | None) -> list[str]:
    """What a filter offers; what is chosen stays among it."""
    known = {row[name] for row in names if row[name] is not None and len(row[name]) <= LONGEST}
    return sorted(known | ({chosen} if chosen else set()))


def _calls(chosen: Chosen) -> dict[str, str | None]:
    since = None if chosen.period.before is None else chosen.period.name
    return {**chosen.filters, "since": since}


def _models(
    cells: list[Row],
    found: Measured,
    fingerprints: list[Row],
    when: Period,
) -> list[dict[str, Any]]:
    prints = {(row["upstream"], row["model"]): row for row in fingerprints}
    made = []
    for (upstream, model), counts in added(
        cells, lambda row: (row["upstream"], row["model"])
    ).items():
        own = prints.get((upstream, model)) or prints.get((upstream, None)) or {}
        made.append(
            {
                **_row(counts, found.models.get((upstream, model))),
                "model": model,
                "upstream": upstream,
                "link": _of_model(when, model, upstream),
                "fingerprint": fingerprint_words(own.get("facts")),
                "fingerprint_at": own.get("seen_at"),
            }
        )
    return made


def _contracts(cells: list[Row], found: Measured, when: Period) -> list[dict[str, Any]]:
    by = added((row for row in cells if row["contract"] is not None), lambda row: row["contract"])
    return [
        {
            **_row(counts, found.contracts.get(name)),
            "contract": name,
            "link": contract_path(name) + query(since=when.name),
        }
        for name, counts in by.items()
    ]


def _upstreams(cells: list[Row], found: Measured, when: Period) -> list[dict[str, Any]]:
    return [
        {
            **_row(counts, found.upstreams.get(name)),
            "upstream": name,
            "link": _overview(when, upstream=name),
        }
        for name, counts in added(cells, lambda row: row["upstream"]).items()
    ]


def _row(counts: Counts, speeds: Speeds | None) -> dict[str, Any]:
    return {"counts": counts, "speeds": speeds or Speeds()}


def _of_model(when: Period, model: str | None, upstream: str) -> str | None:
    """None where an address cannot say it."""
    if model is None or model == OTHERS or len(model) > LONGEST:
        return None
    return _overview(when, model=model, upstream=upstream)


def _overview(when: Period, **filters: str | None) -> str:
    return f"{BASE}/overview{query(since=when.name, **filters)}"


ROUTES = (Route("GET", "/overview", page),)
