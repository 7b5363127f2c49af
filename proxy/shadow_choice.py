"""Which calls are sent to a candidate as well, and as what. Pure.

Whole sessions are in or out: a conversation of which the candidate saw every other turn would say
little. The choice is a hash of the session, so that every worker and every start choose alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from driftgate.proxy.dialects import edit
from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.dialects.identity import SESSION_HEADER, read_identity
from driftgate.proxy.dialects.lenient import mapping, parse
from driftgate.proxy.upstream.wire import Pair, index

_CODING = b"content-encoding"
# what a candidate could not know: an answer, or a conversation, that another server keeps
_ELSEWHERE = ("previous_response_id", "conversation")


@dataclass(frozen=True, slots=True)
class Choice:
    """share: of all sessions, 0 to 1."""

    share: float
    seed: int = 0

    def takes(self, session: bytes) -> bool:
        """Whether the calls of this session are sent; a call without one is a session of its own."""
        found = blake2b(session, digest_size=8, key=b"%d" % self.seed).digest()
        return int.from_bytes(found, "big") < self.share * (1 << 64)


@dataclass(frozen=True, slots=True)
class Copied:
    """A request for the candidate. dialect: the client's, which it keeps."""

    dialect: str
    target: str
    pairs: Sequence[Pair]
    body: bytes


def session_in_header(pairs: Sequence[Pair]) -> tuple[str | None, bool]:
    """The session that the header names, and whether the body could name another."""
    fields = _text(pairs)
    identity = read_identity(fields, {}, None)
    certain = bool(fields.get(SESSION_HEADER)) or identity.thread_id is not None
    return identity.session_id, not certain


def names_session(pairs: Sequence[Pair], body: bytes) -> bool:
    """Whether it is worth while to look for a session in this body."""
    return b"metadata" in body or _CODING in index(pairs)


def session_of(pairs: Sequence[Pair], body: bytes, limit: int) -> str | None:
    """The session as the history will name it. limit: bytes that a coded body may unfold to."""
    fields = _text(pairs)
    plain, _ = decode(body, fields.get("content-encoding"), limit)
    told = mapping(parse(plain))
    return read_identity(
        fields, mapping(told.get("client_metadata")), told.get("metadata")
    ).session_id


def prepared(
    copied: Copied, model: str | None, limit: int, *, adapted: bool = False
) -> Copied | None:
    """The request as the candidate gets it; None: it could make nothing of it.

    Args:
        copied: as the client sent it.
        model: asked for instead of the client's; None: the same.
        limit: bytes that a coded body may unfold to.
        adapted: it is translated for the candidate, which takes a JSON object.
    """
    coding = _text(copied.pairs).get("content-encoding")
    plain, sound = decode(copied.body, coding, limit)
    if not sound:
        return None
    if model is None and not adapted and not any(name.encode() in plain for name in _ELSEWHERE):
        return copied
    told = parse(plain)
    if not isinstance(told, dict) or any(told.get(name) for name in _ELSEWHERE):
        return None
    if model is None:
        return copied
    try:
        body = edit.as_bytes(edit.set_model(copied.dialect, told, model))
    except RecursionError:
        return None
    pairs = [pair for pair in copied.pairs if pair[0].lower() != _CODING]
    return Copied(copied.dialect, copied.target, pairs, body)


def _text(pairs: Sequence[Pair]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in index(pairs).items()}
