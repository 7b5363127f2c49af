"""Bodies that wait for their end, because redaction rules apply to them.

Looking at a body takes about 0.3 us a byte, so that it is done in a thread where calls run.
"""

from collections.abc import Sequence

from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.upstream.wire import Pair


class Held:
    """One call's bodies until they are whole.

    request: pieces of the request's body. answer: (time, bytes) of the answer's chunks.
    """

    def __init__(self, redactor: Redactor) -> None:
        self.request: list[bytes] = []
        self.answer: list[tuple[int, bytes]] = []
        self._redactor = redactor
        self._coding: str | None = None
        self._answer_coding: str | None = None
        self._type = ""
        self._redacted: list[tuple[int, bytes]] | None = None

    def request_head(self, pairs: Sequence[Pair]) -> None:
        """Notes how the request's body is coded."""
        self._coding = _field(pairs, b"content-encoding")

    def request_body(self) -> bytes:
        """The body as it is recorded."""
        body, self.request = b"".join(self.request), []
        return self._redactor.request_body(body, self._coding)

    def response_head(self, pairs: Sequence[Pair]) -> None:
        """Notes what the answer's body is and how it is coded."""
        self._type = _field(pairs, b"content-type") or ""
        self._answer_coding = _field(pairs, b"content-encoding")

    def redact_answer(self) -> list[tuple[int, bytes]]:
        """The answer's chunks as they are recorded; looked at once, however often it is asked."""
        if self._redacted is None:
            chunks = [data for _, data in self.answer]
            redacted = self._redactor.response(chunks, self._type, self._answer_coding)
            times = [at_ns for at_ns, _ in self.answer]
            self._redacted = list(zip(times, redacted, strict=False))
        return self._redacted


def _field(pairs: Sequence[Pair], name: bytes) -> str | None:
    values = [value for key, value in pairs if key.lower() == name]
    return b",".join(values).decode("latin-1") if values else None
