"""The application: all pages, behind the guard, with one way to say what went wrong."""

import logging
import socket
from collections.abc import Awaitable, Callable, Iterable
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from pkgutil import iter_modules
from urllib.parse import urlencode

from aiohttp import web

from driftgate.dashboards import pages
from driftgate.dashboards.guard import CSRF_FIELD, CSRF_HEADER, SAFE, Claim, Guard, Verdict
from driftgate.dashboards.reading import Reading
from driftgate.dashboards.render import version
from driftgate.dashboards.site import ADMITTED, BASE, Asked, Handler, Route, Site
from driftgate.dashboards.token import token
from driftgate.proxy.errors import (
    DriftgateError,
    HistoryBusyError,
    HistoryError,
    NotFoundError,
    UsageError,
)
from driftgate.proxy.settings.model import Settings

log = logging.getLogger("driftgate.dashboard")

FORM_BYTES = 1 << 20  # largest form
FIELDS = 1100  # of a header; somewhat more than the proxy takes, so that it is the one who refuses
GRACE_S = 0.2  # for what is being shown when the end comes
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
STATIC_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_STATUS = ((NotFoundError, 404), (UsageError, 400), (HistoryBusyError, 503), (HistoryError, 500))
_OPEN = frozenset({f"{BASE}/login"})  # these and static files need no token
METRICS = "/metrics"
_FOR_PROGRAMS = frozenset({METRICS, BASE + METRICS})  # plain text, and no cookies
_ENDLESS = frozenset({"/live/events"})  # a HEAD of these would never end

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_site(settings: Settings, listen: str | None = None, *, relayed: bool = False) -> Site:
    """What is shown of these settings' history.

    listen: the host that is listened on; None: the settings' own.
    relayed: whether a proxy relays what is asked.

    Raises:
        UsageError: the token cannot be had.
    """
    host = listen or settings.address[0]
    guard = Guard(host, token(settings), hosts=settings.dashboard.hosts, own=socket.gethostname())
    return Site(settings, guard, Reading(settings.history), relayed)


def application(site: Site) -> web.Application:
    """The site as aiohttp serves it."""
    guarding = _Guarding(site)
    made = web.Application(middlewares=[guarding.all], client_max_size=FORM_BYTES)
    made.router.add_get("/", _to_base)
    made.router.add_get(BASE, _to_base)
    made.router.add_get(f"{BASE}/static/{{path:[a-z0-9/._-]+}}", static)
    for route in routes():
        handler = _handler(site, route.handler)
        for path in (BASE + route.path, METRICS) if route.path == METRICS else (BASE + route.path,):
            made.router.add_route(route.method, path, handler)
            if route.method == "GET" and route.path not in _ENDLESS:
                made.router.add_route("HEAD", path, handler)

    async def close(_: web.Application) -> None:
        await site.close()

    made.on_cleanup.append(close)
    return made


def runner(site: Site) -> web.AppRunner:
    """The site's application, ready to be set up. It takes whatever header the proxy lets through."""
    most = (site.settings.max_header_kb << 10) + 1
    return web.AppRunner(
        application(site),
        access_log=None,
        shutdown_timeout=GRACE_S,
        handler_cancellation=True,
        max_line_size=most,
        max_field_size=most,
        max_headers=FIELDS,
    )


def routes() -> Iterable[Route]:
    """Those of all modules in `pages`."""
    for found in iter_modules(pages.__path__):
        yield from import_module(f"{pages.__name__}.{found.name}").ROUTES


def _handler(
    site: Site, handler: Handler
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await handler(Asked(site, request))

    return answer


async def _to_base(request: web.Request) -> web.StreamResponse:
    del request
    return web.Response(status=302, headers={"location": f"{BASE}/"})


class _Guarding:
    """What every request passes through."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @web.middleware
    async def all(self, request: web.Request, handler: Next) -> web.StreamResponse:
        asked = Asked(self._site, request)
        try:
            answer = await self._refused(asked) or await handler(request)
        except web.HTTPNotFound:
            answer = _error(asked, 404, "there is no such page")
        except web.HTTPException as error:
            answer = _error(asked, error.status, error.reason.lower())
            if "allow" in error.headers:
                answer.headers["allow"] = error.headers["allow"]
        except DriftgateError as error:
            answer = _error(asked, _status(error), str(error))
        except ConnectionError:
            raise
        except Exception as error:
            log.exception("the page %s failed", request.path)
            answer = _error(asked, 500, f"this page failed inside driftgate: {error!r}")
        if not answer.prepared:
            if request.headers.get("x-forwarded-proto", "").lower() == "https":
                for cookie in answer.cookies.values():  # a reverse proxy's: never in plain text
                    cookie["secure"] = True
            answer.headers.update(HEADERS)
            answer.headers.setdefault("cache-control", "no-store")
        return answer

    async def _refused(self, asked: Asked) -> web.StreamResponse | None:
        """The answer to those who may not ask; None: they may."""
        request = asked.request
        decision = self._site.guard.check(_claim(request, self._site.guard.cookie_name))
        if decision.verdict is Verdict.REFUSED:  # plain: a page would hold what forms need
            return web.Response(status=403, text=f"driftgate: {decision.why}\n")
        if decision.verdict is Verdict.ADMIT and request.path not in _FOR_PROGRAMS:
            return self._admitted(request)
        request[ADMITTED] = decision.verdict in {Verdict.ALLOWED, Verdict.ADMIT}
        free = request.path in _OPEN or request.path.startswith(f"{BASE}/static/")
        if decision.verdict is Verdict.LOGIN and not free:
            return login(asked, decision.why)
        nowhere = request.match_info.http_exception is not None  # nothing is changed, nothing shown
        if request.method not in SAFE and not free and not nowhere:
            shown = request.headers.get(CSRF_HEADER) or (await asked.form()).get(CSRF_FIELD, "")
            if not self._site.guard.is_csrf(shown):
                return _error(asked, 403, "this form is out of date; load the page again")
        return None

    def _admitted(self, request: web.Request) -> web.Response:
        """The same address without the token in it, which a cookie takes the place of."""
        rest = urlencode(
            [(name, value) for name, value in request.query.items() if name != "token"]
        )
        path = request.rel_url.raw_path
        path = path if path.startswith(f"{BASE}/") else f"{BASE}/"
        there = path + (f"?{rest}" if rest else "")
        answer = web.Response(status=303, headers={"location": there})
        admit(self._site, answer)
        return answer


def admit(site: Site, answer: web.Response) -> None:
    """From here on this browser is let in. Its other requests go upstream: they must not have the cookie."""
    guard = site.guard
    answer.set_cookie(guard.cookie_name, guard.cookie, path=BASE, httponly=True, samesite="Strict")


def login(asked: Asked, why: str = "") -> web.Response:
    """The page that asks for the token."""
    if asked.request.path in _FOR_PROGRAMS:
        answer = web.Response(status=401, text="a token is needed: Authorization: Bearer TOKEN\n")
    else:
        answer = asked.html("login.html", status=401, why=why, there=asked.request.path_qs)
    answer.headers["www-authenticate"] = "Bearer"  # RFC 9110, section 15.5.2
    return answer


def _claim(request: web.Request, cookie_name: str) -> Claim:
    return Claim(
        request.method,
        {name.lower(): value for name, value in request.headers.items()},
        request.cookies.get(cookie_name, ""),
        request.query.get("token", ""),
    )


def _status(error: DriftgateError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def _error(asked: Asked, status: int, why: str) -> web.Response:
    """One clear page, or part of one."""
    if asked.request.path in _FOR_PROGRAMS:
        return web.Response(status=status, text=f"driftgate: {why}\n")
    shown = asked.fragment if asked.htmx else asked.html
    answer = shown("error.html", why=why, code=status)
    answer.set_status(status)
    return answer


async def static(request: web.Request) -> web.StreamResponse:
    """A file of ours; links name the version, so that it may be kept."""
    path = Path(request.match_info["path"])
    kind = STATIC_TYPES.get(path.suffix)
    found = files("driftgate.dashboards").joinpath("static", *path.parts)
    if kind is None or ".." in path.parts or not found.is_file():
        raise web.HTTPNotFound
    fresh = request.query.get("v") == version()
    headers = {"cache-control": "max-age=604800" if fresh else "no-cache"}
    return web.Response(
        body=found.read_bytes(), content_type=kind, charset="utf-8", headers=headers
    )
