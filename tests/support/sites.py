"""A history shown as the dashboard shows it, in this process: pages are asked for over HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from driftgate.dashboards.app import application, make_site
from driftgate.dashboards.site import BASE, Site
from driftgate.proxy.settings.model import Settings


class Visitor:
    """A site that runs. client: aiohttp's, for what is not here."""

    def __init__(self, site: Site, client: "TestClient[Any, Any]") -> None:
        self.site, self.client = site, client

    async def page(self, path: str, status: int = 200, **query: str) -> str:
        """The text of the page at a path below the base, which must answer with this status."""
        async with self.client.get(BASE + path, params=query, allow_redirects=False) as answer:
            text = await answer.text()
            assert answer.status == status, f"{path}: {answer.status}\n{text}"
            return text

    async def part(self, path: str, status: int = 200, **query: str) -> str:
        """The same as htmx asks for it."""
        headers = {"hx-request": "true", "hx-request-type": "partial"}
        async with self.client.get(BASE + path, params=query, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == status, f"{path}: {answer.status}\n{text}"
            return text

    async def file(self, path: str, **query: str) -> tuple[bytes, Mapping[str, str]]:
        """A download and its headers."""
        async with self.client.get(BASE + path, params=query) as answer:
            data = await answer.read()
            assert answer.status == 200, f"{path}: {answer.status}\n{data[:500]!r}"
            return data, answer.headers

    async def post(self, path: str, status: int = 303, **fields: str) -> str:
        """What a form of ours sends; gives where it leads to, or the text where to nowhere."""
        sent = {"csrf": self.site.guard.csrf, **fields}
        there = self.client.post(BASE + path, data=sent, allow_redirects=False)
        async with there as answer:
            text = await answer.text()
            assert answer.status == status, f"{path}: {answer.status}\n{text}"
            return answer.headers.get("location", text)


@asynccontextmanager
async def shown_site(history: Path, **settings: Any) -> AsyncIterator[Visitor]:
    """The history's site while the block runs; settings: further ones, as the model takes them."""
    site = make_site(Settings.model_validate({"history": history, **settings}))
    async with TestClient(TestServer(application(site))) as client:
        yield Visitor(site, client)
