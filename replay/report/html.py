"""A report as one HTML file: no script, nothing from elsewhere, and only text where models write.

jinja2 escapes what the template is given, and the page forbids what it does not contain: its policy
(Content Security Policy 3) allows one style, by its hash, and nothing else.
"""

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from driftgate.replay.report.diff import skipped
from driftgate.replay.report.distributions import Plot, plots
from driftgate.replay.report.forest import NARROW, forests
from driftgate.replay.report.view import View

_STYLE, _PAGE = "report.css", "report.html"
FOLDED = 200  # characters of a configuration's value, beyond which it is folded


def html(view: View) -> str:
    """The page."""
    environment = _environment()
    style = _style(environment)
    return environment.get_template(_PAGE).render(
        view=view,
        style=Markup(style),  # noqa: S704 - our own file
        policy=policy(style),
        folded=FOLDED,
        **figures(view),
    )


def figures(view: View, *, narrow: bool = False) -> dict[str, list[Any]]:
    """The drawings: `forests` and `slice_forests` as markup; `latencies` and `distributions` with captions.

    narrow: with `narrow_forests` and `narrow_slice_forests`, the same for a phone.
    """
    units = {row.finding.metric: row.finding.unit for row in view.rows}
    drawn = plots(view.samples, units)
    made: dict[str, list[Any]] = {
        "forests": _safe(forests(view.rows, "m", view.interval)),
        "slice_forests": _safe(forests(view.slices, "s", view.interval)),
        "latencies": _figures([each for each in drawn if each.latency]),
        "distributions": _figures([each for each in drawn if not each.latency]),
    }
    if narrow:
        made["narrow_forests"] = _safe(forests(view.rows, "mn", view.interval, NARROW))
        made["narrow_slice_forests"] = _safe(forests(view.slices, "sn", view.interval, NARROW))
    return made


def policy(style: str) -> str:
    """What the page may load: the style with this text, inside it."""
    told = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{told}'; base-uri 'none'; form-action 'none'"


def _safe(drawn: list[str]) -> list[Markup]:
    return [Markup(each) for each in drawn]  # noqa: S704 - svg.py escapes each text and attribute


def _figures(drawn: list[Plot]) -> list[dict[str, Any]]:
    svgs = _safe([each.svg for each in drawn])
    return [
        {"metric": plot.metric, "svg": svg, "caption": plot.caption}
        for plot, svg in zip(drawn, svgs, strict=True)
    ]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("driftgate.replay.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["minus"] = lambda text: text.replace("-", "\u2212")
    environment.filters["skipped"] = skipped
    return environment


def _style(environment: Environment) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, _STYLE)[0].replace("\r\n", "\n")
