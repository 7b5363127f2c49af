"""Digests of requests: equal for a request and its retries.

Codex writes the keys of `client_metadata` in another order at each retry, so the digest is taken
over canonical JSON without that object.
"""

from hashlib import blake2b
from typing import Any

from driftgate.proxy.dialects.lenient import canonical
from driftgate.proxy.dialects.scan import Scan

VOLATILE_KEY = "client_metadata"
_SIZE = 16  # bytes: 128 bits


def request_digest(scanned: Scan) -> str | None:
    """BLAKE2b-128, in hex, of the canonical body; of the raw bytes where it is not JSON.

    None for an empty body.
    """
    if not scanned.body:
        return None
    return digest_of(scanned.value, scanned.body) if scanned.valid else _hex(scanned.body)


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
