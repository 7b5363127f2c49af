"""Typed SQL without a process of its own, for tests that are about something else: one takes a second."""

from typing import TYPE_CHECKING, TypeVar

from driftgate.dashboards.site import Site
from driftgate.dashboards.typed import NAME, Typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftgate.proxy.history.reader import Reader

T = TypeVar("T")


class Here(Typed):
    """Runs queries where pages read."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.history, site.settings.dashboard.sql_timeout_s)
        self._site = site

    async def read(self, work: "Callable[[Reader], T]", *, drain: bool = True) -> T:
        """As the process would."""
        return await self._site.reading.read(work, drain=drain)


def typed_here(site: Site) -> None:
    """From now on the site's typed queries run here."""
    site.kept[NAME] = Here(site)
