r"""Detector `leaked_channel`: the model's reasoning stands in the text of its answer.

Gemma 4's chat template writes reasoning as `<|channel>thought\n...<channel|>`. Where a server does
not take it out, the markers stand in the text; where it takes out the markers alone, the bare word
`thought` and the reasoning do. Other families: `<think>...</think>`, `<|channel|>analysis<|message|>`.
A marker that is quoted or named in a sentence is a warning: the text may be about it.
"""

import re

from driftgate.contracts.builtin.quoted import Quoted
from driftgate.contracts.verdict import Severity, Source, Violation

KEYWORD = "leaked_channel"
_MARKER = re.compile(r"<\|channel\|?>|<channel\|>|</?(?:think|thought|thinking)>")
_BARE = re.compile(r"\s*(?:thought|thinking)[ \t]*\r?\n\s*(?=\S)")
_HARMONY = re.compile(r"\s*(?:analysis|commentary)\S.{0,20000}?assistantfinal", re.DOTALL)
_MARKERS = 64  # looked at


def channel_findings(text: str, *, marked: bool = True) -> list[Violation]:
    """What leaked into the text; at most one finding. marked: as `has_marker` says."""
    found = _marked(text) if marked else None
    if found is not None:
        return [found]
    head = text[:64].lstrip()
    if head.startswith(("thought", "thinking")):
        return _bare(text)
    if head.startswith(("analysis", "commentary")) and _HARMONY.match(text):
        return [_violation("the reasoning stands before the answer, its markers swallowed")]
    return []


def _marked(text: str) -> Violation | None:
    quoted: Quoted | None = None
    spoken_of = None
    for count, marker in enumerate(_MARKER.finditer(text)):
        quoted = quoted or Quoted(text)
        if not (quoted.covers(*marker.span()) or quoted.mentions(*marker.span())):
            return _violation(f"the marker {marker[0]} stands in the text: reasoning leaked")
        spoken_of = spoken_of or marker[0]
        if count >= _MARKERS:
            break
    if spoken_of is None:
        return None
    return _violation(f"the text speaks of the marker {spoken_of}", Severity.WARNING)


def _bare(text: str) -> list[Violation]:
    found = _BARE.match(text)
    if found is None or _is_word_list(text[found.end() :]):
        return []
    word = text[: found.end()].split(maxsplit=1)[0]
    return [_violation(f"the text begins with the bare word {word!r}: its channel leaked")]


def _is_word_list(body: str) -> bool:
    """`thought` may be the first of several words, one a line; a leak has sentences, or itself."""
    lines = body[:4_000].split()
    rows = [line for line in body[:4_000].splitlines() if line.strip()]
    return len(rows) > 1 and len(rows) == len(lines) and "thought" not in lines[:1]


def _violation(reason: str, severity: Severity = Severity.ERROR) -> Violation:
    return Violation(Source.MODEL, KEYWORD, "text", reason, severity)
