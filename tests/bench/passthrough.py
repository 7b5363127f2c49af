"""The yardstick: the reverse proxy that everybody writes first with aiohttp. Records nothing."""

import asyncio
import sys

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from driftgate.proxy.loop import run_loop

DROPPED = {"host", "connection", "keep-alive", "transfer-encoding", "upgrade", "te"}


def _kept(headers: object) -> list[tuple[str, str]]:
    return [pair for pair in headers.items() if pair[0].lower() not in DROPPED]  # type: ignore[attr-defined]  # a multidict


async def main() -> None:
    """Forwards everything from the first port to the second, until it is killed."""
    base = f"http://127.0.0.1:{sys.argv[2]}"
    connector = TCPConnector(limit=0)
    session = ClientSession(
        connector=connector, timeout=ClientTimeout(total=None), auto_decompress=False
    )

    async def forward(request: web.Request) -> web.StreamResponse:
        body = request.content if request.body_exists else None
        async with session.request(
            request.method,
            base + request.raw_path,
            headers=_kept(request.headers),
            data=body,
            allow_redirects=False,
        ) as answer:
            response = web.StreamResponse(status=answer.status, headers=_kept(answer.headers))
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response

    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    run_loop(main())
