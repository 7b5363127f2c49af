"""Digests of requests: equal for a request and its retries.

Codex writes the keys of `client_metadata` in another order at each retry, so that object is left
out; the order of the top level's keys does not matter either.
"""

from hashlib import blake2b
from typing import Any

from driftgate.proxy.dialects.lenient import canonical
from driftgate.proxy.dialects.scan import scan
from driftgate.proxy.dialects.scanned import Scan, Span

VOLATILE_KEY = "client_metadata"
_SIZE = 16  # bytes: 128 bits


def request_digest(scanned: Scan) -> str | None:
    """BLAKE2b-128, in hex, of the values of the body; of the raw bytes where it is not JSON.

    None for an empty body.
    """
    if not scanned.body:
        return None
    if not scanned.valid:
        return _hex(scanned.body)
    fields = scanned.fields
    plain = scanned.value is fields.values and not isinstance(fields.values.get("response"), dict)
    if plain and fields.spans.keys() == fields.values.keys():
        return _digest_of_values(scanned.body, fields.spans)
    whole = (
        scan(scanned.body) if fields.kept else scanned
    )  # with the values that were not read again
    return digest_of(whole.value, scanned.body)


def _digest_of_values(body: bytes, spans: dict[str, Span]) -> str:
    """Over the top level's keys in order, each with the bytes of its value.

    A client that tries again writes a value as before, so that nothing has to be encoded anew.
    """
    view = memoryview(body)
    found = blake2b(digest_size=_SIZE)
    for key in sorted(spans):
        if key != VOLATILE_KEY:
            start, end = spans[key]
            found.update(f"{key!r}:{end - start}:".encode("utf-8", "surrogatepass"))
            found.update(view[start:end])
    return found.hexdigest()


def digest_of(value: Any, raw: bytes) -> str:
    """The digest of a value, or of `raw` where it is nested too deeply for the encoder."""
    try:
        return _hex(canonical(stable(value)).encode())
    except RecursionError:
        return _hex(raw)


def stable(value: Any) -> Any:
    """The value without what changes between retries."""
    if not isinstance(value, dict):
        return value
    kept = {key: part for key, part in value.items() if key != VOLATILE_KEY}
    nested = kept.get("response")
    if isinstance(nested, dict) and VOLATILE_KEY in nested:
        kept["response"] = {key: part for key, part in nested.items() if key != VOLATILE_KEY}
    return kept


def _hex(data: bytes) -> str:
    return blake2b(data, digest_size=_SIZE).hexdigest()
