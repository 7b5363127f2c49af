"""The site: one history, and what every page is given of it.

A page is a module of `driftgate.dashboards.pages` with a tuple ROUTES. Its handlers take an `Asked`
and return an answer that one of its methods makes, so that no page knows how it is served.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from aiohttp import web

from driftgate.dashboards.address import proxy_address
from driftgate.dashboards.guard import Guard
from driftgate.dashboards.reading import Reading
from driftgate.dashboards.render import environment
from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.model import Settings

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

T = TypeVar("T")
BASE = "/_driftgate"
THEMES = ("light", "dark")
THEME_COOKIE = "driftgate_theme"
ADMITTED = web.RequestKey(
    "driftgate.admitted", bool
)  # of a request: whether its sender may see what is of this site


@dataclass(slots=True)
class Site:
    """One history that is shown.

    guard: who may ask. reading: the thread that reads the history.
    relayed: whether a proxy relays what is asked, so that clients reach it where browsers do.
    closing: what must end with the site, beside the reading; pages may add to it.
    kept: what pages keep from one request to the next, by their own names.
    """

    settings: Settings
    guard: Guard
    reading: Reading
    relayed: bool = False
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def history(self) -> Path:
        """The DuckDB file."""
        return self.settings.history

    async def close(self) -> None:
        """Ends it."""
        for close in self.closing:
            await close()
        self.reading.close()


class Asked:
    """One request, as a page sees it.

    Attributes:
        site: what it was asked of.
        request: aiohttp's own, for what is not here.
        query: first value of each query parameter; of a form, once `form` was awaited.
    """

    def __init__(self, site: Site, request: web.Request) -> None:
        self.site, self.request = site, request
        self.query: dict[str, str] = dict(reversed(list(request.query.items())))

    @property
    def base(self) -> str:
        """What all links begin with."""
        return BASE

    @property
    def match(self) -> Mapping[str, str]:
        """The parts of the path that its route names."""
        return self.request.match_info

    @property
    def htmx(self) -> bool:
        """Whether a part of the page is wanted, not all of it."""
        return self.request.headers.get("hx-request-type") == "partial"

    @property
    def foreign(self) -> bool:
        """Whether a link of another site led here: nothing costly should run unasked."""
        return self.request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}

    @property
    def proxy(self) -> str:
        """Where clients reach the proxy that serves this; empty: none does."""
        if not self.site.relayed:
            return ""
        return proxy_address(self.site.settings, self.request.host)

    async def read(self, work: "Callable[[Reader], T]", *, drain: bool = True) -> T:
        """work(reader) with the history open, in the thread for that. See `Reading.read`."""
        return await self.site.reading.read(work, drain=drain)

    async def form(self) -> dict[str, str]:
        """The fields of a form; UsageError where it is none, or there is a file among them."""
        try:
            fields = await self.request.post()
        except (web.RequestPayloadError, ValueError, LookupError) as error:  # also of its charset
            raise UsageError("this form cannot be read: its coding is broken") from error
        if any(not isinstance(value, str) for value in fields.values()):
            raise UsageError("a form with a file in it; this page takes none")
        return {name: str(value) for name, value in reversed(list(fields.items()))}

    def html(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """A page."""
        return web.Response(
            text=self._rendered(template, values),
            status=status,
            content_type="text/html",
            charset="utf-8",
        )

    def fragment(self, template: str, **values: Any) -> web.Response:
        """A part of a page, for htmx; templates/parts/."""
        return self.html(f"parts/{template}", **values)

    def rendered(self, template: str, **values: Any) -> str:
        """A part of a page as text, for events."""
        return self._rendered(f"parts/{template}", values)

    def file(
        self, data: bytes, name: str, content_type: str = "application/octet-stream"
    ) -> web.Response:
        """A download. It is never shown as a page, whatever it holds."""
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
        return web.Response(body=data, headers=headers, content_type=content_type)

    def redirect(self, path: str) -> web.Response:
        """To another page, by GET; path: below the base, of our own making."""
        return web.Response(status=303, headers={"location": BASE + path})

    def _rendered(self, template: str, values: Mapping[str, Any]) -> str:
        theme = self.request.cookies.get(THEME_COOKIE, "")
        admitted = self.request.get(ADMITTED, False)
        return (
            environment()
            .get_template(template)
            .render(
                base=BASE,
                csrf=self.site.guard.csrf if admitted else "",
                here=self.request.path.removeprefix(BASE) or "/",
                theme=theme if theme in THEMES else "",
                history=self.site.history.name if admitted else "",
                proxy=self.proxy,
                **values,
            )
        )


Handler = Callable[[Asked], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """Where a page is: method, path below the base, and what answers."""

    method: str
    path: str
    handler: Handler
