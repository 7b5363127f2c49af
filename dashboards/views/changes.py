"""What changed meanwhile: backends that became others, driftgates of another version. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftgate.dashboards.chart import Mark, seconds
from driftgate.dashboards.site import BASE
from driftgate.dashboards.views.links import query

_WORDS = 300  # characters of a fact


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is not as it was, as text; empty: there was none."""

    name: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change. place: its number on the page, for links. calls: path of the calls behind it."""

    place: int
    at: datetime
    what: str
    label: str
    facts: Sequence[Fact]
    calls: str

    @property
    def mark(self) -> Mark:
        """The change on a time axis."""
        return Mark(seconds(self.at) or 0.0, self.label)


def changes(rows: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Rows of the statement `changes`, in their order."""
    return [_change(place, row) for place, row in enumerate(rows, 1)]


def _change(place: int, row: Mapping[str, Any]) -> Change:
    since = row["happened_at"].isoformat(timespec="seconds") + "Z"
    if row["kind"] == "started":
        facts = [Fact("version", str(row["was"] or ""), str(row["version"] or ""))]
        what = f"driftgate {row['version']} started"
        return Change(
            place, row["happened_at"], what, what, facts, f"{BASE}/calls{query(since=since)}"
        )
    facts = list(_facts(row["detail"]))
    where = " at ".join(name for name in (row["model"], row["upstream"]) if name)
    names = ", ".join(fact.name for fact in facts[:4]) + (", …" if len(facts) > 4 else "")  # noqa: PLR2004 - what a line takes
    label = f"{where}: {names or 'another fingerprint'}"
    path = f"{BASE}/calls" + query(model=row["model"], upstream=row["upstream"], since=since)
    return Change(place, row["happened_at"], f"{where} is not what it was", label, facts, path)


def _facts(detail: str | None) -> Iterable[Fact]:
    try:
        changed = json.loads(detail or "{}").get("changed", {}).items()
        pairs = [(str(name), was, now) for name, (was, now) in changed]
    except (ValueError, TypeError, AttributeError):
        return
    for name, was, now in pairs:
        yield Fact(name, _words(was), _words(now))


def _words(value: Any) -> str:
    if value is None:
        return ""
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return told if len(told) <= _WORDS else told[:_WORDS] + "…"
