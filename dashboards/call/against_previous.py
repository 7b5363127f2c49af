"""What a request says that the one before it did not: items, parameters, tools, the system prompt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Any

from driftgate.proxy.dialects.describe import Described
from driftgate.proxy.dialects.lenient import canonical_text, filled, listing, mapping, parse
from driftgate.proxy.dialects.meaning import Item, Parameters
from driftgate.proxy.dialects.parameters import tool_name
from driftgate.replay.report.diff import diff, unified

SHOWN = 100  # items that came or went, of each
DIFFS = 5  # changed items whose texts are compared
COMPARED = 1_000  # items between the common beginning and end that are matched one by one
_TEXT = 300  # characters of an item that tell which it is
_APART = frozenset({"tool_names", "response_schema"})  # told by their own, or too long


@dataclass(frozen=True, slots=True)
class Moved:
    """An item that came (+) or went (-). number: in its own request, from 1."""

    sign: str
    number: int
    role: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """An item that stands where another one stood. lines: (sign, text) as in `diff -u`."""

    number: int
    role: str
    kind: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new. kept: items that both have.

    parameters: (name, before, now). tools: (sign, name): + offered anew, - no more, ~ changed.
    added, removed: how many items came and went; the first of them are in `moved`.
    """

    kept: int = 0
    moved: tuple[Moved, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    parameters: tuple[tuple[str, Any, Any], ...] = ()
    tools: tuple[tuple[str, str], ...] = ()
    added: int = 0
    removed: int = 0

    @property
    def left_out(self) -> int:
        """How many items that came or went are not told."""
        return self.added + self.removed - len(self.moved)

    @property
    def nothing(self) -> bool:
        """Whether it is the same request once more."""
        return not (self.moved or self.rewritten or self.parameters or self.tools)


def changes(before: Described, after: Described) -> Changes:
    """The differences from the one to the other."""
    kept = 0
    went: list[int] = []
    came: list[int] = []
    rewritten: list[Rewritten] = []
    for same, old, new in _blocks(before, after):
        if same:
            kept += len(new)
            continue
        paired = _pairs(before, after, old, new)[: DIFFS - len(rewritten)]
        rewritten += [_rewritten(before, after, *pair) for pair in paired]
        ours, theirs = {old for old, _ in paired}, {new for _, new in paired}
        went += [place for place in old if place not in ours]
        came += [place for place in new if place not in theirs]
    moved = [_moved("-", before, place) for place in went[:SHOWN]]
    moved += [_moved("+", after, place) for place in came[:SHOWN]]
    return Changes(
        kept,
        tuple(moved),
        tuple(rewritten),
        tuple(_parameters(before.request.parameters, after.request.parameters)),
        tuple(_tools(before.request.tools, after.request.tools)),
        len(came),
        len(went),
    )


def _blocks(before: Described, after: Described) -> Iterator[tuple[bool, range, range]]:
    """(whether they are the same, places before, places after), in order."""
    old, new = _bytes(before), _bytes(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    if start:
        yield True, range(start), range(start)
    middle = range(start, len(old) - end), range(start, len(new) - end)
    if max(map(len, middle)) > COMPARED or not all(middle):
        yield False, *middle
    else:
        inner = SequenceMatcher(
            None, [old[each] for each in middle[0]], [new[each] for each in middle[1]], False
        )
        for word, *ends in inner.get_opcodes():
            a, b, c, d = (start + each for each in ends)
            yield word == "equal", range(a, b), range(c, d)
    if end:
        yield True, range(len(old) - end, len(old)), range(len(new) - end, len(new))


def _bytes(described: Described) -> list[bytes]:
    body = described.body
    return [body[item.start : item.end] for item in described.request.items]


def _common(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many stand alike at the beginning of both."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _pairs(before: Described, after: Described, old: range, new: range) -> list[tuple[int, int]]:
    """Items that stand in each other's place: of the same kind and role, at the same distance."""

    def kind(item: Item) -> tuple[str, str | None]:
        return item.kind, item.role

    ours, theirs = before.request.items, after.request.items
    return [
        pair for pair in zip(old, new, strict=False) if kind(ours[pair[0]]) == kind(theirs[pair[1]])
    ]


def _rewritten(before: Described, after: Described, old: int, new: int) -> Rewritten:
    was, now = before.request.items[old], after.request.items[new]
    lines = tuple(unified(diff(was.text, now.text)))
    return Rewritten(new + 1, now.role or "", now.kind, lines)


def _moved(sign: str, described: Described, place: int) -> Moved:
    item = described.request.items[place]
    told = f"{item.tool_name} {item.text[:_TEXT]}" if item.tool_name else item.text[:_TEXT]
    return Moved(sign, place + 1, item.role or "", item.kind, told)


def _parameters(before: Parameters, after: Parameters) -> Iterator[tuple[str, Any, Any]]:
    for each in fields(Parameters):
        was, now = getattr(before, each.name), getattr(after, each.name)
        if was != now and each.name not in _APART:
            yield each.name, was, now
    if before.response_schema != after.response_schema:
        told = [
            "none" if each is None else "a schema"
            for each in (before.response_schema, after.response_schema)
        ]
        yield "response_schema", told[0], "another schema" if told[0] == told[1] else told[1]


def _tools(before: bytes, after: bytes) -> Iterator[tuple[str, str]]:
    if before == after:
        return
    was, now = _by_name(before), _by_name(after)
    yield from (("+", name) for name in now if name not in was)
    yield from (("-", name) for name in was if name not in now)
    yield from (("~", name) for name, tool in now.items() if was.get(name, tool) != tool)


def _by_name(tools: bytes) -> dict[str, str | None]:
    """Each tool as canonical JSON, those of a namespace by themselves."""
    found: dict[str, str | None] = {}
    for tool in listing(parse(tools)):
        inner = listing(mapping(tool).get("tools"))
        space = filled(mapping(tool).get("name"))
        if inner and mapping(tool).get("type") == "namespace":
            found |= {f"{space}.{tool_name(each)}": canonical_text(each) for each in inner}
        else:
            found[tool_name(tool)] = canonical_text(tool)
    return found
