"""The bytes of a body as one looks at them: JSON indented, streams as they came, else a hex dump."""

from collections.abc import Iterator
from dataclasses import dataclass

from driftgate.dashboards.call.texts import Budget, Text, pretty

LIMIT = 60_000  # characters that the page shows
DUMPED = 1_024  # bytes of a hex dump
_ROW = 16
_BROKEN = 0.1  # share of characters that are no UTF-8, above which it is no text


@dataclass(frozen=True, slots=True)
class Raw:
    """A body. size: bytes as sent. coding: what it was compressed with. kind: JSON, text and so on."""

    kind: str
    text: Text
    size: int
    coding: str = ""


def raw(sent: bytes, plain: bytes, coding: str | None, budget: Budget) -> Raw:
    """The view of a body; plain: without its content coding."""
    start = plain[: LIMIT * 4]
    text = start.decode("utf-8", "replace")
    if _is_binary(plain[:LIMIT]):
        shown = budget.take("\n".join(_dump(plain[:DUMPED])), LIMIT)
        return Raw("binary", shown, len(sent), coding or "")
    kind = _kind(text)
    if kind == "JSON" and len(plain) <= len(start):
        text = pretty(text)
    shown = budget.take(text, LIMIT)
    whole = shown.length + max(len(plain) - len(start), 0)
    return Raw(kind, Text(shown.shown, shown.start, whole), len(sent), coding or "")


def _is_binary(start: bytes) -> bool:
    text = start.decode("utf-8", "replace")
    return text.count("\ufffd") > len(text) * _BROKEN or text.count("\0") > len(text) * _BROKEN


def _kind(text: str) -> str:
    start = text[:64].lstrip("\ufeff \t\r\n")
    if not start:
        return "empty"
    if start.startswith(("data:", "event:", "id:", "retry:", ":")):
        return "event stream"
    if start.startswith(("{", "[")):
        return "lines of JSON" if "\n{" in text.rstrip() and text.startswith('{"') else "JSON"
    return "text"


def _dump(data: bytes) -> Iterator[str]:
    """Rows as `xxd` has them."""
    for at in range(0, len(data), _ROW):
        row = data[at : at + _ROW]
        signs = "".join(chr(each) if 32 <= each < 127 else "." for each in row)  # noqa: PLR2004 - printable ASCII
        yield f"{at:08x}  {row.hex(' '):<47}  {signs}"
