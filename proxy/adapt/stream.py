"""A chat's answer as the Responses answer that the client asked for: stream, body and errors."""

import re
from dataclasses import replace
from typing import Any

from driftgate.proxy.adapt.chunks import ChunkReader
from driftgate.proxy.adapt.request import Plan
from driftgate.proxy.adapt.sniff import Sniffer
from driftgate.proxy.adapt.text import as_json
from driftgate.proxy.adapt.usage import code_of, error_object
from driftgate.proxy.adapt.writer import End, ResponsesWriter
from driftgate.proxy.dialects.faults import error_message
from driftgate.proxy.dialects.lenient import filled, integer, parse
from driftgate.proxy.dialects.sse import SseReader
from driftgate.proxy.dialects.writing.written import Written

Json = dict[str, Any]
_DONE = b"[DONE]"
_FOREIGN_ID = re.compile(r"[^A-Za-z0-9_-]")
_ID_LIMIT = 64


class ChatToResponses:
    """Reads one chat answer and writes it as a response.

    `feed` and `end` for a client that wants a stream, whatever the server sends (SSE or one JSON
    object); `body` for one that wants JSON, likewise; `error` for an answer that is an error.
    A stream that breaks off gets no last event, so that the client sees that it is broken.
    """

    def __init__(self, plan: Plan, ask: Written | None = None) -> None:
        self._plan = plan
        request = dict(plan.request)
        self._ask = ask or Written(
            filled(request.get("model")), 0, "resp_driftgate", request=request
        )
        self._sse = SseReader()
        self._sniffer = Sniffer()
        self._writer: ResponsesWriter | None = None
        self._chunks = ChunkReader()
        self.response: Json | None = None  # the whole response, once it has ended

    @property
    def complete(self) -> bool:
        """Whether the last event was written."""
        return self.response is not None

    def feed(self, data: bytes) -> bytes:
        """The events that these bytes give."""
        for event in self._sse.feed(self._sniffer.feed(data), 0):
            self._event(event.data)
        return self._taken()

    def end(self) -> bytes:
        """The events that the end of the answer gives."""
        if self._sniffer.is_json:
            self._whole(parse(self._sniffer.rest()))
        else:
            for event in (*self._sse.feed(self._sniffer.rest(), 0), *self._sse.close()):
                self._event(event.data)
            if self._chunks.finish is not None:
                self._finish()
        return self._taken()

    def body(self, data: bytes) -> bytes:
        """The answer as one JSON object; a broken stream gives a failed response."""
        self.feed(data)
        self.end()
        if self.response is None:
            message = "the upstream's answer ended before its end"
            self._fail({"error": {"message": message, "code": "server_error"}})
        return as_json(self.response)

    def error(self, status: int, data: bytes) -> bytes:
        """An error answer's body in OpenAI's shape, which both dialects share."""
        return as_json({"error": error_object(status, data)})

    def _taken(self) -> bytes:
        return self._writer.take() if self._writer else b""

    def _event(self, data: bytes) -> None:
        if self.complete:
            return
        if data.strip() == _DONE:
            if self._chunks.finish is not None:
                self._finish()
            return
        self._chunk(parse(data))

    def _chunk(self, value: Any) -> None:
        if not isinstance(value, dict):
            return
        if "choices" not in value or value.get("error"):
            if error_message(value) is not None:
                self._fail(value)
            return
        writer = self._started(value)
        had = self._chunks.finish
        self._chunks.take(value, writer)
        if had is None and self._chunks.finish is not None:
            # All is said: the client may run its tools before the usage comes.
            writer.close("completed" if self._end().status == "completed" else "incomplete")

    def _whole(self, value: Any) -> None:
        if isinstance(value, dict) and isinstance(value.get("choices"), list):
            self._chunk(value)
            if not self.complete:
                self._finish()
        else:
            self._fail(value if isinstance(value, dict) else {})

    def _started(self, value: Json) -> ResponsesWriter:
        if self._writer is None:
            model = filled(value.get("model")) or self._ask.model
            created = integer(value.get("created")) or self._ask.created
            told = replace(self._ask, model=model, created=created)
            if not self._ask.begun:  # a keep-alive has not told an id yet
                told.response_id = f"resp_{_stem(filled(value.get('id')) or told.response_id)}"
            self._writer = ResponsesWriter(self._plan, told)
        return self._writer

    def _end(self) -> End:
        return self._chunks.end()

    def _finish(self) -> None:
        if self.complete:
            return
        writer = self._started({})
        self._chunks.round_off(writer)
        self.response = writer.end(self._end())

    def _fail(self, value: Json) -> None:
        if self.complete:
            return
        told = error_object(500, as_json(value))
        error = {"code": code_of(told), "message": told["message"]}
        self.response = self._started({}).end(End("failed", error=error))


def _stem(answer_id: str) -> str:
    """What the ids of one response have in common: the chat's own id."""
    short = answer_id.removeprefix("chatcmpl-").removeprefix("resp_") or answer_id
    return _FOREIGN_ID.sub("_", short)[:_ID_LIMIT]
