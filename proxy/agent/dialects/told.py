"""The steps of a turn as what a client is told. What the dialects share; pure.

Agent messages are the answer's content. Where the client gave a schema only the last one is, because
all of the content has to fit it: a message is held back until something follows (then it was a
thought) or the turn ends. If nothing but tools followed the last message, it is the answer all the same.
"""

from driftgate.proxy.agent.asked import Asked, Json
from driftgate.proxy.agent.dialects.lines import DONE
from driftgate.proxy.agent.failures import interrupted
from driftgate.proxy.agent.steps import Began, Ended, Item, Kind, Step, Text, Thought, TurnError
from driftgate.proxy.dialects.meaning import Usage
from driftgate.proxy.dialects.writing.write import content_type
from driftgate.proxy.dialects.writing.written import Written

_UNSHOWN = frozenset({Kind.WARNING, Kind.IGNORED})  # the history has them
_UNFINISHED = "it ended without a word why"


class Writer:
    """One answer as it grows. Each dialect says how it shows things.

    answer_id: as the client gets it. begun: bytes of the stream were given out.
    ended: the turn's last step, once it was fed.
    """

    def __init__(self, asked: Asked, answer_id: str, now: float) -> None:
        self.asked = asked
        self.answer_id = answer_id
        self.begun = False
        self.ended: Ended | None = None
        request = dict(asked.body)
        self.written = Written(asked.model, int(now), answer_id, asked.usage, request)
        self._out: list[bytes] = []
        self._message: tuple[str, list[str]] | None = None  # id and pieces of the one that goes on
        self._held: str | None = None  # with a schema: a message of which nobody knows what it is
        self._last = ""  # with a schema: the last message
        self._thoughts: set[str] = set()  # ids of those that come in pieces

    @property
    def content_type(self) -> str:
        """Of the answer; an error's body is JSON always."""
        return content_type(self.asked.dialect, self.asked.stream)

    @property
    def error(self) -> TurnError | None:
        """Why the turn failed; None while it runs, and where it did not."""
        if self.ended is None or (self.ended.status == DONE and self.ended.error is None):
            return None
        return self.ended.error or interrupted(_UNFINISHED).error

    def feed(self, step: Step) -> bytes:
        """The bytes of the stream that a step gives; `b""` where there is nothing to show yet.

        A turn that fails before anything was shown gives nothing at all: the client then gets
        `error_body` with the error's status.
        """
        if self.ended is not None:
            return b""
        if isinstance(step, Text):
            self._said(step.item, step.text)
        elif isinstance(step, Thought):
            self._thought(step.item, step.text)
        elif isinstance(step, Began):
            if step.kind is Kind.COMMAND:
                self._release()
                self._show_begun(step)
        elif isinstance(step, Item):
            self._item(step)
        elif isinstance(step, Ended):
            self._end(step)
        return self._taken()

    def keep_alive(self) -> bytes:
        """Bytes that say nothing, so that a client's idle timer starts anew.

        They begin the stream where it has not begun: a failure is then told inside of it.
        """
        if not self.asked.stream or self.ended is not None:
            return b""
        self._show_life()
        return self._taken()

    def body(self) -> bytes:
        """The whole answer as one JSON object, once the turn has ended well."""
        raise NotImplementedError

    def history(self) -> list[Json]:
        """What the turn adds to the conversation, as items of the Responses API."""
        raise NotImplementedError

    # what a dialect shows, and how

    def _show_text(self, text: str) -> None:
        """More of the message."""
        raise NotImplementedError

    def _show_text_end(self) -> None:
        """The message is whole."""
        raise NotImplementedError

    def _show_thought(self, item: str, text: str) -> None:
        """More of a thought."""
        raise NotImplementedError

    def _show_thought_end(self) -> None:
        """The thought is whole."""
        raise NotImplementedError

    def _show_begun(self, step: Began) -> None:
        """A command runs."""
        raise NotImplementedError

    def _show_item(self, item: Item) -> None:
        """Anything whole but a message and a thought."""
        raise NotImplementedError

    def _show_life(self) -> None:
        """That there is life."""
        raise NotImplementedError

    def _show_end(self) -> None:
        """The turn has ended well."""
        raise NotImplementedError

    def _show_error(self, error: TurnError) -> None:
        """It has failed, and the stream has begun."""
        raise NotImplementedError

    # what they share

    def counted(self) -> Usage:
        """The turn's tokens; unknown where no server counted any."""
        told = self.ended.usage if self.ended else None
        if told is None or not (told.input_tokens or told.output_tokens):
            return Usage()
        return Usage(
            told.input_tokens, told.output_tokens, told.cached_tokens, told.reasoning_tokens
        )

    def about(self) -> Json:
        """What driftgate adds to an answer: that it took several model calls, whose tokens are summed."""
        return {"driftgate": {"model_calls": self.ended.model_calls if self.ended else 0}}

    def _taken(self) -> bytes:
        out = b"".join(self._out)
        self._out.clear()
        self.begun = self.begun or bool(out)
        return out

    def _said(self, item: str, text: str) -> None:
        if not text:
            return
        if self._message is None or self._message[0] != item:
            self._message_end()
            self._release()
            self._message = (item, [])
        self._message[1].append(text)
        if self.asked.schema is None:
            self._show_text(text)

    def _message_end(self) -> None:
        if self._message is None:
            return
        text = "".join(self._message[1])
        self._message = None
        if self.asked.schema is None:
            self._show_text_end()
        else:
            self._release()
            self._held = self._last = text

    def _release(self) -> None:
        """Something else is shown: the message that was held back is not the answer."""
        if self._held is not None:
            held, self._held = self._held, None
            self._show_thought("", held)

    def _thought(self, item: str, text: str) -> None:
        if text:
            self._release()
            self._thoughts.add(item)
            self._show_thought(item, text)

    def _item(self, item: Item) -> None:
        if item.kind is Kind.MESSAGE:
            known = self._message is not None and self._message[0] == item.item
            said = "".join(self._message[1]) if self._message and known else ""
            self._said(item.item, _rest(item.text, said))
            self._message_end()
        elif item.kind is Kind.REASONING:
            if item.item not in self._thoughts:  # else it came in pieces
                self._thought(item.item, item.text)
            self._thoughts.discard(item.item)
            self._show_thought_end()
        elif item.kind not in _UNSHOWN:
            self._release()
            self._show_item(item)

    def _end(self, step: Ended) -> None:
        self.ended = step
        if self.error is not None:
            if self.begun or self._out:
                self._show_error(self.error)
            return
        self._message_end()
        if self.asked.schema is not None and self._last:
            self._show_text(self._last)
            self._show_text_end()
        self._show_end()


def _rest(whole: str, said: str) -> str:
    """What of a message was not said in pieces; they count where the two differ."""
    return whole[len(said) :] if whole.startswith(said) else ""
