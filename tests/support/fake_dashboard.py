"""A stand-in for the dashboard's process: `python -m tests.support.fake_dashboard`.

It speaks as the real one does with its parent and on its socket, and shows what a test asks for.
While the file that FAKE_DASHBOARD_HELD names is there, it does not begin.
"""

import asyncio
import hashlib
import json
import os
import sys
from pathlib import Path

from aiohttp import web

from driftgate.proxy import admin

HELD = "FAKE_DASHBOARD_HELD"
_POSTED: web.AppKey["asyncio.Queue[str]"] = web.AppKey("posted", asyncio.Queue)


async def events(request: web.Request) -> web.StreamResponse:
    """A stream of what is posted to the same path, one event each; ends with its client."""
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    while True:
        text = await request.app[_POSTED].get()
        await answer.write(f"data: {text}\n\n".encode())


async def post(request: web.Request) -> web.Response:
    """The next event."""
    request.app[_POSTED].put_nowait(await request.text())
    return web.Response(status=204)


async def upload(request: web.Request) -> web.Response:
    """What came: its digest."""
    digest = hashlib.sha256()
    async for part in request.content.iter_any():
        digest.update(part)
    return web.Response(text=digest.hexdigest())


async def told(request: web.Request) -> web.Response:
    """Who answers, and to what Host."""
    return web.json_response({"pid": os.getpid(), "host": request.headers.get("host")})


async def run(path: Path) -> None:
    """Serves until standard input ends."""
    made = web.Application()
    made[_POSTED] = asyncio.Queue()
    made.router.add_get("/_driftgate/events", events)
    made.router.add_post("/_driftgate/events", post)
    made.router.add_post("/_driftgate/upload", upload)
    made.router.add_get("/_driftgate/", told)
    made.router.add_get("/metrics", told)
    runner = web.AppRunner(made, access_log=None, shutdown_timeout=0.05, handler_cancellation=True)
    await runner.setup()
    admin.own_folder(path)
    await web.UnixSite(runner, str(path)).start()
    await asyncio.to_thread(sys.stdin.buffer.read)
    await runner.cleanup()
    path.unlink(missing_ok=True)


async def held() -> None:
    """Waits as long as a test wants."""
    path = Path(os.environ.get(HELD, "/no/file"))
    while await asyncio.to_thread(path.exists):
        await asyncio.sleep(0.02)


async def main() -> None:
    """The process."""
    task = json.loads(sys.stdin.buffer.readline())
    await held()
    await run(admin.socket_path(Path(task["settings"]["history"]), task["socket"]))


if __name__ == "__main__":
    asyncio.run(main())
