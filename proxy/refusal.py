"""An error as an answer: status, headers and a body in the client's own dialect. Pure."""

from dataclasses import dataclass
from http import HTTPStatus

from driftgate.proxy import failures, headers
from driftgate.proxy.agent.origin import PARENT_HEADER
from driftgate.proxy.answer_head import connection_field
from driftgate.proxy.call import Call, text_id
from driftgate.proxy.dialects import dialect_of, error_body
from driftgate.proxy.downstream import ATTEMPTS_HEADER, ID_HEADER, Downstream
from driftgate.proxy.errors import CallError
from driftgate.proxy.upstream.wire import Pair

_PARENT = PARENT_HEADER.encode()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is sent to the client (`wire`), and its parts for the record."""

    status: int
    reason: bytes
    pairs: list[Pair]
    body: bytes
    wire: bytes


def refusal(client: Downstream, error: CallError, call: Call) -> Refusal:
    """The answer to a call that driftgate answers itself."""
    request = client.request
    if not request.content.at_eof():
        client.keep_alive = False  # the rest of the body would be taken for the next request
    status = failures.status_for(error, codex=is_codex(request.raw_headers))
    reason = HTTPStatus(status).phrase.encode()
    dialect = dialect_of(request.raw_path.partition("?")[0])
    call_id = text_id(call.id)
    body = error_body(dialect, error, call_id=call_id, upstream=call.upstream)
    pairs = [
        (b"Content-Type", b"application/json"),
        (b"Content-Length", str(len(body)).encode()),
        (ID_HEADER, call_id.encode()),
    ]
    if call.attempts:
        pairs.append((ATTEMPTS_HEADER, b"%d" % call.attempts))
    if error.retry_after_s is not None:
        pairs.append((b"Retry-After", str(error.retry_after_s).encode()))
    pairs += connection_field(client)
    if request.method == "HEAD":
        body = b""
    line = b"HTTP/1.1 %d %b\r\n" % (status, reason)
    wire = line + headers.lines(pairs) + b"\r\n" + body
    return Refusal(status, reason, pairs, body, wire)


def is_codex(pairs: tuple[Pair, ...]) -> bool:
    """Whether the Codex CLI asks: its retries want statuses of their own.

    Not one that an agent of ours runs: it retries nothing, and whoever asked the agent is told the
    status that it got.
    """
    names = {name.lower() for name, _ in pairs}
    if _PARENT in names:
        return False
    return any(name.startswith(b"x-codex-") for name in names) or any(
        name.lower() == b"user-agent" and value.lower().startswith(b"codex")
        for name, value in pairs
    )
