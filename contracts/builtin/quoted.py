"""What in a text is a word about a marker, and no leak of it: quoted, or named in a sentence."""

import re
from bisect import bisect_right

# Bounded everywhere: a text of nothing but backticks takes no longer than another.
_FENCE = re.compile(r"^[ \t]{0,20}(`{3,20}|~{3,20})", re.MULTILINE)
_SPAN = re.compile(r"`[^`\n]{1,400}`")
# What every marker of a model family begins with. A pattern that begins with one plain character is
# looked for with memchr, so that ordinary text costs a microsecond.
_MARKER = re.compile(
    r"<(?:\||/?th(?:ink|ought)|unused\d|(?:channel|turn|tool|image|audio|video|think)\w*\|>"
    r"|(?:start|end)_of_|tool_call>|function=|bos>|eos>|pad>|unk>)"
)
_BEFORE = frozenset(" \t(\"'\u201c\u2018[,;:/=>`")
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "(": ")", "`": "`"}
_SCANNED = 200_000  # characters in which code blocks are looked for


def has_marker(text: str) -> bool:
    """Whether anything like a control token stands in the text, quoted or not."""
    return "<" in text and _MARKER.search(text) is not None


class Quoted:
    """The code blocks and code spans of one text, found when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans = (_blocks(text), [m.span() for m in _SPAN.finditer(text, 0, _SCANNED)])

    def covers(self, start: int, end: int) -> bool:
        """Whether it stands in a code block, a code span or between quotation marks."""
        for spans in self._spans:
            place = bisect_right(spans, (start, len(self._text))) - 1
            if place >= 0 and end <= spans[place][1]:
                return True
        before, after = self._text[start - 1 : start], self._text[end : end + 1]
        return bool(before) and _QUOTES.get(before) == after

    def mentions(self, start: int, end: int) -> bool:
        """Whether it stands within a sentence: prose before and after it on its own line."""
        text = self._text
        line = text.rfind("\n", 0, start) + 1
        stop = text.find("\n", end)
        before = text[line:start]
        after = text[end : stop if stop >= 0 else len(text)][:40]
        if not before or before[-1] not in _BEFORE or not _has_words(before):
            return False
        return after[:1] in (".", ",", ";", ":", ")", "?", "!", "'", '"', "-") or (
            after[:1] == " " and _has_words(after)
        )


def _blocks(text: str) -> list[tuple[int, int]]:
    """Fenced code blocks; a fence that never closes quotes nothing."""
    blocks: list[tuple[int, int]] = []
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text, 0, _SCANNED):
        if opened is None:
            opened = fence
        elif fence[1].startswith(opened[1]):
            blocks.append((opened.start(), fence.end()))
            opened = None
    return blocks


def _has_words(text: str) -> bool:
    return any(map(str.isalpha, text[-40:]))
