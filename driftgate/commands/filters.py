"""What `--since`, `--model` and the rest mean, as one SQL condition over `calls`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from driftgate.contracts.verdict import Verdict
from driftgate.proxy.errors import UsageError
from driftgate.replay.select.conditions import moment, of_model, of_session, of_status

Judged = Annotated[
    str | None, typer.Option("--verdict", help="What contracts found: pass, fail or unjudged.")
]
ByContract = Annotated[
    str | None, typer.Option("--contract", help="Judged by this contract, by name.")
]
Parent = Annotated[
    str | None,
    typer.Option(
        "--parent",
        metavar="ID",
        help="Part of this call, which an agent answered, or its continuation; the start of its id "
        "is enough, and 'last' is the newest call.",
    ),
]
LAST = "last"
# the newest call, but for those that an agent made for another one
NEWEST = (
    "SELECT call_id FROM calls WHERE parent_call_id IS NULL OR previous_response_id IS NOT NULL "
    "OR parent_call_id NOT IN (SELECT call_id FROM calls) "
    "ORDER BY started_at DESC, call_id DESC LIMIT 1"
)
_ID = re.compile(r"[0-9a-f]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters that `calls` and `export` share, as people write them."""

    since: str | None = None
    until: str | None = None
    model: str | None = None
    session: str | None = None
    status: str | None = None
    upstream: str | None = None
    text: str | None = None
    verdict: str | None = None
    contract: str | None = None
    parent: str | None = None

    def condition(self, now: datetime | None = None) -> tuple[str, list[Any]]:
        """A condition for WHERE, and its parameters."""
        for name in ("model", "session", "upstream", "text", "contract"):
            utf8(f"--{name}", getattr(self, name) or "")
        now = now or datetime.now(UTC)
        parts: list[tuple[str, list[Any]]] = []
        if self.since is not None:
            parts.append(("started_at >= ?", [moment(self.since, now)]))
        if self.until is not None:
            parts.append(("started_at < ?", [moment(self.until, now)]))
        if self.model is not None:
            parts.append(of_model(self.model))
        if self.session is not None:
            parts.append(of_session(self.session))
        if self.status is not None:
            parts.append(of_status(self.status))
        parts += self._equal()
        if self.parent is not None:
            parts.append(_of_parent(self.parent))
        if self.text is not None:
            either = (
                "(contains(lower(input_text), lower(?)) OR contains(lower(output_text), lower(?)))"
            )
            parts.append((either, [self.text, self.text]))
        sql = " AND ".join(part for part, _ in parts) or "true"
        return sql, [value for _, values in parts for value in values]

    def _equal(self) -> list[tuple[str, list[Any]]]:
        verdict = None if self.verdict is None else _verdict(self.verdict)
        wanted = {"upstream": self.upstream, "contract": self.contract, "verdict": verdict}
        return [(f"{name} = ?", [value]) for name, value in wanted.items() if value is not None]


def _of_parent(start: str) -> tuple[str, list[Any]]:
    if start.strip() == LAST:
        return f"parent_call_id = ({NEWEST})", []
    digits = start.strip().lower().replace("-", "")
    if not _ID.fullmatch(digits):
        raise UsageError(f"--parent '{start}' is no id of a call, nor the start of one")
    limits = [digits.ljust(32, end) for end in "0f"]
    return "parent_call_id BETWEEN ?::UUID AND ?::UUID", list(limits)


def utf8(what: str, text: str) -> str:
    """`text`, which DuckDB must be able to take; UsageError names `what` where it cannot."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{what} is not valid UTF-8 at character {error.start}") from error
    return text


def _verdict(text: str) -> str:
    names = [verdict.value for verdict in Verdict]
    wanted = text.strip().lower()
    if wanted in names:
        return wanted
    raise UsageError(f"--verdict '{text}' is none; one of: {', '.join(names)}")
