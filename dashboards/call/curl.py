"""A call as a command for a shell: the same request through the proxy again, without its secrets."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from driftgate.proxy.harmless import harmless
from driftgate.proxy.history.whole import Call

INLINE = 16_000  # bytes of a body that stands in the command itself
PLACEHOLDER = "YOUR_SECRET"
_MASK = "redacted:"
# of this connection, written by curl itself, or about one call alone
_LEFT_OUT = frozenset(
    {
        *(
            "host",
            "content-length",
            "connection",
            "transfer-encoding",
            "keep-alive",
            "te",
            "upgrade",
        ),
        *("proxy-connection", "trailer", "expect", "accept-encoding", "user-agent", "traceparent"),
    }
)
_CODING, _TYPE = "content-encoding", "content-type"
_PATH = "/:@!$&'()*+,;=-._~%?[]"  # left as they are in a target


@dataclass(frozen=True, slots=True)
class Curl:
    """command: to paste. secrets: whether something must be filled in. piped: the body comes from the history."""

    command: str
    secrets: bool
    piped: bool


def curl(call: Call, address: str) -> Curl:
    """The command. address: the proxy's, such as `http://127.0.0.1:8787`.

    A short text stands in the command itself, without its content coding; any other body is piped
    in as it was sent.
    """
    headers, decoded = call.request_headers, call.described.body
    text = None if call.row["request_truncated"] else _text(decoded)
    piped = bool(call.request) and text is None
    kept = list(_kept(headers, without=() if piped else (_CODING,)))
    if decoded[:1] in {b"{", b"["} and all(name.lower() != _TYPE for name, _ in kept):
        kept.append((_TYPE, "application/json"))  # curl would say that it is a form
    method = call.row["method"] or "GET"
    plain = method == ("POST" if call.request else "GET")
    parts = ["curl", *(() if plain else ("-X", shlex.quote(method)))]
    parts.append(shlex.quote(address.rstrip("/") + "/" + _masked(call.target).lstrip("/")))
    lines = [" ".join(parts), *(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in kept)]
    if piped:
        lines.append("--data-binary @-")
    elif call.request:
        lines.append(f"--data-raw {shlex.quote(text or '')}")
    command = " \\\n  ".join(lines)
    if piped:
        command = f"driftgate show {call.id} --raw request | {command}"
    return Curl(command, PLACEHOLDER in command or _MASK in command, piped)


def _text(body: bytes) -> str | None:
    """The body as it can be pasted; None: it is long, no UTF-8, or has characters that harm a terminal."""
    if len(body) > INLINE:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if harmless(text) == text and "\t" not in text else None


def _kept(headers: Sequence[tuple[str, str]], without: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        low = name.lower()
        if low in _LEFT_OUT or low in without or low.startswith("x-driftgate-call"):
            continue
        if not (name + value).isascii() or not (name + value).isprintable():
            continue  # it would not be pasted as it was sent
        if _MASK in value:
            scheme = value.partition(_MASK)[0]
            yield name, f"{scheme}{PLACEHOLDER}"
        else:
            yield name, value


def _masked(target: str) -> str:
    """The target, quoted where a shell or curl would read something into it."""
    path, mark, query = target.partition("?")
    told = "&".join(
        f"{part.partition('=')[0]}={PLACEHOLDER}" if _MASK in part else part
        for part in query.split("&")
    )
    return quote(path + mark + told, safe=_PATH, errors="replace")
