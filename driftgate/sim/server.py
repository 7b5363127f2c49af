"""The sockets of the simulated server: one handler for every request, start and stop."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Callable

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage

from driftgate import __version__
from driftgate.proxy.errors import UsageError
from driftgate.sim import websocket
from driftgate.sim.ask import Json, SimError
from driftgate.sim.decoding import decoded
from driftgate.sim.engine import Engine, SimSettings
from driftgate.sim.fault_text import FaultError
from driftgate.sim.faults import HEADER, Fault
from driftgate.sim.routes import GETS, MODEL_CALLS, POSTS, path_of
from driftgate.sim.versions import VERSIONS
from driftgate.sim.wire import BrokenOffError, Plan, send

SERVER = f"driftgate-sim/{__version__}"
_MOST_BYTES = 1 << 30
_GRACE_S = 0.5


class Handler:
    """Answers every request of one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request, counted; a client that leaves is counted too."""
        tally = self.engine.tally
        tally.count(request.path)
        tally.open += 1
        try:
            return await self._handle(request)
        except (asyncio.CancelledError, ConnectionError):
            tally.client_gone += 1
            raise
        finally:
            tally.open -= 1

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = path_of(request.path)
        if path.startswith("/sim/") and request.method != "GET":
            return await self._control(request, path)
        try:
            fault = self._fault(request, path)
            if path == "/v1/responses" and _upgrades(request):
                return await self._websocket(request, fault)
            plan = _refusal(fault) or await self._plan(request, path, fault)
        except SimError as error:
            plan, fault = _error(error), None
        except BrokenOffError:
            return web.Response()
        if request.path.startswith("/api/") and plan.status >= _ERRORS:
            plan.body = _ollama_shaped(plan.payload())
        plan.headers["Server"] = SERVER
        return await send(request, plan, self.engine.settings.pace, fault)

    def _fault(self, request: web.BaseRequest, path: str) -> Fault | None:
        asked = ",".join(request.headers.getall(HEADER, []))
        try:
            return self.engine.faults.take(asked, path, model_call=path in MODEL_CALLS)
        except FaultError as error:
            raise SimError(400, f"{HEADER}: {error}") from error

    async def _plan(self, request: web.BaseRequest, path: str, fault: Fault | None) -> Plan:
        if request.method in ("GET", "HEAD") and path in GETS:
            return Plan.json(GETS[path](self.engine, request.query.get("model")))
        if request.method == "POST" and path in POSTS:
            body = _object(decoded(await request.read(), request.headers))
            return POSTS[path](self.engine, body, fault)
        if path in GETS or path in POSTS:
            raise SimError(405, f"{request.method} is not allowed here", "not_supported_error")
        raise SimError(404, "File Not Found", "not_found_error")

    async def _websocket(self, request: web.BaseRequest, fault: Fault | None) -> web.StreamResponse:
        if refused := _refusal(fault):
            return await send(request, refused, self.engine.settings.pace, fault)
        if self.engine.settings.chat_only:
            raise SimError(404, "File Not Found", "not_found_error")
        if not self.engine.settings.websockets:
            error = SimError(426, "websockets are off; `driftgate sim --websockets` turns them on")
            plan = _error(error)
            plan.headers.update({"Upgrade": "HTTP/1.1", "Server": SERVER})
            return await send(request, plan, self.engine.settings.pace, None)
        return await websocket.serve(request, self.engine, fault)

    async def _control(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """PUT or DELETE /sim/fault, PUT /sim/model: the body is the new value, as plain text."""
        text = (await request.read()).decode("utf-8", "replace").strip()
        if path == "/sim/fault" and request.method in ("PUT", "DELETE"):
            try:
                self.engine.faults.set(text if request.method == "PUT" else "")
            except FaultError as error:
                return web.json_response({"error": str(error)}, status=400)
        elif path == "/sim/model" and request.method == "PUT" and text in VERSIONS:
            self.engine.shelf.loaded = VERSIONS[text]
        elif path == "/sim/model":
            return web.json_response({"error": f"PUT one of: {', '.join(VERSIONS)}"}, status=400)
        else:
            return web.json_response({"error": "PUT /sim/fault or /sim/model"}, status=404)
        return web.json_response(self.engine.state())


def _upgrades(request: web.BaseRequest) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _object(data: bytes) -> Json:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SimError(400, f"parse error: {error}") from error
    if not isinstance(body, dict):
        raise SimError(400, "the body must be a JSON object")
    return body


def _refusal(fault: Fault | None) -> Plan | None:
    """The error that a fault asks for instead of an answer."""
    if fault is None or fault.name not in ("status", "parser_500"):
        return None
    if fault.name == "parser_500":
        message = "Failed to parse input at pos 0: <|tool_call>call:"
        return _error(SimError(500, message, "server_error"))
    kind = _KINDS.get(fault.status, "server_error" if fault.status >= _SERVER_ERRORS else "error")
    plan = _error(SimError(fault.status, f"driftgate-sim: status {fault.status} as asked", kind))
    if fault.retry_after is not None:
        plan.headers["Retry-After"] = str(fault.retry_after)
    return plan


def _error(error: SimError) -> Plan:
    """An error in llama-server's shape."""
    told = {"code": error.status, "message": error.message, "type": error.kind, **error.extra}
    return Plan.json({"error": told}, status=error.status)


def _ollama_shaped(body: bytes) -> bytes:
    return json.dumps({"error": json.loads(body)["error"]["message"]}).encode()


def listening(listen: str) -> socket.socket:
    """A socket bound to HOST:PORT (`[::1]:8080` for IPv6; port 0 picks one).

    Raises:
        UsageError: it is no address, or cannot be bound.
    """
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > _LAST_PORT:
        raise UsageError(f"--listen {listen}: not HOST:PORT, such as 127.0.0.1:8080")
    try:
        found = socket.getaddrinfo(
            host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(1024)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {listen}: {(error.strerror or str(error)).lower()}; "
            "choose another with --listen"
        ) from error
    return bound


def url_of(bound: socket.socket) -> str:
    """The URL of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def start(engine: Engine, bound: socket.socket) -> web.ServerRunner:
    """Begin to serve on a bound socket; `cleanup()` of what is returned ends it."""
    server = web.Server(
        Handler(engine),
        request_factory=_request,
        access_log=None,
        handler_cancellation=True,
        auto_decompress=False,
        max_line_size=1 << 16,
        max_field_size=1 << 20,
    )
    runner = web.ServerRunner(server, shutdown_timeout=_GRACE_S)
    await runner.setup()
    await web.SockSite(runner, bound).start()
    return runner


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: "asyncio.Task[None]",
) -> web.BaseRequest:
    """A request whose body may be large: the default limit is 1 MiB."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(
        message, payload, protocol, writer, task, loop, client_max_size=_MOST_BYTES
    )


async def _serve(settings: SimSettings, bound: socket.socket, ready: Callable[[str], None]) -> None:
    engine = Engine(settings)
    runner = await start(engine, bound)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    ready(f"driftgate sim: listening on {url_of(bound)}, models {', '.join(VERSIONS)}")
    await stop.wait()
    await runner.cleanup()


def run(settings: SimSettings, listen: str) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        UsageError: the address cannot be listened on.
    """
    bound = listening(listen)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings, bound, _say))


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - optional: it is not there on Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


_ERRORS = 400
_SERVER_ERRORS = 500
_LAST_PORT = 65535
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_exceeded",
    503: "unavailable_error",
}
