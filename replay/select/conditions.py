"""What people write to choose calls by (times, models, statuses, tags), as SQL conditions. Pure.

Each gives (condition, parameters) over the columns of `calls`; values never stand in the SQL itself.
"""

import re
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from driftgate.proxy.errors import UsageError
from driftgate.proxy.record import Outcome

Condition = tuple[str, list[Any]]
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_AGE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhdw])")
_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_HTTP = range(100, 600)
_GOOD = "outcome = 'completed' AND (status IS NULL OR status < 400)"


def moment(text: str, now: datetime) -> datetime:
    """The UTC time, without zone, that `text` names: an age before `now`, or ISO 8601.

    A time without zone is local time, as everywhere on the command line. `now` has a zone.

    Raises:
        UsageError: it is neither.
    """
    stripped = text.strip()
    try:
        if age := _AGE.fullmatch(stripped.lower()):
            then = now - float(age[1]) * _UNITS[age[2]]
        else:
            then = datetime.fromisoformat(stripped).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"'{text}' is no time: write an age such as 30m, 2h or 7d, or 2026-11-24T09:30"
        ) from error
    return then.astimezone(UTC).replace(tzinfo=None)


_LONGEST = timedelta(days=36_500)  # a time so long ago, or ahead, is one


def duration(text: str, option: str) -> timedelta:
    """How long `text` is: 30s, 5m, 24h, 7d; from a second to a hundred years. option: its name, for the message."""
    found = _AGE.fullmatch(text.strip().lower())
    try:
        length = float(found[1]) * _UNITS[found[2]] if found else timedelta(0)
    except OverflowError:
        length = timedelta(0)
    if length < timedelta(seconds=1):
        raise UsageError(f"{option} {text}: write how long, as 60s, 30m, 24h or 7d")
    if length > _LONGEST:
        raise UsageError(f"{option} {text}: at most {_LONGEST.days}d")
    return length


def of_model(pattern: str) -> Condition:
    """This model; * and ? stand for any characters, all else for itself."""
    return like("model", pattern)


def like(column: str, pattern: str) -> Condition:
    """A column that is so; * and ? stand for any characters, all else for itself."""
    if "*" not in pattern and "?" not in pattern:
        return f"{column} = ?", [pattern]
    return f"{column} GLOB ?", [pattern.replace("\\", r"\\").replace("[", "[[]")]


def holding(column: str, part: str) -> Condition:
    """A column in which this occurs, in any case of letters."""
    return f"contains(lower({column}), lower(?))", [part]


def utf8(what: str, text: str) -> str:
    """`text`, which DuckDB must be able to take; UsageError names `what` where it cannot."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{what} is not valid UTF-8 at character {error.start}") from error
    return text


def of_session(start: str) -> Condition:
    """The session, or Codex thread, whose id begins so."""
    return "(starts_with(session_id, ?) OR starts_with(thread_id, ?))", [start, start]


def of_status(text: str, option: str = "--status") -> Condition:
    """An HTTP status (404), a class of them (5xx), an outcome, `ok` or `error`.

    option: its name, for the message.

    Raises:
        UsageError: it is none of these.
    """
    wanted = text.strip().lower()
    if wanted in {"ok", "good"}:
        return f"({_GOOD})", []
    if wanted in {"error", "errors"}:
        return f"NOT ({_GOOD})", []
    if wanted in _CLASSES:
        return "status // 100 = ?", [int(wanted[0])]
    if wanted.isascii() and wanted.isdigit() and int(wanted) in _HTTP:
        return "status = ?", [int(wanted)]
    names = [outcome.value for outcome in Outcome]
    if wanted in names:
        return "outcome = ?", [wanted]
    near = get_close_matches(wanted, [*names, "ok", "error"], n=1)
    hint = (
        f"did you mean {near[0]}?" if near else f"one of: ok, error, 404, 5xx, {', '.join(names)}"
    )
    raise UsageError(f"{option} '{text}' is no HTTP status and no outcome; {hint}")


def of_tag(text: str) -> Condition:
    """A value of the request's own `metadata`, or key=value; of a list of values, one of them."""
    value = "(v = ? OR list_contains(json_extract_string(j, '$[*]'), ?))"
    parameters: list[Any] = [text, text]
    key, equals, wanted = text.partition("=")
    if equals:
        value = f"({value} OR (k = ? AND {value}))"
        parameters += [key, wanted, wanted]
    each = (
        "SELECT unnest(json_keys(metadata)) AS k, unnest(json_extract_string(metadata, '$.*')) AS v, "
        "unnest(json_extract(metadata, '$.*')) AS j"
    )
    return f"(json_valid(metadata) AND EXISTS (SELECT 1 FROM ({each}) WHERE {value}))", parameters  # noqa: S608 - values are parameters
