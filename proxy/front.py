"""The front: requests for the dashboard and `/metrics` go to the dashboard's process.

They take the same path as calls, with the same relay, and are none: nothing of them is recorded,
counted or judged, a full disk refuses none, and none holds up the end.
"""

import asyncio
import logging
import socket
from collections.abc import Coroutine
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from aiohttp import web

from driftgate.proxy import admin, failures, headers
from driftgate.proxy.answer_head import connection_field
from driftgate.proxy.call import Call
from driftgate.proxy.downstream import Downstream
from driftgate.proxy.errors import CallError, Fault
from driftgate.proxy.forward import forward
from driftgate.proxy.journal.writer import JournalWriter
from driftgate.proxy.loopback import is_loopback
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.running import DASHBOARD, dashboard_name
from driftgate.proxy.server import Handles, own_url
from driftgate.proxy.settings.model import RedactSettings, Settings
from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.tee import Recorder, Tee
from driftgate.proxy.upload import Upload
from driftgate.proxy.upstream.connection import Address, Pool

log = logging.getLogger("driftgate")

PAGES, METRICS = "/_driftgate", "/metrics"
DOWN = "driftgate: the dashboard is starting, or has ended and is started again; try in a moment"
STOPPING = "driftgate is stopping"
CONNECT_S = 5.0
# an event stream may be silent for days, a query may take as long as the settings allow, and who
# asks may leave at any time: no limit of ours
PATIENCE_S = 365 * 86_400.0


class Front:
    """Takes each request before the gateway does; what is not the dashboard's goes on to it.

    Args:
        settings: of the whole, with the dashboard on.
        gateway: what takes the calls.
        journal: whose clock counts here too; nothing is written to it.
    """

    def __init__(self, settings: Settings, gateway: Handles, journal: JournalWriter) -> None:
        self._gateway = gateway
        paths = (PAGES, METRICS) if settings.dashboard.metrics else (PAGES,)
        self._paths = paths
        self._exact = frozenset(paths)
        # no rules, no limits: for a tee that is closed from the start
        self._recorder = Recorder(journal, Redactor(b"", RedactSettings()), body_limit=0)
        name = dashboard_name(settings.address[0])
        address = Address.local(admin.socket_path(settings.history, name), "")
        self._pool = Pool(address, CONNECT_S)
        self._upstream = Upstream(
            url="http://localhost",
            first_byte_timeout_s=PATIENCE_S,
            idle_timeout_s=PATIENCE_S,
        )
        self._open: set[asyncio.Task[Any]] = set()
        self._stopping = False

    def handle(self, request: web.BaseRequest) -> Coroutine[Any, Any, web.StreamResponse]:
        """Takes one request to its end. Calls pay for one look at their path."""
        if request.raw_path.startswith(self._paths) and self._is_ours(request):
            return self._pass(request)
        return self._gateway.handle(request)

    def stop(self) -> None:
        """Cuts off what is open, and takes nothing more."""
        self._stopping = True
        for task in self._open:
            task.cancel()
        self._pool.close()

    def _is_ours(self, request: web.BaseRequest) -> bool:
        path = request.raw_path.partition("?")[0]
        named = path in self._exact or path.startswith(f"{PAGES}/")
        return named and request.method != "CONNECT"

    async def _pass(self, request: web.BaseRequest) -> web.StreamResponse:
        client = Downstream(request)
        if self._stopping:
            client.keep_alive = False
            _refuse(client, HTTPStatus.SERVICE_UNAVAILABLE, STOPPING)
            return client.ended
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        now_ns = self._recorder.journal.now_ns()
        call = Call(b"", now_ns, request.method, request.raw_path, DASHBOARD)
        try:
            await self._relay(call, client)
        except CallError as error:
            _fail(call, client, error)
        except (asyncio.CancelledError, ConnectionError):
            raise  # the client has left, or stop() has cut it off
        except Exception as error:
            log.exception("a request for the dashboard failed inside driftgate")
            _fail(call, client, failures.own_fault(error))
        finally:
            self._open.discard(task)
        return client.ended

    async def _relay(self, call: Call, client: Downstream) -> None:
        """The dashboard judges Host by itself, so it gets the client's own."""
        host = client.request.headers.get("host")
        address = self._pool.address
        if host is not None:
            address = replace(address, authority=host.encode("utf-8", "surrogateescape"))
        upload = Upload(client.request, address, call.target)
        upload.upgrade = False  # there is nothing to upgrade to; who asks gets a plain answer
        await upload.read_whole()
        tee = Tee(self._recorder, call)
        tee.recording = False
        await forward(tee, client, upload, self._upstream, self._pool)


def page_of(bound: socket.socket) -> str:
    """The dashboard's address, of a proxy that listens here: as this machine reaches it."""
    return f"{own_url(bound)}{PAGES}/"


def told_of(bound: socket.socket) -> str:
    """What people are told of it: where it is, and how they get the link if that needs a token."""
    alone = is_loopback(bound.getsockname()[0].partition("%")[0])
    more = "" if alone else " (`driftgate dashboard` prints the link with its token)"
    return page_of(bound) + more


def _fail(call: Call, client: Downstream, error: CallError) -> None:
    """Says what is wrong, or breaks off an answer that has begun."""
    if call.answered:
        client.break_off()
    elif error.fault is Fault.UPSTREAM:
        _refuse(client, HTTPStatus.SERVICE_UNAVAILABLE, DOWN)
    else:
        _refuse(client, HTTPStatus(error.status), error.message)


def _refuse(client: Downstream, status: HTTPStatus, line: str) -> None:
    """An answer of our own: one line of plain text."""
    request = client.request
    if not request.content.at_eof():
        client.keep_alive = False  # the rest of the body would be taken for the next request
    body = f"{line}\n".encode("utf-8", "replace")
    pairs = [
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"Content-Length", b"%d" % len(body)),
        (b"Cache-Control", b"no-store"),
    ]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        pairs.append((b"Retry-After", b"1"))
    pairs += connection_field(client)
    first = b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode())
    head = first + headers.lines(pairs) + b"\r\n"
    client.write(head if request.method == "HEAD" else head + body)
