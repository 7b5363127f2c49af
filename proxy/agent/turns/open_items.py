"""The items of a turn that have begun: their names in the steps, and what was streamed of them. Pure."""

from typing import Any

from driftgate.proxy.agent.steps import Item, Kind, Step, Text, Thought
from driftgate.proxy.agent.turns.bounds import MESSAGE, NAME, TEXT
from driftgate.proxy.agent.turns.items import kind_of, message_text, thought_text, whole
from driftgate.proxy.dialects.lenient import filled

Json = dict[str, Any]

UNFINISHED = "unfinished"  # status of an item that had begun when the turn ended


class OpenItem:
    """An item that has begun and is not whole yet.

    item: as Codex wrote it. name: its id in the steps.
    """

    def __init__(self, item: Json, name: str) -> None:
        self.item = item
        self.name = name
        self._room = TEXT if kind_of(item) is Kind.COMMAND else MESSAGE
        self._pieces: list[str] = []

    def tell(self, piece: str) -> None:
        """A piece of its text was streamed; it is kept up to a limit."""
        if self._room > 0:
            self._pieces.append(piece[: self._room])
        self._room -= len(piece)

    @property
    def told(self) -> str:
        """What was streamed so far."""
        return "".join(self._pieces)

    def untold(self, item: Json) -> list[Step]:
        """What of the whole message or reasoning was not streamed; servers need not stream."""
        kind, told = kind_of(item), self.told
        if kind is Kind.MESSAGE:
            text = message_text(item)
            rest = text[len(told) :] if self._room >= 0 and text.startswith(told) else ""
            return [Text(self.name, rest)] if rest else []
        if kind is Kind.REASONING and not told and (text := thought_text(item)):
            return [Thought(self.name, text)]
        return []

    def unfinished(self, cwd: str) -> Item:
        """The item as far as it came."""
        item, told = self.item, self.told
        if kind_of(item) is Kind.MESSAGE:
            item = {**item, "text": told}
        elif kind_of(item) is Kind.REASONING:
            item = {**item, "summary": [told]}
        return whole(item, self.name, cwd, status=UNFINISHED, output=told)


class OpenItems:
    """All of them in one turn, by Codex's ids. A model may give two items one id; names are never two's."""

    def __init__(self) -> None:
        self._open: dict[str, OpenItem] = {}
        self._used: dict[str, int] = {}  # name -> how many were asked for under it

    def name(self, raw: str) -> str:
        """A name in the steps that none has had before."""
        name = raw
        while name in self._used:
            self._used[raw] += 1
            name = f"{raw}#{self._used[raw]}"
        self._used[name] = 1
        return name

    def begin(self, item: Json) -> OpenItem:
        """An item begins."""
        raw = _id(item.get("id"))
        opened = self._open[raw] = OpenItem(item, self.name(raw))
        return opened

    def find(self, raw: Any) -> OpenItem | None:
        """The open item of this id."""
        return self._open.get(_id(raw))

    def close(self, item: Json) -> OpenItem:
        """An item is whole; one whose beginning was not told is made."""
        opened = self._open.pop(_id(item.get("id")), None)
        return opened or OpenItem(item, self.name(_id(item.get("id"))))

    def drain(self, cwd: str) -> list[Item]:
        """The turn is over: all that are open, as far as they came."""
        items = [each.unfinished(cwd) for each in self._open.values()]
        self._open.clear()
        return items


def _id(raw: Any) -> str:
    return (filled(raw) or "item")[:NAME]
