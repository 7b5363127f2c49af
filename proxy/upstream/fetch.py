"""One small request to a model server, for probes: bounded in time and size, never an exception."""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

_PIECE = 64 << 10


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. body None: longer than the limit."""

    status: int
    body: bytes | None


async def fetch(
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    timeout_s: float = 3,
    limit: int = 1 << 20,
    verify_tls: bool = True,
    headers: Mapping[str, str] | None = None,
    unix: str | None = None,
) -> Fetched | None:
    """The answer to one request; None when none came. Redirects are not followed.

    headers: further ones, by names in lower case. unix: path of the socket that the server listens on,
    which counts instead of the URL's host.
    """
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    sent = {"user-agent": "driftgate", "accept": "application/json"}
    if body is not None:
        sent["content-type"] = "application/json"
    try:
        async with (
            aiohttp.ClientSession(
                connector=None if unix is None else aiohttp.UnixConnector(unix),
                timeout=timeout,
                headers={**sent, **(headers or {})},
            ) as session,
            session.request(
                method, url, data=body, allow_redirects=False, ssl=verify_tls
            ) as answer,
        ):
            return Fetched(answer.status, await _bounded(answer.content, limit))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return None


async def _bounded(content: aiohttp.StreamReader, limit: int) -> bytes | None:
    read = bytearray()
    while piece := await content.read(_PIECE):
        read += piece
        if len(read) > limit:
            return None
    return bytes(read)
