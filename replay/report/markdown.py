"""A report as GitHub-flavoured Markdown, for a job page or a comment.

Text of strangers stands in table cells and sentences with all punctuation as character references,
which never act as markup (CommonMark 0.31 section 2.5), and in fences that are longer than any row of
backticks inside (section 4.5). An @ or # is followed by an empty comment, so that nobody is notified
and no issue is linked. GitHub takes a summary of at most 1 MiB; this stays far below.
"""

import re
from collections.abc import Iterator, Sequence

from driftgate.replay.report.diff import unified
from driftgate.replay.report.pairs import Pair
from driftgate.replay.report.plain import one_line
from driftgate.replay.report.rows import Row
from driftgate.replay.report.view import View

MARKS = {
    "pass": "\u2705",
    "drift": "\u274c",
    "inconclusive": "\u2754",
    "could_not_check": "\u26a0\ufe0f",
    "info": "",
}
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_PLAIN = ",;%/('\"?"  # these mean nothing where &, < and [ are references
_TICKS = re.compile(r"`+")
_SLICES, _PAIRS, _DIFF = 20, 5, 80
_LINE = 400  # characters of a line of a diff
_VALUE = 120  # of a configuration's value


def markdown(view: View) -> str:
    """The page."""
    lines = [
        f"## {MARKS[view.verdict]} driftgate: {view.word}",
        "",
        _strong(view.sentence),
        *(["", escaped(" ".join(view.notes))] if view.notes else []),
        "",
        *_table(("", ""), view.head),
        "",
        *_findings(view),
        *_details("Slices that moved", _slices(view), opened=True),
        *_details("Worst pairs", [each for pair in view.pairs[:_PAIRS] for each in _pair(pair)]),
        *_details("Differences of configuration", _changes(view)),
        *_details("Health of the measurement", _health(view), opened=bool(view.problems)),
        *_details("What this can and cannot say", [escaped(view.limits)]),
        *_details("To have it again", _table(("", ""), view.reproduce)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def escaped(text: str) -> str:
    """`text` on one line as inline Markdown that reads as just that text."""
    return _PUNCTUATION.sub(_reference, one_line(text))


def _strong(text: str) -> str:
    return f"**{escaped(text) or '&#45;'}**"


def _reference(found: re.Match[str]) -> str:
    sign, at = found[0], found.start()
    if sign in _PLAIN or _harmless(sign, found.string[at - 1 : at], found.string[at + 1 : at + 2]):
        return sign
    return f"&#{ord(sign)};{'<!-- -->' if sign in '@#' else ''}"


def _harmless(sign: str, before: str, after: str) -> bool:
    """Whether a sign between these two characters is no markup, so that the source stays readable."""
    if sign == ".":  # no list item, no address
        return (before.isalpha() and not after.strip()) or (before.isdigit() and after.isdigit())
    if sign in "-+":  # no list item, no rule
        return before.isalnum() or (not before.strip() and after.isdigit())
    if sign == ")":  # no list item
        return before.isalpha()
    if sign == ":":  # no address, no emoji
        return (before.isalnum() or before == ")") and not after.strip()
    return sign in "=_" and before.isalnum() and after.isalnum()


def fence(lines: Sequence[str], language: str = "") -> list[str]:
    """`lines` as a fenced block that none of them can end."""
    longest = max((len(each) for line in lines for each in _TICKS.findall(line)), default=0)
    ticks = "`" * max(longest + 1, 3)
    return [f"{ticks}{language}", *lines, ticks]


def _details(title: str, lines: Sequence[str], *, opened: bool = False) -> list[str]:
    if not lines:
        return []
    tag = "<details open>" if opened else "<details>"
    return [f"{tag}<summary>{title}</summary>", "", *lines, "", "</details>", ""]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], figures: int = 0) -> list[str]:
    """A table; its columns from `figures` on hold figures, if it is not 0."""
    rule = ["---:" if figures and number >= figures else "---" for number in range(len(heads))]
    cells = [[escaped(cell) for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (heads, rule, *cells)]


def _cells(row: Row) -> list[str]:
    word = f"{MARKS[row.status]} {row.word}".strip()
    return [row.baseline, row.candidate, row.effect, row.interval, row.margin, word]


def _heads(view: View) -> tuple[str, ...]:
    return ("metric", "baseline", "candidate", "effect", view.interval, "margin", "status")


def _findings(view: View) -> Iterator[str]:
    if view.rows:
        yield from _table(_heads(view), [[row.metric, *_cells(row)] for row in view.rows], 1)
        yield ""
    for row in view.rows:
        if row.telling:
            yield f"- {_strong(row.metric)}: {escaped(row.reason)}"
    yield ""


def _slices(view: View) -> list[str]:
    shown = view.slices[:_SLICES]
    if not shown:
        return []
    lines = _table(
        ("slice", *_heads(view)), [[row.slice, row.metric, *_cells(row)] for row in shown], 2
    )
    rest = len(view.slices) - len(shown)
    told = [f"{rest} more moved."] if rest else []
    told += [f"{len(view.others)} other findings of slices: no change seen."] if view.others else []
    return [*lines, "", *told] if told else lines


def _pair(pair: Pair) -> Iterator[str]:
    yield f"{_strong(f'{pair.number}. {pair.call_id}')}, distance {pair.distance}"
    if pair.slices:
        yield f"({escaped(', '.join(pair.slices))})"
    yield ""
    if pair.prompt:
        yield from (f"> {escaped(pair.prompt)}", "")
    yield from (f"- {escaped(reason)}" for reason in pair.reasons)
    yield ""
    shown = [f"{sign} {told[:_LINE]}" for sign, told in unified(pair.lines)]
    more = len(shown) - _DIFF
    yield from fence([*shown[:_DIFF], *([f"@ {more} more lines"] if more > 0 else [])], "diff")
    yield ""


def _changes(view: View) -> list[str]:
    if not view.changes:
        return ["None that driftgate can see."]
    cells = [
        (each.place, each.name, one_line(each.baseline, _VALUE), one_line(each.candidate, _VALUE))
        for each in view.changes
    ]
    return _table(("where", "what", "baseline", "candidate"), cells)


def _health(view: View) -> list[str]:
    problems = [("cannot check", each) for each in view.problems]
    return _table(("", ""), [*problems, *view.health])
