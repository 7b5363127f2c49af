"""The header of a recorded request as it is sent again. Credentials come from the environment.

None were recorded: the recorder writes `redacted:` and a hash in the place of a secret.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from driftgate.proxy.agent.origin import (
    ATTEMPT_HEADER,
    CALL_HEADER,
    PARENT_HEADER,
    REPLAYED_HEADER,
)
from driftgate.proxy.errors import UsageError
from driftgate.proxy.headers import forwarded
from driftgate.proxy.record import Recorded
from driftgate.proxy.upstream.wire import Pair, index
from driftgate.replay.candidate.config import DEFAULT_KEY, Configuration
from driftgate.replay.candidate.values import secret

OURS = b"x-driftgate-"

_MASK = re.compile(rb"redacted:[0-9a-f]{16}")
_MASKED_PARAMETER = re.compile(r"[^&]*=redacted:[0-9a-f]{16}(?:&|\Z)")
# set anew where it is sent; an answer in a coding that is unknown here could not be compared, one
# key for all repetitions would be answered with one and the same kept answer, and a replay is no part
# of the trace of old
_NOT_SENT = frozenset({
    *(b"host", b"content-length", b"expect", b"accept-encoding", b"idempotency-key"),
    *(b"traceparent", b"tracestate"),
})  # fmt: skip
_OF_AGENTS = frozenset(
    name.encode() for name in (CALL_HEADER, ATTEMPT_HEADER, PARENT_HEADER, REPLAYED_HEADER)
)
_BODYS = frozenset({b"content-encoding"})


def sent_pairs(
    recorded: Recorded,
    configuration: Configuration,
    *,
    changed: bool,
    environ: Mapping[str, str] | None = None,
) -> list[Pair]:
    """The header that goes out.

    Args:
        recorded: the call.
        configuration: whose credentials are sent.
        changed: the body is no longer the recorded one, and has no content coding.
        environ: the environment; None: this process's.

    Raises:
        UsageError: a variable holds what no header can carry.
    """
    given = _given(recorded)
    left_out = _NOT_SENT | _BODYS if changed else _NOT_SENT
    kept = [
        (name, value)
        for name, value in forwarded(given, index(given))
        if name.lower() not in left_out
        and not name.lower().startswith(OURS)
        and not _MASK.search(value)
    ]
    ours = _credentials(recorded, given, configuration, environ)
    named = {name.lower() for name, _ in ours}
    kept = [pair for pair in kept if pair[0].lower() not in named]
    return [*kept, (b"Accept-Encoding", b"identity"), *ours]


def unsent_pairs(recorded: Recorded) -> tuple[Pair, ...]:
    """What the client told driftgate, and no model server.

    Which call of an agent's it was part of is not true of it any more.
    """
    told = [pair for pair in _given(recorded) if pair[0].lower().startswith(OURS)]
    return tuple([pair for pair in told if pair[0].lower() not in _OF_AGENTS])


def without_masks(target: str) -> str:
    """Path and query without the parameters that were secrets."""
    path, mark, query = target.partition("?")
    if "redacted:" not in query:
        return target
    left = _MASKED_PARAMETER.sub("", query).rstrip("&")
    return path + mark + left if left else path


def _given(recorded: Recorded) -> list[Pair]:
    return [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in recorded.request_headers
    ]


def _credentials(
    recorded: Recorded,
    given: list[Pair],
    configuration: Configuration,
    environ: Mapping[str, str] | None,
) -> list[Pair]:
    """From the environment. A key that nobody named goes only where the recorded call took one."""
    found: list[Pair] = []
    for header, name in configuration.headers_env.items():
        value = secret(name, environ)
        if value is not None:
            found.append((header.encode("latin-1"), header_value(name, value)))
    names = {pair[0].lower() for pair in found}
    had_one = any(name.lower() == b"authorization" for name, _ in given)
    variable = configuration.api_key_env
    if variable is None and had_one and _at_home(recorded, configuration):
        variable = DEFAULT_KEY
    key = secret(variable, environ) if variable else None
    if variable and key is not None and b"authorization" not in names:
        found.append((b"Authorization", b"Bearer " + header_value(variable, key)))
    return found


def _at_home(recorded: Recorded, configuration: Configuration) -> bool:
    """Whether the call goes to the server that it went to then."""
    if configuration.upstream is None:
        return True
    here, then = (urlsplit(url)[:2] for url in (configuration.upstream, recorded.upstream_url))
    return here == then


def header_value(name: str, value: str) -> bytes:
    """A secret as a header's value (RFC 9110, section 5.5).

    Args:
        name: of its variable.
        value: the secret, which is never told.

    Raises:
        UsageError: no header can carry it.
    """
    if not value.isprintable():
        raise UsageError(
            f"environment variable {name}: holds a line end or a control character, which no header "
            "can carry; set it anew"
        )
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        raise UsageError(
            f"environment variable {name}: holds characters that no header can carry; set it anew"
        ) from None
