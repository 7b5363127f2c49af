"""Redaction rules applied to bodies: regular expressions and JSON paths, also over split texts.

A stream says one text in many small pieces. Pieces at the same place in consecutive events are
put together, matched as one text, and masked where they stand, so that a secret is found however
it was split. Only changed values are written anew; every other byte stays as it was.

The expressions are the operator's own and trusted: a slow one slows the recording.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from driftgate.proxy.redact.paths import matches, parse_path
from driftgate.proxy.redact.payloads import Payload, payloads
from driftgate.proxy.redact.scan import JsonPath, Kind, Node, as_utf8, quote, scan, unquote
from driftgate.proxy.redact.splice import Edit, splice

_MASK = re.compile(r"redacted:[0-9a-f]{16}")

# Names whose values repeat in each event and are never pieces of a text.
_NO_PIECES = frozenset(
    {
        "created_at",
        "done_reason",
        "finish_reason",
        "id",
        "item_id",
        "model",
        "obfuscation",
        "object",
        "response_id",
        "role",
        "service_tier",
        "status",
        "system_fingerprint",
        "type",
    }
)
# Names that tell which of several interleaved texts a piece belongs to.
_TELLING_DEPTH = 12  # no dialect has them deeper
_TELLING = frozenset({"content_index", "index", "item_id", "output_index", "summary_index"})


@dataclass(slots=True)
class _Piece:
    """One value, its place in the body, and which texts it is a piece of."""

    node: Node
    start: int
    end: int
    old: str
    text: str
    told: tuple[object, ...] = ()

    def edit(self) -> Edit:
        raw = self.node.kind is Kind.TEXT
        new = self.text.encode("utf-8", "surrogateescape") if raw else quote(self.text)
        return Edit(self.start, self.end, new)


class BodyRules:
    """Compiled rules.

    Args:
        patterns: regular expressions; what they match is masked.
        json_paths: places whose values are masked whole.
        mask: gives the text to write in the place of a secret.
    """

    def __init__(
        self, patterns: Iterable[str], json_paths: Iterable[str], mask: Callable[[bytes], str]
    ) -> None:
        self._patterns = [re.compile(pattern) for pattern in patterns]
        self._paths = [parse_path(path) for path in json_paths]
        self._mask = mask

    def apply(self, chunks: list[bytes], content_type: str) -> list[bytes]:
        """The decoded chunks of one body without what the rules name; as many as before."""
        if self._paths:
            chunks = splice(chunks, self._whole_values(b"".join(chunks), content_type))
        if self._patterns:
            chunks = splice(chunks, self._pieces_of_texts(b"".join(chunks), content_type))
            chunks = splice(chunks, self._rest(b"".join(chunks), content_type))
        return chunks

    def _whole_values(self, body: bytes, content_type: str) -> list[Edit]:
        edits: list[Edit] = []
        known: dict[JsonPath, bool] = {}
        for payload, nodes in _scanned(body, content_type):
            for node in nodes:
                if node.kind is Kind.KEY or not self._is_meant(node.path, known):
                    continue
                start, end = payload.span(node.start, node.end)
                while edits and edits[-1].start >= start:  # inside of this one
                    edits.pop()
                edits.append(Edit(start, end, quote(self._hide(_value(payload, node)))))
        return edits

    def _is_meant(self, path: JsonPath, known: dict[JsonPath, bool]) -> bool:
        if path not in known:
            known[path] = any(matches(steps, path) for steps in self._paths)
        return known[path]

    def _pieces_of_texts(self, body: bytes, content_type: str) -> list[Edit]:
        pieces = _pieces(body, content_type)
        apart: dict[object, list[_Piece]] = {}
        together: dict[object, list[_Piece]] = {}
        for piece in pieces:
            if _may_be_split(piece.node):
                apart.setdefault((piece.node.path, piece.told), []).append(piece)
                together.setdefault(piece.node.path, []).append(piece)
        for texts in (apart, together):  # what tells pieces apart may be missing or wrong
            for text in texts.values():
                if len(text) > 1:
                    self._mask_split(text)
        for piece in pieces:
            piece.text = self._masked(piece.text)
        return [piece.edit() for piece in pieces if piece.text != piece.old]

    def _mask_split(self, pieces: list[_Piece]) -> None:
        whole = "".join(piece.text for piece in pieces)
        texts = [piece.text.encode("utf-32-le", "surrogatepass") for piece in pieces]
        for pattern in self._patterns:
            edits = [
                Edit(4 * start, 4 * end, self._hide(whole[start:end]).encode("utf-32-le"))
                for start, end in _spans(pattern, whole)
            ]
            if edits:
                texts = splice(texts, edits)
                whole = b"".join(texts).decode("utf-32-le", "surrogatepass")
        for piece, text in zip(pieces, texts, strict=True):
            piece.text = text.decode("utf-32-le", "surrogatepass")

    def _masked(self, text: str) -> str:
        for pattern in self._patterns:
            spans = _spans(pattern, text)
            for start, end in reversed(spans):
                text = text[:start] + self._hide(text[start:end]) + text[end:]
        return text

    def _rest(self, body: bytes, content_type: str) -> list[Edit]:
        """What expressions match in the raw text: other lines, or more than one JSON value.

        Of JSON the values are masked, not the structure between them.
        """
        spans = self._raw_spans(body)
        if not spans:
            return []
        edits: list[Edit] = []
        inside: list[tuple[int, int]] = []
        for payload, nodes in _scanned(body, content_type):
            inside.append(payload.span(0, len(payload.text)))
            for node in nodes:
                start, end = payload.span(node.start, node.end)
                if node.kind in (Kind.KEY, Kind.CONTAINER) or not _overlap(start, end, spans):
                    continue
                edits.append(Edit(start, end, quote(self._hide(_value(payload, node)))))
        edits += [
            Edit(start, end, self._mask(body[start:end]).encode())
            for start, end in spans
            if not _overlap(start, end, inside)
        ]
        return sorted(edits, key=lambda edit: edit.start)

    def _raw_spans(self, body: bytes) -> list[tuple[int, int]]:
        text = body.decode("utf-8", "surrogateescape")
        found = sorted(span for pattern in self._patterns for span in _spans(pattern, text))
        merged: list[tuple[int, int]] = []
        for start, end in found:
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged if text.isascii() else list(_as_bytes(text, merged))

    def _hide(self, secret: str) -> str:
        return self._mask(secret.encode("utf-8", "surrogatepass"))


def _scanned(body: bytes, content_type: str) -> Iterator[tuple[Payload, list[Node]]]:
    """All JSON payloads with their nodes; other payloads as one node of text."""
    for payload in payloads(body.decode("latin-1"), content_type):
        if payload.is_json:
            yield payload, scan(payload.text)
        elif payload.text:
            yield payload, [Node(Kind.TEXT, 0, len(payload.text), (), 0)]


def _pieces(body: bytes, content_type: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    for payload, nodes in _scanned(body, content_type):
        telling = _telling(payload, nodes)
        for node in nodes:
            if node.kind is Kind.CONTAINER:
                continue
            start, end = payload.span(node.start, node.end)
            text = _value(payload, node)
            told = _told(node, telling) if telling else ()
            pieces.append(_Piece(node, start, end, text, text, told))
    return pieces


def _telling(payload: Payload, nodes: list[Node]) -> dict[object, tuple[str, ...]]:
    """For each object: which text its pieces belong to."""
    told: dict[object, tuple[str, ...]] = {}
    for node in nodes:
        if not node.path or node.kind in (Kind.KEY, Kind.CONTAINER):
            continue
        name = node.path[-1]
        if name in _TELLING or (name == "type" and len(node.path) == 1):
            place = (node.document, node.path[:-1])
            told[place] = (*told.get(place, ()), payload.text[node.start : node.end])
    return told


def _told(node: Node, telling: dict[object, tuple[str, ...]]) -> tuple[object, ...]:
    depths = range(min(len(node.path), _TELLING_DEPTH))
    return tuple(telling.get((node.document, node.path[:depth])) for depth in depths)


def _may_be_split(node: Node) -> bool:
    if node.kind is Kind.STRING:
        return not node.path or node.path[-1] not in _NO_PIECES
    return node.kind is Kind.TEXT


def _value(payload: Payload, node: Node) -> str:
    text = payload.text[node.start : node.end]
    return unquote(text) if node.kind in (Kind.KEY, Kind.STRING) else as_utf8(text)


def _spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """Non-empty matches between the masks that are there already."""
    if "redacted:" not in text:
        return [found.span() for found in pattern.finditer(text) if found[0]]
    spans: list[tuple[int, int]] = []
    at = 0
    for stop, after in (*(mask.span() for mask in _MASK.finditer(text)), (len(text), 0)):
        spans += [found.span() for found in pattern.finditer(text, at, stop) if found[0]]
        at = after
    return spans


def _overlap(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    """Whether one of the spans (in order, apart from each other) has a byte in start to end."""
    index = bisect_right(spans, start, key=lambda span: span[1])
    return index < len(spans) and spans[index][0] < end


def _as_bytes(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Positions in a text as positions in its UTF-8 form."""
    at = place = 0
    for start, end in spans:
        place += len(text[at:start].encode("utf-8", "surrogateescape"))
        length = len(text[start:end].encode("utf-8", "surrogateescape"))
        yield place, place + length
        at, place = end, place + length
