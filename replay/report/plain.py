r"""Text of strangers made harmless for every format of a report.

Models and clients write what reports show. Control characters could rewrite a terminal, direction
overrides make text read as something else, and XML 1.0 knows most of them not at all
(https://www.w3.org/TR/xml/#charsets), so each is shown as its escape instead (`\x1b`, `\u202e`).
What is markup in one format alone (`<`, backticks) is that format's own matter.
"""

import re

_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\u2028\u2029\ufeff\U000e0000-\U000e007f"  # separators, BOM, tag characters
_NO_CHARACTERS = "\ud800-\udfff\ufffe\uffff"  # surrogates, and what XML does not allow
_HARMFUL = re.compile(f"[{_CONTROL}{_DIRECTION}{_INVISIBLE}{_NO_CHARACTERS}]")
_SPACE = re.compile(r"\s+")
_TWO_DIGITS, _FOUR_DIGITS = 0x100, 0x10000


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < _TWO_DIGITS:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _FOUR_DIGITS else f"\\U{code:08x}"


def plain(text: str, limit: int | None = None) -> str:
    """`text` with every harmful character escaped; tabs and newlines stay.

    limit: characters that are kept; what is left out is counted at the end.
    """
    kept = text if limit is None else text[:limit]
    rest = len(text) - len(kept)
    told = f" [... {rest:,} more characters]" if rest else ""
    return _HARMFUL.sub(_escape, kept.replace("\r\n", "\n")) + told


def one_line(text: str, limit: int | None = None) -> str:
    """`text` harmless and on one line, each run of blanks as one space; limit: as plain()."""
    start = text if limit is None else text[: 2 * limit]  # blanks of a megabyte need not be folded
    folded = _SPACE.sub(" ", start).strip()
    return plain(folded + text[len(start) :], limit)
