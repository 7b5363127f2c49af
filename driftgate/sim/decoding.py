"""Request bodies that come compressed."""

import zlib
from collections.abc import Mapping

import zstandard

from driftgate.sim.ask import SimError

_MOST_BYTES = 256 << 20


def decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body without its content coding (gzip, deflate, zstd).

    Raises:
        SimError: 415 for another coding, 400 for a broken one, 413 beyond 256 MiB.
    """
    coding = headers.get("Content-Encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        return body
    try:
        if coding == "zstd":
            reader = zstandard.ZstdDecompressor().stream_reader(body)
            plain = reader.read(_MOST_BYTES + 1)
        elif coding in ("gzip", "deflate"):
            plain = zlib.decompressobj(wbits=47).decompress(body, _MOST_BYTES + 1)
        else:
            raise SimError(415, f"content-encoding {coding} is not supported")
    except (zlib.error, zstandard.ZstdError) as error:
        raise SimError(400, f"content-encoding {coding}: {error}") from error
    if len(plain) > _MOST_BYTES:
        raise SimError(413, "the decoded body is too large")
    return plain
