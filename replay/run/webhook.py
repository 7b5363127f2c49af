"""Telling somebody's server: one POST of JSON, tried again a few times.

An address may hold secrets in each of its parts, the path too (that of a chat's webhook is one). So
only its scheme and host are ever shown.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from driftgate.proxy.errors import UsageError
from driftgate.proxy.upstream.fetch import Fetched, fetch
from driftgate.replay.candidate.pairs import header_value

TRIES = 3
BACKOFF_S = 2.0  # before the second try; twice as long before each further one
TIMEOUT_S = 10.0
_GOOD = range(200, 300)
_TRIED_AGAIN = {408, 425, 429, *range(500, 600)}
Fetch = Callable[..., Awaitable[Fetched | None]]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where, and with which key (`Authorization: Bearer`)."""

    url: str
    token: str | None = None

    @classmethod
    def of(cls, url: str, token_env: str | None, environ: Mapping[str, str] | None = None) -> Self:
        """The webhook.

        Args:
            url: http or https.
            token_env: name of the environment variable that holds the key; None: there is none.
            environ: the environment; None: this process's.

        Raises:
            UsageError: the address is none, or the variable is not set or holds no key.
        """
        if not _is_address(url):
            raise UsageError("--webhook: give an address, as https://example.org/hook")
        if token_env is None:
            return cls(url)
        if urlsplit(url).username is not None:
            raise UsageError("--webhook-token-env: the address holds a name already; give one only")
        token = (os.environ if environ is None else environ).get(token_env)
        if not token:
            raise UsageError(f"--webhook-token-env: environment variable {token_env} is not set")
        header_value(token_env, token)
        return cls(url, token)

    @property
    def shown(self) -> str:
        """The address as it may be shown."""
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}"

    async def post(
        self,
        message: Mapping[str, Any],
        *,
        request: Fetch = fetch,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> str | None:
        """Sends it; gives why it did not arrive, in a line, or None. request, sleep: for tests."""
        body = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        said = ""
        for turn in range(TRIES):
            if turn:
                await sleep(BACKOFF_S * 2 ** (turn - 1))
            got = await request("POST", self.url, body, timeout_s=TIMEOUT_S, headers=headers)
            if got is not None and got.status in _GOOD:
                return None
            said = "does not answer" if got is None else f"answers {got.status}"
            if got is not None and got.status not in _TRIED_AGAIN:
                break
        return f"the webhook at {self.shown} {said}"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it can be none
    except ValueError:
        return False
    clean = url.isprintable() and " " not in url
    return clean and parts.scheme in ("http", "https") and bool(parts.hostname)
