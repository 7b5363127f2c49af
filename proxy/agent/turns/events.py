"""The app server's notifications as steps. Pure: no clock, no I/O.

One `Events` reads the notifications of one turn, in the order in which they came. It takes anything:
notifications that it does not know, or that have another shape, make no step.
"""

from collections.abc import Callable
from typing import Any

from driftgate.proxy.agent.failures import interrupted
from driftgate.proxy.agent.steps import (
    Ended,
    Item,
    Kind,
    ModelCall,
    Step,
    Text,
    Thought,
    TurnError,
)
from driftgate.proxy.agent.turns.bounds import cut, line
from driftgate.proxy.agent.turns.counting import Counting
from driftgate.proxy.agent.turns.items import ECHOED, began, kind_of, whole
from driftgate.proxy.agent.turns.open_items import OpenItem, OpenItems
from driftgate.proxy.agent.turns.turn_errors import turn_error
from driftgate.proxy.agent.turns.untold import Untold
from driftgate.proxy.dialects.lenient import filled, integer, mapping

Json = dict[str, Any]
# each thread of a model that is not OpenAI's begins with it
_EXPECTED = "Model metadata for "
_Reader = Callable[[Json], list[Step]]


class Events:
    """What happens in one turn.

    turn_id: only its notifications count; empty: all do. cwd: the turn's directory.
    commands: how many have begun. ended: whether the last step was made.
    failure: why driftgate has stopped the turn; the end says that, not what Codex says of it.
    """

    def __init__(self, turn_id: str = "", cwd: str = "") -> None:
        self.turn_id = turn_id
        self.cwd = cwd
        self.commands = 0
        self.ended = False
        self.failure: TurnError | None = None
        self._items = OpenItems()
        self._untold = Untold()
        self._counting = Counting()
        self._error: Json = {}
        self._readers: dict[str, _Reader] = {
            "item/started": self._started,
            "item/completed": self._completed,
            "item/agentMessage/delta": self._text,
            "item/reasoning/summaryTextDelta": self._thought,
            "item/reasoning/summaryPartAdded": self._part,
            "item/reasoning/textDelta": self._thought,
            "item/commandExecution/outputDelta": self._output,
            "rawResponse/completed": self._answered,
            "rawResponseItem/completed": self._raw,
            "thread/tokenUsage/updated": self._tokens,
            "error": self._failing,
            "warning": self._warned,
            "guardianWarning": self._warned,
            "deprecationNotice": self._warned,
            "configWarning": self._warned,
            "model/rerouted": self._rerouted,
            "turn/completed": self._turn_over,
            "thread/closed": self._closed,
        }

    def feed(self, message: Json) -> list[Step]:
        """The steps of one notification, none for most; none after the end."""
        params = mapping(message.get("params"))
        reader = self._readers.get(str(message.get("method")))
        if reader is None or self.ended or self._is_of_another(params):
            return []
        return reader(params)

    def finish(
        self, status: str, error: TurnError | None, duration_ms: int | None = None
    ) -> list[Step]:
        """The last steps: what had begun and was not whole, and the end; none after the end."""
        if self.ended:
            return []
        self.ended = True
        if self.failure is not None:
            status, error = "failed", self.failure
        counted = self._counting
        end = Ended(status, error, counted.usage, counted.model_calls, duration_ms)
        return [*self._items.drain(self.cwd), end]

    def _is_of_another(self, params: Json) -> bool:
        of = filled(params.get("turnId")) or filled(mapping(params.get("turn")).get("id"))
        return bool(self.turn_id and of and of != self.turn_id)

    def _started(self, params: Json) -> list[Step]:
        item = mapping(params.get("item"))
        if not item or str(item.get("type")) in ECHOED:
            return []
        self._untold.tell(item)
        opened = self._items.begin(item)
        kind = kind_of(item)
        self.commands += kind is Kind.COMMAND
        if kind in (Kind.MESSAGE, Kind.REASONING):
            return []  # its pieces tell
        return [began(item, opened.name, self.cwd)]

    def _completed(self, params: Json) -> list[Step]:
        item = mapping(params.get("item"))
        if not item or str(item.get("type")) in ECHOED:
            return []
        self._untold.tell(item)
        opened = self._items.close(item)
        output = opened.told if kind_of(item) is Kind.COMMAND else ""
        return [*opened.untold(item), whole(item, opened.name, self.cwd, output=output)]

    def _raw(self, params: Json) -> list[Step]:
        item = self._untold.feed(mapping(params.get("item")))
        return (
            [] if item is None else self._started({"item": item}) + self._completed({"item": item})
        )

    def _text(self, params: Json) -> list[Step]:
        return [Text(*piece) for piece in self._pieces(params, "agentMessage")]

    def _thought(self, params: Json) -> list[Step]:
        return [Thought(*piece) for piece in self._pieces(params, "reasoning")]

    def _part(self, params: Json) -> list[Step]:
        """A new paragraph of a reasoning summary."""
        if not integer(params.get("summaryIndex")):
            return []
        return self._thought({**params, "delta": "\n\n"})

    def _pieces(self, params: Json, kind: str) -> list[tuple[str, str]]:
        """The item and the text of a delta, if it has one."""
        piece = filled(params.get("delta"))
        if piece is None:
            return []
        opened = self._items.find(params.get("itemId"))
        if opened is None:
            opened = self._items.begin({"id": params.get("itemId"), "type": kind})
        opened.tell(piece)
        return [(opened.name, piece)]

    def _output(self, params: Json) -> list[Step]:
        opened: OpenItem | None = self._items.find(params.get("itemId"))
        if opened is not None:
            opened.tell(filled(params.get("delta")) or "")
        return []

    def _answered(self, params: Json) -> list[Step]:
        return [ModelCall(self._counting.answered(params))]

    def _tokens(self, params: Json) -> list[Step]:
        usage = self._counting.tokens(params)
        return [] if usage is None else [ModelCall(usage)]

    def _failing(self, params: Json) -> list[Step]:
        error = mapping(params.get("error"))
        if params.get("willRetry") is not True:
            self._error = error
            return []
        return [self._warning(filled(error.get("message")) or "an error", "retried")]

    def _warned(self, params: Json) -> list[Step]:
        said = filled(params.get("message")) or filled(params.get("summary"))
        return [self._warning(said)] if said and not said.startswith(_EXPECTED) else []

    def _rerouted(self, params: Json) -> list[Step]:
        words = [filled(params.get(key)) or "?" for key in ("fromModel", "toModel")]
        return [self._warning("the model was changed: " + " -> ".join(words))]

    def _warning(self, said: str, status: str = "completed") -> Item:
        name = self._items.name("warning")
        return Item(kind=Kind.WARNING, item=name, title=line(said), status=status, text=cut(said))

    def _turn_over(self, params: Json) -> list[Step]:
        turn = mapping(params.get("turn"))
        duration_ms = integer(turn.get("durationMs"))
        status = filled(turn.get("status"))
        if status == "completed":
            return self.finish("completed", None, duration_ms)
        error = mapping(turn.get("error")) or self._error
        if status == "interrupted" and not error:
            return self.finish("interrupted", interrupted("by Codex").error, duration_ms)
        return self.finish("failed", turn_error(error), duration_ms)

    def _closed(self, _params: Json) -> list[Step]:
        return self.finish("failed", interrupted("Codex closed its thread").error)
