"""The models that a server lists. Never raises."""

from collections.abc import Awaitable, Callable

from driftgate.contracts.json_values import cut
from driftgate.proxy.fingerprint.facts import answer
from driftgate.proxy.upstream.fetch import Fetched, fetch

TIMEOUT_S = 5.0

_GOOD = range(200, 300)
_MOST = 10_000
_NAME = 200  # characters

Fetch = Callable[..., Awaitable[Fetched | None]]


async def listed(url: str, *, verify_tls: bool = True, request: Fetch = fetch) -> tuple[str, ...]:
    """The names that `GET /v1/models` gives, in its order, other names of a model among them.

    Args:
        url: the server's address, with or without `/v1`.
        verify_tls: whether its certificate is checked.
        request: sends it; replaced in tests.

    Returns:
        () where the server lists none, or tells it only to those who have a key.
    """
    where = f"{url.rstrip('/').removesuffix('/v1')}/v1/models"
    told = await request("GET", where, timeout_s=TIMEOUT_S, verify_tls=verify_tls)
    found = answer(told.body) if told is not None and told.status in _GOOD else None
    entries = (found or {}).get("data")
    names: dict[str, None] = {}
    for entry in entries[:_MOST] if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            others = entry.get("aliases")
            given = [entry.get("id"), *(others if isinstance(others, list) else ())]
            names |= {cut(name, _NAME): None for name in given if isinstance(name, str) and name}
    return tuple(names)
