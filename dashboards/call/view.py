"""The page of one call: everything that its template shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from driftgate.dashboards.call.against_previous import Changes, changes
from driftgate.dashboards.call.attempts import Attempt, attempts, before_any
from driftgate.dashboards.call.backend import Backend, backend, facts_of
from driftgate.dashboards.call.conversation import (
    LATEST,
    MOST,
    Conversation,
    Entry,
    answer_entry,
    conversation,
    results_of,
)
from driftgate.dashboards.call.curl import Curl, curl
from driftgate.dashboards.call.gathered import Gathered
from driftgate.dashboards.call.happened import Happened, happened
from driftgate.dashboards.call.pointed import Answered, Pointed
from driftgate.dashboards.call.rates import rates
from driftgate.dashboards.call.raw import Raw, raw
from driftgate.dashboards.call.texts import Budget, Text, pretty
from driftgate.dashboards.call.timeline import Timeline, timeline
from driftgate.dashboards.call.told import told
from driftgate.dashboards.call.took_effect import Known, Parameter, took_effect
from driftgate.dashboards.call.turns import ShownTurn, turns
from driftgate.dashboards.chart import Chart
from driftgate.proxy.harmless import one_line
from driftgate.proxy.history.readable import decoded, header
from driftgate.proxy.history.whole import Call

_CODING = "content-encoding"
_CONFIG = 20_000  # characters of a configuration
_TAB = 40  # characters of a name in a browser's tab
_ERROR = 400  # the least status of one
_ADDRESS = 1_000  # characters of an id in an address


@dataclass(slots=True)
class View:
    """What the template is given. row: the call's. links: session and such, quoted for addresses."""

    id: str
    row: dict[str, Any]
    target: str
    happened: Happened
    gathered: Gathered
    conversation: Conversation
    answer: Entry | None
    changes: Changes | None
    timeline: Timeline | None
    rates: tuple[Chart, ...]
    attempts: list[Attempt]
    unplaced: list[Pointed]
    turns: list[ShownTurn]
    parameters: list[Parameter]
    backend: Backend | None
    config: Text | None
    headers: tuple[tuple[str, list[tuple[str, str]]], ...]
    request: Raw
    response: Raw
    curl: Curl
    all_items: bool
    notes: list[str] = field(default_factory=list)

    @property
    def tab(self) -> str:
        """What a browser's tab begins with: who was asked, and what came of it."""
        row = self.row
        status = None if row["status"] is None or row["status"] < _ERROR else row["status"]
        ended = None if row["outcome"] == "completed" else row["outcome"].replace("_", " ")
        word = ended or status or row["verdict"] or row["status"] or "completed"
        return f"{one_line((row['model'] or row['path'])[:_TAB])}: {word}"

    @property
    def session_link(self) -> str:
        """The session's id as a part of an address; empty where it is none that one could ask for."""
        if len(str(self.row["session_id"])) > _ADDRESS:
            return ""
        return quote(str(self.row["session_id"]), safe="", errors="replace")

    @property
    def managed(self) -> bool:
        """Whether there is more to tell of attempts than of the call."""
        return len(self.attempts) > 1 or any(
            each.row["reason"] != "first" or each.row["repairs"] for each in self.attempts
        )

    @property
    def wrong(self) -> int:
        """How many violations there are, warnings too."""
        shown = sum(len(each.violations) + each.more for each in self.attempts)
        return shown + len(self.unplaced)


def view(gathered: Gathered, address: str, *, all_items: bool) -> View:
    """The page; address: the proxy's."""
    call, budget = gathered.call, Budget()
    described, row = call.described, call.row
    response = decoded(call.response, header(call.response_headers, _CODING))
    tried = attempts(
        call.attempts, call.violations, _answered(gathered), budget, described.answer.text
    )
    answer = answer_entry(described.answer, budget, results_of(gathered.results, budget))
    return View(
        id=call.id,
        row=row,
        target=call.target,
        happened=happened(row, call.violations, response),
        gathered=gathered,
        attempts=tried,
        unplaced=before_any(call.violations, tried),
        answer=answer,
        conversation=conversation(described, budget, MOST if all_items else LATEST),
        changes=None if gathered.was is None else changes(gathered.was, described),
        timeline=timeline(row, call.attempts),
        rates=rates(row, call.response, plain=response is call.response),
        turns=turns(call.turns, budget),
        parameters=took_effect(_known(gathered, response)),
        backend=_backend(gathered, budget),
        config=_config(gathered, budget),
        headers=(("Request", call.request_headers), ("Response", call.response_headers)),
        request=raw(call.request, described.body, header(call.request_headers, _CODING), budget),
        response=raw(call.response, response, header(call.response_headers, _CODING), budget),
        curl=curl(call, address),
        all_items=all_items,
        notes=list(_notes(call)),
    )


def _answered(gathered: Gathered) -> dict[int, Answered]:
    """What each attempt answered, in which places are looked for."""
    call = gathered.call
    made = {}
    for each in call.attempts:
        number = each["attempt"]
        meant = gathered.tried.get(number, call.described)
        text = each["output_text"] or meant.answer.text or ""
        made[number] = Answered(text, meant.answer.tool_calls, call.row["stop"] or ())
    return made


def _known(gathered: Gathered, response: bytes) -> Known:
    call = gathered.call
    last = call.attempts[-1]["attempt"] if call.attempts else 0
    return Known(
        call.row,
        call.described.request.parameters,
        call.described.answer,
        gathered.adapted.request.parameters if gathered.adapted else None,
        told(response),
        facts_of(gathered.facts.get(gathered.answering["fingerprint_id"])),
        [each for each in call.violations if each["attempt"] in {0, last}],
    )


def _backend(gathered: Gathered, budget: Budget) -> Backend | None:
    now = gathered.answering["fingerprint_id"]
    before = (gathered.before or {}).get("fingerprint_id")
    was = None if before is None else facts_of(gathered.facts.get(before))
    return backend(now, facts_of(gathered.facts.get(now)), gathered.since, was, budget)


def _config(gathered: Gathered, budget: Budget) -> Text | None:
    if gathered.config is None:
        return None
    return budget.take(pretty(gathered.config["settings"]), _CONFIG)


def _notes(call: Call) -> Sequence[str]:
    """What is not whole."""
    row, notes = call.row, []
    for side, name in (("request", "The request"), ("response", "The answer")):
        if row[f"{side}_truncated"]:
            notes.append(
                f"{name} was recorded only in part: it is longer than record.body_limit_mb allows."
            )
    if (
        row["answer_complete"] is False
        and row["dialect"]
        and call.response
        and row["outcome"] == "completed"
    ):
        notes.append("The answer has no proper end: the last event of its dialect is missing.")
    return notes
