"""`/metrics`: what Prometheus scrapes, below the dashboard's base and at the top.

It never opens the history: the historian and the workers are asked over their sockets.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from driftgate.dashboards.exposition import exposition
from driftgate.dashboards.site import Asked, Route
from driftgate.proxy import admin
from driftgate.proxy.running import DASHBOARD, HOST, TURNS

HISTORIAN = "history"
TIMEOUT_S = 2.0  # a scrape gives up after ten seconds
_OPENMETRICS = "application/openmetrics-text"
_NO_WORKERS = (HOST, TURNS, DASHBOARD)  # what the names of other sockets begin with


async def page(asked: Asked) -> web.StreamResponse:
    """The exposition, in the format that is asked for."""
    _, content_type = choose_encoder(asked.request.headers.get("accept", ""))
    openmetrics = content_type.startswith(_OPENMETRICS)
    historian, workers = await gather(asked.site.history, openmetrics=openmetrics)
    body = await asyncio.to_thread(exposition, historian, workers, openmetrics=openmetrics)
    answer = web.Response(body=body, headers={"content-type": content_type})
    answer.enable_compression()
    return answer


async def gather(
    history: Path, *, openmetrics: bool = False
) -> tuple[dict[str, Any] | None, dict[str, dict[str, Any]]]:
    """What the historian counted, and the statuses of the workers that clients use."""
    found = await asyncio.to_thread(admin.sockets, history)
    asked = {name: _question(name, openmetrics) for name in found}
    names = [name for name in found if asked[name]]
    answers = await asyncio.gather(
        *(asyncio.to_thread(admin.ask, found[name], asked[name], TIMEOUT_S) for name in names)
    )
    told = {name: each for name, each in zip(names, answers, strict=True) if each is not None}
    return told.pop(HISTORIAN, None), {
        name: each for name, each in told.items() if _serves_clients(each)
    }


def _question(name: str, openmetrics: bool) -> dict[str, Any]:
    """What this process is asked; empty: nothing."""
    if name == HISTORIAN:
        return {"op": "metrics", "openmetrics": openmetrics}
    return {} if name.startswith(_NO_WORKERS) else {"op": "status"}


def _serves_clients(status: Mapping[str, Any]) -> bool:
    """Whether it is a worker, and not a run's own proxy."""
    return "worker" in status and not status.get("replays")


ROUTES = (Route("GET", "/metrics", page),)
