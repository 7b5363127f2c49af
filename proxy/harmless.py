r"""Text of strangers made harmless for a terminal.

Models and clients write what is shown here. An escape sequence in it could rewrite the screen, the
window title or the clipboard, and a direction override could make text read as something else, so
every such character is shown as its escape instead (`\x1b`, `\u202e`).
"""

import re

_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\u2028\u2029\ufeff\U000e0000-\U000e007f"  # separators, BOM, tag characters
_SURROGATE = "\ud800-\udfff"
_HARMFUL = re.compile(f"[{_CONTROL}{_DIRECTION}{_INVISIBLE}{_SURROGATE}]")
_SPACE = re.compile(r"\s+")


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x100:  # noqa: PLR2004 - two hex digits reach this far
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - likewise


def harmless(text: str) -> str:
    """`text` with every harmful character escaped; tabs and newlines stay."""
    return _HARMFUL.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """`text` harmless and on one line, each run of blanks as one space."""
    return harmless(_SPACE.sub(" ", text)).strip()


def one_cell(text: str) -> str:
    r"""`text` harmless and on one line, with line ends and tabs visible as `\n` and `\t`."""
    return harmless(text).replace("\n", "\\n").replace("\t", "\\t")


def json_safe(text: str) -> str:
    """JSON text in which no character can harm a terminal. Its meaning stays the same."""
    return _HARMFUL.sub(_json_escape, text)


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
