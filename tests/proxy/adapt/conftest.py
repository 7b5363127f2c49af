"""The translation as a tiny server of its own: what the managed path does, without the rest."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from driftgate.proxy.adapt.format import adapt_format
from driftgate.proxy.adapt.request import request_to_chat
from driftgate.proxy.adapt.restored import ToolsBack
from driftgate.proxy.adapt.stream import ChatToResponses
from driftgate.proxy.adapt.tools import flatten_tools

_PIECE = 61  # bytes, so that events come in pieces


def _chat(body: dict[str, Any], tools: str) -> tuple[dict[str, Any], str, Any]:
    sent, plan = request_to_chat(body, tools)
    return sent, "/v1/chat/completions", ChatToResponses(plan)


def _responses(body: dict[str, Any], tools: str) -> tuple[dict[str, Any], str, Any]:
    sent, names = flatten_tools(body, tools)
    return adapt_format(sent), "/v1/responses", ToolsBack(names, body)


class _Handler(BaseHTTPRequestHandler):
    upstream, tools, to_chat = "", "flatten", True
    seen: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sent, path, back = (_chat if self.to_chat else _responses)(body, self.tools)
        self.seen.append(sent)
        head = {"Content-Type": "application/json"}
        asked = urllib.request.Request(self.upstream + path, json.dumps(sent).encode(), head)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                if body.get("stream"):
                    self._stream(answer, back)
                else:
                    self._whole(200, back.body(answer.read()))
        except urllib.error.HTTPError as error:
            told = error.read()
            self._whole(error.code, back.error(error.code, told) if self.to_chat else told)

    def _stream(self, answer: Any, back: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        while piece := answer.read(_PIECE):
            self.wfile.write(back.feed(piece))
        self.wfile.write(back.end())

    def _whole(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the test says what it wants to know."""


class Adapted:
    """A running translation. seen: the bodies that were sent upstream."""

    def __init__(self, url: str, seen: list[dict[str, Any]]) -> None:
        self.url = url
        self.seen = seen


@contextmanager
def _running(upstream: str, *, tools: str = "flatten", to_chat: bool = True) -> Iterator[Adapted]:
    seen: list[dict[str, Any]] = []
    told = {"upstream": upstream, "tools": tools, "to_chat": to_chat, "seen": seen}
    handler = type("Handler", (_Handler,), told)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Adapted(f"http://127.0.0.1:{server.server_port}/v1", seen)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def adapted() -> Iterator[Callable[..., Adapted]]:
    """Starts the translation in front of an upstream, as often as it is called."""
    with ExitStack() as stack:
        yield lambda upstream, **how: stack.enter_context(_running(upstream, **how))
