"""A recorded request as it is sent again, or why it cannot be. Values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.upstream.wire import Pair

_REDACTED = b"redacted"
_GOOD = range(200, 300)


class Unreplayable(Exception):  # noqa: N818 - a finding about a call, as StopIteration is one
    """A recorded call that cannot be sent again. Its text is one line that says why."""


class Translator(Protocol):
    """Gives an upstream's body in the recorded dialect, as `driftgate.proxy.adapt` does."""

    def feed(self, data: bytes) -> bytes:
        """A stream's bytes, as they come."""

    def end(self) -> bytes:
        """What is left when no more come."""

    def body(self, data: bytes) -> bytes:
        """A whole JSON body."""

    def error(self, status: int, data: bytes) -> bytes:
        """The body of an error."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One request for an upstream.

    target: path and query; the prefix of the upstream's address goes before it.
    pairs: the header, without Host and Content-Length. It may hold credentials: redact it before
        it is recorded.
    unsent: what the recorded client told driftgate alone (contract, session): to be recorded with the
        answer, so that it is judged as the record was.
    dialect: in which the upstream is asked; "": none that is known.
    streams: whether the answer is asked for as a stream.
    asked: the body in the recorded dialect, with what was changed, where `body` is in another one;
        None: it is `body`.
    secret: lower-case names of headers whose values came from the environment, whatever their names say.
    back: makes a translator for one answer; None: the answer comes in the recorded dialect already.
    """

    method: str
    target: str
    pairs: list[Pair]
    body: bytes
    dialect: str
    back: Callable[[], Translator] | None = None
    unsent: tuple[Pair, ...] = ()
    streams: bool = False
    asked: bytes | None = None
    secret: frozenset[bytes] = frozenset()

    @property
    def shown(self) -> list[Pair]:
        """The header as it may go to a recorder, which masks only what is secret by its name."""
        masked = [
            (name, _REDACTED if name.lower() in self.secret else value)
            for name, value in self.pairs
        ]
        return [*masked, *self.unsent]


def read_back(
    prepared: Prepared, status: int, pairs: Sequence[Pair], chunks: Sequence[bytes], limit: int
) -> list[bytes]:
    """The chunks of a whole answer in the recorded dialect; as many as came, or one more.

    Args:
        prepared: what was asked.
        status: of the answer.
        pairs: its header. What is translated has no content coding any more.
        chunks: its body as it came.
        limit: bytes that a compressed body may unfold to.
    """
    if prepared.back is None:
        return list(chunks)
    translator = prepared.back()
    coding = b",".join([value for name, value in pairs if name.lower() == b"content-encoding"])
    if coding:
        chunks = [decode(b"".join(chunks), coding.decode("latin-1"), limit)[0]]
    if status not in _GOOD:
        return [translator.error(status, b"".join(chunks))]
    if prepared.streams:
        return [*[translator.feed(chunk) for chunk in chunks], translator.end()]
    return [translator.body(b"".join(chunks))]
