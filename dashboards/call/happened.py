"""What happened in a call, in a sentence or two: how it ended, why, and whose fault that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.proxy.dialects.lenient import filled, mapping, parse

_ERROR, _SERVER_ERROR = 400, 500
_READ = 1 << 20  # bytes of an error answer that is read for driftgate's own words
_SAID = 600  # characters of an error
_OUTCOMES = {  # outcome -> (headline, whose fault)
    "client_gone": ("The client left before the answer was whole", "client"),
    "upstream_refused": ("The model server could not be reached", "upstream"),
    "upstream_reset": ("The model server broke off its answer", "upstream"),
    "upstream_timeout": ("The model server took too long", "upstream"),
    "upstream_invalid": ("What the model server sent is no HTTP answer", "upstream"),
    "client_invalid": ("The request could not be forwarded", "client"),
    "refused": ("driftgate refused the call", "driftgate"),
    "interrupted": ("driftgate was stopped while the call ran", "driftgate"),
    "failed": ("driftgate failed", "driftgate"),
}
_WHOSE = {
    "client": "the client's request",
    "upstream": "the model server",
    "driftgate": "driftgate",
    "model": "the model",
}
_WHAT_NOW = {
    "upstream_refused": "Is it running, and is its address in driftgate.toml right? driftgate doctor looks.",
    "upstream_timeout": "The message names the setting that allows more time.",
    "client_gone": "Many clients have a time limit of their own.",
    "interrupted": "The client got no whole answer; what came until then is below.",
    "failed": "This is a fault of driftgate's own; please report it with the message.",
}
_DROPPED = "constraint_dropped"
_BY_SERVER = frozenset(
    {_DROPPED, "context_cut", "context_exceeded", "tool_type_refused", "server_parser"}
)


@dataclass(frozen=True, slots=True)
class Happened:
    """tone: good, warn, bad or plain. headline: one sentence. why: a line of more, of strangers' words.

    fault: whose it is; empty: nobody's. advice: what one may do.
    """

    tone: str
    headline: str
    why: str = ""
    fault: str = ""
    advice: str = ""


def happened(
    row: Mapping[str, Any], violations: Sequence[Mapping[str, Any]], response: bytes
) -> Happened:
    """What the head of the page says."""
    contract = row["contract"] or ""
    own = _own_error(row, response)
    if own.get("code") == "contract_failed":
        told = f"No answer kept the contract {contract}, so the client got an error"
        return Happened(
            "bad", told, _why(row), _WHOSE["model"], "Each attempt below says what was wrong."
        )
    if own.get("code") == "input_contract":
        told = f"The request breaks the contract {contract} and was not sent on"
        return Happened("bad", told, _why(row), _WHOSE["client"])
    if row["outcome"] != "completed":
        headline, whose = _OUTCOMES.get(row["outcome"], (str(row["outcome"]), ""))
        whose = filled(own.get("fault")) or whose
        tone = "warn" if row["outcome"] == "client_gone" else "bad"
        advice = _WHAT_NOW.get(row["outcome"], "")
        return Happened(tone, headline, _why(row), _WHOSE.get(whose, ""), advice)
    if (row["status"] or 0) >= _ERROR:
        return _error(row, violations)
    if row["answer_error"]:
        return Happened(
            "bad", "The model server answered with an error", _why(row), _WHOSE["upstream"]
        )
    return _answered(row, violations)


def _own_error(row: Mapping[str, Any], response: bytes) -> Mapping[str, Any]:
    """`driftgate` of an error that driftgate wrote, with its code."""
    if (row["status"] or 0) < _ERROR or b'"driftgate"' not in response[:_READ]:
        return {}
    body = mapping(parse(response[:_READ]))
    error = mapping(body.get("error")) or body
    return {**mapping(error.get("driftgate")), "code": error.get("code")}


def _why(row: Mapping[str, Any]) -> str:
    return str(row["error"] or row["answer_error"] or "")[:_SAID]


def _error(row: Mapping[str, Any], violations: Sequence[Mapping[str, Any]]) -> Happened:
    status, known = row["status"], next(iter(_errors(violations)), None)
    if known is not None:
        whose = "upstream" if known["keyword"] in _BY_SERVER else "model"
        return Happened(
            "bad", f"The model server failed with status {status}", known["reason"], _WHOSE[whose]
        )
    if status < _SERVER_ERROR and status != 429:  # noqa: PLR2004 - too many requests: not this one's fault
        told = f"The model server refused the request with status {status}"
        return Happened("bad", told, _why(row), f"{_WHOSE['client']}, as the model server says")
    told = f"The model server answered with status {status}"
    return Happened(
        "bad", told, _why(row), _WHOSE["upstream"], "It may be busy or broken; later calls tell."
    )


def _errors(violations: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [each for each in violations if each["severity"] == "error"]


def _answered(row: Mapping[str, Any], violations: Sequence[Mapping[str, Any]]) -> Happened:
    number = row["attempts"] or 1
    if row["verdict"] == "fail":
        return _broken(row, violations)
    by = (
        f"the contract {row['contract']}"
        if row["contract"] not in {None, "builtin"}
        else "all checks"
    )
    kept = f", and the answer keeps {by}" if row["verdict"] == "pass" else ""
    if row["fallback"]:
        return Happened(
            "warn", f"Another model answered: {row['fallback']}{kept}", _first(violations)
        )
    if row["repairs"]:
        return Happened("warn", f"Answered after repair{kept}", _first(violations))
    if number > 1:
        return Happened("warn", f"Answered at attempt {number}{kept}", _first(violations))
    if (
        row["answer_complete"] is False
        and row["dialect"] is not None
        and row["verdict"] is not None
    ):
        return Happened("warn", "Answered, but the answer has no end")
    return Happened("good", f"Answered{kept}")


def _broken(row: Mapping[str, Any], violations: Sequence[Mapping[str, Any]]) -> Happened:
    last = max((each["attempt"] for each in violations), default=0)
    found = [each for each in _errors(violations) if each["attempt"] == last]
    by = (
        "built-in checks"
        if row["contract"] in {None, "builtin"}
        else f"the contract {row['contract']}"
    )
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    why = f"{_told(found[0])}{more}" if found else ""
    server = bool(found) and all(
        each["source"] == "wire" or each["keyword"] in _BY_SERVER for each in found
    )
    whose = _WHOSE["upstream" if server else "model"]
    return Happened("bad", f"Answered, but the answer fails {by}", why, whose)


def _first(violations: Sequence[Mapping[str, Any]]) -> str:
    """What was wrong at first and is mended now."""
    found = [each for each in violations if each["severity"] != "warning"]
    return f"At first: {_told(found[0])}" if found else ""


def _told(violation: Mapping[str, Any]) -> str:
    """Where and what; the whole text is no place to look for."""
    path, reason = violation["path"], str(violation["reason"])
    return reason if path in {None, "", "text"} else f"{path}: {reason}"
