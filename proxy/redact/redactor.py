"""Takes secrets out of what is recorded; what is forwarded is never touched.

A secret becomes `redacted:` and a keyed hash of it, so that people see which calls used the same
key without seeing the key. Headers and query are always looked at, bodies when there are rules.

What is not looked for: secrets in base64, percent-encoding or UTF-16 inside a body, in a websocket
message split over frames, and half a secret where a body is cut because of its size.

Body rules need the whole answer at once and cost about 0.3 us for each byte of JSON or 0.1 ms for each
event; without rules nothing is decoded.
"""

import re
from collections.abc import Callable, Iterable
from hashlib import blake2b
from urllib.parse import unquote_plus, unquote_to_bytes

from driftgate.proxy.redact.body import BodyRules
from driftgate.proxy.redact.coding import Coding
from driftgate.proxy.redact.names import (
    PROTOCOL_HEADER,
    SCHEMES,
    SECRET_PROTOCOL,
    URL_HEADERS,
    is_secret_header,
    is_secret_parameter,
)
from driftgate.proxy.settings.model import RedactSettings

Pair = tuple[bytes, bytes]

_MASK_BYTES = 8
_MOST_NAMES = 4096  # header names come from strangers; more than these are looked at each time
_UNREADABLE = b"redacted: body in a coding that cannot be read"
_USERINFO = re.compile(r"(?<=://)(?P<who>[^/?#@\s]+)@")
_PARAMETER = re.compile(r"(?P<name>[^=&;#?]+)=(?P<value>[^&;#]*)")
_VALUE = re.compile(rb"(?P<scheme>[A-Za-z0-9-]+)(?P<gap>[ \t]+)(?P<secret>.*)", re.DOTALL)


class Redactor:
    """Takes secrets out of headers, targets and bodies.

    Args:
        key: keys the hashes; keep it with the history, so that equal secrets stay equal.
        rules: what people want redacted beside the built-in names.
        decode_limit: most bytes that a compressed body may unfold to; beyond it the body is
            dropped from the record, since it cannot be looked at.
    """

    def __init__(self, key: bytes, rules: RedactSettings, *, decode_limit: int = 64 << 20) -> None:
        self._key = blake2b(key, digest_size=32).digest()
        self._headers = {name.strip().lower() for name in rules.headers}
        self._query = {name.strip().lower() for name in rules.query}
        self._treatments: dict[bytes, Callable[[bytes], bytes] | None] = {}
        self._body = BodyRules(rules.patterns, rules.json_paths, self.mask)
        self._decode_limit = decode_limit
        self.has_body_rules = bool(rules.patterns or rules.json_paths)

    def mask(self, secret: bytes) -> str:
        """What is written in the place of a secret; equal for equal secrets."""
        return "redacted:" + blake2b(secret, key=self._key, digest_size=_MASK_BYTES).hexdigest()

    def headers(self, pairs: Iterable[Pair]) -> list[Pair]:
        """The same headers, in order, without secrets. Cheap: on the path of every call."""
        known = self._treatments
        result: list[Pair] = []
        for pair in pairs:
            name = pair[0]
            treat = known[name] if name in known else self._treatment(name)
            result.append(pair if treat is None else (name, treat(pair[1])))
        return result

    def target(self, target: str) -> str:
        """Path and query (or a whole address) without secrets."""
        if "@" in target and "://" in target:
            target = _USERINFO.sub(lambda found: self._text_mask(found["who"]) + "@", target)
        path, mark, query = target.partition("?")
        return path + mark + _PARAMETER.sub(self._parameter, query) if mark else target

    def request_body(self, body: bytes, content_encoding: str | None) -> bytes:
        """The body under the rules, in the same content coding as before.

        An untouched body comes back as it was. A body in an unknown coding, or one that unfolds
        beyond the limit, is replaced, since nobody can say what is in it.
        """
        return self.response([body], "", content_encoding)[0]

    def response(
        self, chunks: list[bytes], content_type: str, content_encoding: str | None
    ) -> list[bytes]:
        """The chunks of an answer under the rules; as many chunks as before.

        Secrets that are split over several events of a stream are found too.
        """
        if not self.has_body_rules or not any(chunks):
            return chunks
        coding = Coding.of(content_encoding)
        plain = coding.unfold(chunks, self._decode_limit) if coding else None
        if coding is None or plain is None:
            return [_UNREADABLE, *[b""] * (len(chunks) - 1)]
        clean = self._body.apply(plain.chunks, content_type)
        if clean == plain.chunks and plain.whole:
            return chunks
        return coding.fold(clean)

    def _treatment(self, name: bytes) -> Callable[[bytes], bytes] | None:
        lower = name.decode("latin-1").lower()
        treat: Callable[[bytes], bytes] | None = None
        if lower in self._headers or is_secret_header(lower):
            treat = self._secret
        elif lower in URL_HEADERS:
            treat = self._url
        elif lower == PROTOCOL_HEADER:
            treat = self._protocols
        if len(self._treatments) < _MOST_NAMES:
            self._treatments[name] = treat
        return treat

    def _secret(self, value: bytes) -> bytes:
        found = _VALUE.fullmatch(value)
        if found and found["scheme"].lower() in SCHEMES:
            return found["scheme"] + b" " + self.mask(found["secret"]).encode()
        return self.mask(value).encode()

    def _url(self, value: bytes) -> bytes:
        return self.target(value.decode("latin-1")).encode("latin-1")

    def _protocols(self, value: bytes) -> bytes:
        return SECRET_PROTOCOL.sub(
            lambda found: found["name"] + self.mask(found["secret"]).encode(), value
        )

    def _parameter(self, found: re.Match[str]) -> str:
        name = unquote_plus(found["name"]).strip().lower()
        if name in self._query or is_secret_parameter(name):
            return f"{found['name']}={self._text_mask(found['value'])}"
        return found[0]

    def _text_mask(self, text: str) -> str:
        return self.mask(unquote_to_bytes(text.encode("utf-8", "surrogateescape")))
