"""A turn as a Chat Completions answer: its messages as content, all else as `reasoning_content`.

https://platform.openai.com/docs/api-reference/chat-streaming; `reasoning_content` is the name that
llama.cpp, vLLM and most clients of local models know.
"""

from driftgate.proxy.agent.asked import Asked, Json
from driftgate.proxy.agent.dialects import lines
from driftgate.proxy.agent.dialects.problem import error_object
from driftgate.proxy.agent.dialects.told import Writer
from driftgate.proxy.agent.steps import Began, Item, Kind, TurnError
from driftgate.proxy.dialects.meaning import Answer
from driftgate.proxy.dialects.writing.chat_body import head
from driftgate.proxy.dialects.writing.chat_chunks import DONE
from driftgate.proxy.dialects.writing.words import chat_usage
from driftgate.proxy.dialects.writing.written import as_json, event

_CHUNK, _WHOLE = "chat.completion.chunk", "chat.completion"
_BETWEEN = "\n\n"  # two messages in one content


class ChatWriter(Writer):
    """Writes chunks while the turn runs, or one object when it has ended."""

    def __init__(self, asked: Asked, answer_id: str, now: float) -> None:
        super().__init__(asked, answer_id, now)
        self._head = head(_CHUNK, Answer(), self.written)
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._between = ""  # what stands before the next text
        self._block: str | None = None  # id of the thought that goes on
        self._running: str | None = None  # id of the command whose line is the last
        self._opened = False

    def body(self) -> bytes:
        """The answer; of a turn that failed, the error."""
        if self.error is not None:
            return as_json(error_object(self.error))
        text, thoughts = "".join(self._content), "".join(self._reasoning)
        message: Json = {"role": "assistant", "content": text, "refusal": None}
        if thoughts:
            message["reasoning_content"] = thoughts
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        usage = chat_usage(self.counted())
        counted = {"usage": usage} if usage else {}
        told = {**self._head, "object": _WHOLE, "choices": [choice], **counted}
        return as_json({**told, **self.about()})

    def history(self) -> list[Json]:
        """The answer's text; a chat's client sends the conversation itself."""
        text = "".join(self._content)
        said = [{"type": "output_text", "text": text}]
        return [{"type": "message", "role": "assistant", "content": said}] if text else []

    def _show_text(self, text: str) -> None:
        text, self._between = self._between + text, ""
        self._content.append(text)
        self._delta({"content": text})

    def _show_text_end(self) -> None:
        self._between = _BETWEEN

    def _show_thought(self, item: str, text: str) -> None:
        goes_on = item and item == self._block
        self._think(text if goes_on else self._begin() + text)
        self._block = item

    def _show_thought_end(self) -> None:
        self._block = None

    def _show_begun(self, step: Began) -> None:
        self._line(lines.begun(step.title))
        self._running = step.item

    def _show_item(self, item: Item) -> None:
        if item.kind is not Kind.COMMAND:
            told = lines.told(item)
        elif item.item == self._running:
            told = [lines.ended(item)]
        else:
            told = [lines.begun(item.title), lines.ended(item)]
        for line in told:
            self._line(line)

    def _show_life(self) -> None:
        self._delta({})

    def _show_end(self) -> None:
        self._delta({}, "stop")
        usage = chat_usage(self.counted()) if self.asked.usage else None
        if usage is not None:
            self._emit({"choices": [], "usage": usage, **self.about()})
        self._close()

    def _show_error(self, error: TurnError) -> None:
        if self.asked.stream:
            self._out.append(event(error_object(error)))
        self._close()

    def _line(self, text: str) -> None:
        self._think(f"{self._begin()}{text}\n")
        self._block = self._running = None

    def _begin(self) -> str:
        """What brings a new thought to the start of a line."""
        told = self._reasoning
        return "\n" if told and not told[-1].endswith("\n") else ""

    def _think(self, text: str) -> None:
        self._running = None
        self._reasoning.append(text)
        self._delta({"reasoning_content": text})

    def _delta(self, delta: Json, reason: str | None = None) -> None:
        if not self._opened:
            self._opened = True
            self._choice({"role": "assistant", "content": ""}, None)
        if delta or reason or not self._out:
            self._choice(delta, reason)

    def _choice(self, delta: Json, reason: str | None) -> None:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        self._emit({"choices": [choice]})

    def _emit(self, chunk: Json) -> None:
        if self.asked.stream:
            self._out.append(event({**self._head, **chunk}))

    def _close(self) -> None:
        if self.asked.stream:
            self._out.append(DONE)
