"""A turn as a response: each message, thought, command and changed file an output item.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from typing import TypeVar

from driftgate.proxy.adapt.items import Item as Output
from driftgate.proxy.adapt.items import MessageItem, ReasoningItem
from driftgate.proxy.agent.asked import Asked, Json
from driftgate.proxy.agent.dialects import lines
from driftgate.proxy.agent.dialects.ask_responses import as_history
from driftgate.proxy.agent.dialects.output_items import (
    Whole,
    patch_call,
    patch_output,
    shell_call,
    shell_output,
)
from driftgate.proxy.agent.dialects.problem import error_object, response_error
from driftgate.proxy.agent.dialects.told import Writer
from driftgate.proxy.agent.steps import Began, Item, Kind, TurnError
from driftgate.proxy.dialects.lenient import mapping
from driftgate.proxy.dialects.writing.responses_body import head
from driftgate.proxy.dialects.writing.words import responses_usage
from driftgate.proxy.dialects.writing.written import as_json, event

_Kept = TypeVar("_Kept", bound=Output)


class ResponsesWriter(Writer):
    """Writes events while the turn runs, or one object when it has ended."""

    def __init__(self, asked: Asked, answer_id: str, now: float) -> None:
        super().__init__(asked, answer_id, now)
        self._stem = answer_id.removeprefix("resp_")
        self._summary = mapping(asked.body.get("reasoning")).get("summary") not in (None, "none")
        self._head = head(self.written, "in_progress")
        self._number = 0
        self._items: list[Output] = []
        self._text: MessageItem | None = None
        self._thinking: tuple[str, ReasoningItem] | None = None
        self._running: dict[str, Whole] = {}  # commands, by Codex's id

    def body(self) -> bytes:
        """The response; of a turn that failed, the error."""
        if self.error is not None:
            return as_json(error_object(self.error))
        return as_json(self._response("completed"))

    def history(self) -> list[Json]:
        """What was said and done, without thoughts."""
        return as_history([item.whole() for item in self._items])

    def _show_text(self, text: str) -> None:
        self._show_thought_end()
        if self._text is None:
            self._text = self._add(MessageItem(f"msg_{self._next}"))
        self._emit(self._text.add(text))

    def _show_text_end(self) -> None:
        if self._text is not None:
            self._emit(self._text.close("completed"))
            self._text = None

    def _show_thought(self, item: str, text: str) -> None:
        if self._thinking is None or not item or self._thinking[0] != item:
            self._show_thought_end()
            made = ReasoningItem(f"rs_{self._next}", summary=self._summary)
            self._thinking = (item, self._add(made))
        self._emit(self._thinking[1].add(text))

    def _show_thought_end(self) -> None:
        if self._thinking is not None:
            self._emit(self._thinking[1].close("completed"))
            self._thinking = None

    def _show_begun(self, step: Began) -> None:
        self._show_thought_end()
        self._running[step.item] = self._add(shell_call(self._next, step.title))

    def _show_item(self, item: Item) -> None:
        self._show_thought_end()
        if item.kind is Kind.COMMAND:
            self._command(item)
        elif item.kind is Kind.FILE_CHANGE and item.changes:
            for change in item.changes:
                call = self._add(patch_call(self._next, change))
                self._emit(call.close("completed"))
                output = self._add(patch_output(self._next, call, item))
                self._emit(output.close(output.status))
        else:
            for line in lines.told(item):
                self._show_thought("", line)
                self._show_thought_end()

    def _show_life(self) -> None:
        if self._number:
            self._emit([{"type": "keepalive"}])
        else:
            self._open()

    def _show_end(self) -> None:
        self._close_all("completed")
        if not any(isinstance(item, MessageItem) for item in self._items):
            # clients look for a message; an empty one says that there is nothing to say
            self._emit(self._add(MessageItem(f"msg_{self._next}")).close("completed"))
        self._emit([{"type": "response.completed", "response": self._response("completed")}])

    def _show_error(self, error: TurnError) -> None:
        self._close_all("incomplete")
        response = {**self._response("failed"), "error": response_error(error)}
        self._emit([{"type": "response.failed", "response": response}])

    def _command(self, item: Item) -> None:
        call = self._running.pop(item.item, None)
        if call is None:
            call = self._add(shell_call(self._next, item.title))
        self._emit(call.close("completed"))
        self._emit(self._add(shell_output(self._next, call, item)).close("completed"))

    def _close_all(self, status: str) -> None:
        for item in self._items:
            self._emit(item.close(status))
        self._text = self._thinking = None

    def _response(self, status: str) -> Json:
        output = [item.whole() for item in self._items]
        told = {**self._head, "status": status, "output": output}
        return {**told, "usage": self._usage(), **self.about()}

    def _usage(self) -> Json | None:
        usage = responses_usage(self.counted())
        if usage is not None:  # newer clients' type wants this member too; nobody counts it here
            usage["input_tokens_details"]["cache_write_tokens"] = 0
        return usage

    @property
    def _next(self) -> str:
        return f"{self._stem}_{len(self._items)}"

    def _add(self, item: _Kept) -> _Kept:
        self._open()
        item.index = len(self._items)
        self._items.append(item)
        self._emit(item.open())
        return item

    def _open(self) -> None:
        if self._number == 0:
            kinds = ("response.created", "response.in_progress")
            self._emit([{"type": kind, "response": self._head} for kind in kinds])

    def _emit(self, events: list[Json]) -> None:
        for told in events:
            numbered = {"type": told["type"], "sequence_number": self._number, **told}
            self._number += 1
            if self.asked.stream:
                self._out.append(event(numbered, told["type"]))
