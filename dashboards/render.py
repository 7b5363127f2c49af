"""Templates into HTML. Whatever is put into a page is text, unless our own template says otherwise."""

import contextlib
import json
import re
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from driftgate.proxy import units
from driftgate.proxy.harmless import harmless, one_line

PRETTY_LIMIT = 1 << 20  # characters of JSON that are still indented
NONE = "\u2013"  # where there is no value
_ID = re.compile(r"\b([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b(?!')", re.ASCII)
_NAMED = re.compile(r"`([^`]+)`")
ID_LENGTH = 13  # characters of a UUIDv7 that hold its time


@cache
def environment() -> Environment:
    """jinja2 with our templates and filters."""
    made = Environment(
        loader=PackageLoader("driftgate.dashboards", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        time=time,
        ms=span,
        count=count,
        size=size,
        percent=percent,
        text=text,
        line=line,
        pretty=pretty,
        coded=coded,
        linked=linked,
    )
    made.filters["short"] = short
    made.globals["version"] = version()
    return made


@cache
def version() -> str:
    """What names this version of our static files in links, so that browsers may keep them."""
    told = sha256()
    for path in sorted(
        (files("driftgate.dashboards") / "static").iterdir(), key=lambda each: each.name
    ):
        if path.is_file():
            told.update(path.read_bytes())
    return told.hexdigest()[:12]


def time(at: datetime | None) -> Markup | str:
    """A time of the history (UTC) as an element, which the browser shows in its own zone."""
    if at is None:
        return NONE
    shown = at.strftime("%Y-%m-%d %H:%M:%S")
    return Markup('<time datetime="{}Z">{}</time>').format(at.isoformat("T", "milliseconds"), shown)


def span(milliseconds: float | None) -> str:
    """A time that something took, in a unit that suits it; a dash for none."""
    return units.span(milliseconds) or NONE


def count(number: float | None, digits: int = 0) -> str:
    """A number with its thousands apart; a dash for none."""
    return NONE if number is None else f"{number:,.{digits}f}"


def size(number: int | None) -> str:
    """Bytes in a unit that suits them; a dash for none."""
    return NONE if number is None else units.size(number)


def percent(part: float | None, digits: int = 1) -> str:
    """A share between 0 and 1, in percent."""
    return NONE if part is None else f"{part * 100:.{digits}f} %"


def text(words: Any) -> str:
    """Words of strangers: control and direction characters are made visible."""
    return "" if words is None else harmless(str(words))


def line(words: Any, length: int = 160) -> str:
    """The beginning of them, on one line."""
    if words is None:
        return ""
    shown = one_line(str(words)[: length * 2])
    return shown if len(shown) <= length else shown[:length] + "…"


def coded(words: str) -> Markup:
    """Words in which names stand in backticks, as a page shows them. Harmless words: as `text` or `line`."""
    code = Markup("<code>{}</code>").format
    pieces = enumerate(_NAMED.split(words))
    return Markup("").join(code(piece) if place % 2 else piece for place, piece in pieces)


def linked(words: str, start: str) -> Markup:
    """Words whose whole ids lead to start + id, but for one in quotes, which is what was asked for.

    words: harmless ones, as `coded` takes them. start: of an address of ours.
    """
    link = Markup('<a href="{}{}">{}</a>').format
    pieces = enumerate(_ID.split(words))
    found = (link(start, piece, piece) if place % 2 else piece for place, piece in pieces)
    return Markup("").join(found)


def pretty(words: Any) -> str:
    """JSON indented, if it is JSON; else the words as they are. Harmless, as `text`."""
    if words is None:
        return ""
    told = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False, default=str)
    if len(told) <= PRETTY_LIMIT:
        with contextlib.suppress(ValueError, RecursionError):
            told = json.dumps(json.loads(told), indent=2, ensure_ascii=False)
    return text(told)


def short(call_id: Any) -> str:
    """The beginning of an id."""
    return NONE if call_id is None else str(call_id)[:ID_LENGTH]
