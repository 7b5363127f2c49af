"""How agents are called: where their host listens, and the headers that say which call it is. Pure."""

from collections.abc import Sequence
from pathlib import Path

from driftgate.proxy import admin, failures
from driftgate.proxy.agent.origin import ATTEMPT_HEADER, CALL_HEADER, REPLAYED_HEADER
from driftgate.proxy.call import text_id
from driftgate.proxy.errors import UpstreamError
from driftgate.proxy.record import Outcome
from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.upstream.connection import Address
from driftgate.proxy.upstream.wire import Pair

SERVICE = "agents"  # the socket that turns are asked for on: HTTP
CONTROL = "host"  # the one that commands ask for the host's status: JSON lines
_CALL, _ATTEMPT = CALL_HEADER.encode(), ATTEMPT_HEADER.encode()
_OURS = frozenset({_CALL, _ATTEMPT, REPLAYED_HEADER.encode()})


def host_socket(history: Path) -> Path:
    """Where the host of this history's agents listens."""
    return admin.socket_path(history, SERVICE)


def address_of(name: str, upstream: Upstream, host: Path) -> Address:
    """Where calls of this upstream go; host: the socket of the agents' host."""
    if upstream.codex is not None:
        return Address.local(host, f"/{name}")
    return Address.of(upstream.url, verify_tls=upstream.verify_tls)


def host_down(name: str, url: str, error: OSError) -> UpstreamError:
    """Nobody listens there: the host is being started, for the first time or again."""
    reason = (error.strerror or str(error)).lower()
    return UpstreamError(
        f"driftgate cannot reach agent '{name}' at {url}: {reason}; its process is being started, "
        "ask again in a moment (if that stays so, `driftgate doctor` tells more)",
        code="upstream_refused",
        status=503,
        codex_status=failures.WAIT,
        outcome=Outcome.UPSTREAM_REFUSED,
        retry_after_s=1,
    )


def marked(pairs: Sequence[Pair], call_id: bytes, attempt: int) -> list[Pair]:
    """The header for an agent: which call it is for, and nothing that a client says of that."""
    kept = [pair for pair in pairs if pair[0].lower() not in _OURS]
    return [*kept, (_CALL, text_id(call_id).encode()), (_ATTEMPT, b"%d" % attempt)]
