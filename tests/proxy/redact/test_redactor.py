"""Headers and targets without secrets, and the promise that nothing of a secret reaches a record."""

import gzip
import json
import re
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.load import RedactSettings

SECRET = "sk-proj-0123456789abcdefXYZ"
MASK = re.compile(r"redacted:[0-9a-f]{16}")


def redactor(**rules: list[str]) -> Redactor:
    return Redactor(b"key", RedactSettings(**rules))


def header(name: str, value: str, **rules: list[str]) -> str:
    [(kept, changed)] = redactor(**rules).headers([(name.encode(), value.encode("latin-1"))])
    assert kept == name.encode()
    return changed.decode("latin-1")


@pytest.mark.parametrize(
    "name",
    [
        "Cookie",
        "Set-Cookie",
        "X-API-Key",
        "api-key",
        "x-goog-api-key",
        "X-Auth-Token",
        "chatgpt-account-id",
        "x-amz-security-token",
        "my-client-secret",
        "ocp-apim-subscription-apikey",
        "X-Forwarded-Authorization",
    ],
)
def test_a_secret_header_is_replaced_by_a_hash(name: str) -> None:
    assert MASK.fullmatch(header(name, SECRET))


@pytest.mark.parametrize(
    "name",
    [
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-limit-tokens",
        "openai-organization",
        "x-codex-turn-metadata",
        "x-driftgate-session",
        "content-type",
        "accept",
        "if-none-match",
    ],
)
def test_other_headers_stay_as_they_are(name: str) -> None:
    assert header(name, "caf\xe9 Bearer x=1") == "caf\xe9 Bearer x=1"


def test_authorization_keeps_its_scheme_and_nothing_else() -> None:
    assert re.fullmatch(
        r"Bearer redacted:[0-9a-f]{16}", header("Authorization", f"Bearer {SECRET}")
    )
    assert re.fullmatch(r"basic redacted:[0-9a-f]{16}", header("authorization", "basic  dTpw"))
    assert MASK.fullmatch(header("Authorization", f"{SECRET} and more"))
    assert MASK.fullmatch(header("Authorization", SECRET))


def test_equal_secrets_can_be_told_wherever_they_stand_and_only_with_the_key() -> None:
    ours = redactor()
    [(_, bearer), (_, plain)] = ours.headers(
        [(b"Authorization", b"Bearer a/b"), (b"x-api-key", b"a/b")]
    )
    assert bearer == b"Bearer " + plain
    assert ours.target("/v1?key=a%2Fb") == "/v1?key=" + plain.decode()
    other = Redactor(b"another", RedactSettings())
    assert other.headers([(b"x-api-key", b"a/b")]) != [(b"x-api-key", plain)]


def test_own_header_names_are_added_in_any_case() -> None:
    assert MASK.fullmatch(header("x-MINE", "v", headers=["X-Mine"]))


def test_addresses_in_headers_lose_their_secrets() -> None:
    value = header("Location", f"https://me:{SECRET}@host/a?x=1&token={SECRET}#end")
    assert SECRET not in value
    assert value.startswith("https://redacted:")
    assert "x=1" in value
    assert value.endswith("#end")


def test_a_key_that_travels_as_a_subprotocol_is_masked() -> None:
    value = header("Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.{SECRET}, v1")
    assert re.fullmatch(r"realtime, openai-insecure-api-key\.redacted:\w{16}, v1", value)


def test_header_order_repeats_and_odd_bytes_stay() -> None:
    pairs = [(b"b", b"\xff\x00"), (b"a", b"1"), (b"a", b"2"), (b"B", b"")]
    assert redactor().headers(pairs) == pairs


def test_invented_header_names_do_not_fill_the_memory() -> None:
    ours = redactor()
    ours.headers((b"x-%d" % number, b"v") for number in range(10_000))
    assert len(ours._treatments) <= 4096
    assert MASK.fullmatch(ours.headers([(b"x-late-api-key", b"v")])[0][1].decode())


@pytest.mark.parametrize(
    "name", ["key", "api_key", "apikey", "token", "access_token", "secret", "password", "sig"]
)
def test_secret_query_values_are_replaced(name: str) -> None:
    target = redactor().target(f"/v1/models?a=1&{name}={SECRET}&b=2")
    assert re.fullmatch(rf"/v1/models\?a=1&{name}=redacted:[0-9a-f]{{16}}&b=2", target)


@pytest.mark.parametrize("name", ["KEY", "k%65y", "X-Amz-Signature", "x?key", "client_secret"])
def test_secret_query_names_are_known_in_every_spelling(name: str) -> None:
    assert SECRET not in redactor().target(f"/v1?{name}={SECRET}")


@pytest.mark.parametrize(
    "target", ["/v1/responses", "*", "/a?b", "/a?b=c&max_tokens=3", "/k=v", ""]
)
def test_other_targets_stay_as_they_are(target: str) -> None:
    assert redactor().target(target) == target


def test_own_query_names_are_added() -> None:
    assert redactor(query=["Who"]).target("/?who=me") != "/?who=me"


def test_a_target_with_a_password_loses_it() -> None:
    assert SECRET not in redactor().target(f"http://me:{SECRET}@host/v1")


@given(st.binary(max_size=40))
def test_no_target_makes_it_fail(data: bytes) -> None:
    redactor().target("/a?key=" + data.decode("utf-8", "surrogateescape"))
    redactor().headers([(b"Authorization", data), (b"Location", data), (data, data)])


def test_without_body_rules_bodies_are_not_looked_at() -> None:
    ours = redactor()
    chunks = [b"a", b"\xff"]
    assert not ours.has_body_rules
    assert ours.response(chunks, "text/plain", "zstd") is chunks
    assert ours.request_body(b"\x1f\x8b", "br") == b"\x1f\x8b"


def unfolded(data: bytes, coding: str) -> bytes:
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return gzip.decompress(data) if coding == "gzip" else zlib.decompress(data)


FOLD: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("coding", list(FOLD))
def test_a_compressed_body_is_looked_into_and_stays_in_its_coding(coding: str) -> None:
    ours = redactor(patterns=[r"sk-[\w-]+"])
    body = json.dumps({"input": f"the key is {SECRET}."}).encode()
    changed = unfolded(ours.request_body(FOLD[coding](body), coding), coding)
    assert re.fullmatch(r"the key is redacted:\w{16}\.", json.loads(changed)["input"])
    untouched = FOLD[coding](b'{"input":"nothing"}')
    assert ours.request_body(untouched, coding) is untouched


def test_a_body_that_cannot_be_looked_into_is_not_kept() -> None:
    ours = redactor(patterns=["sk-"])
    assert ours.request_body(b"whatever", "br").startswith(b"redacted: body in a coding")
    small = Redactor(b"key", RedactSettings(patterns=["sk-"]), decode_limit=1000)
    for coding, fold in FOLD.items():
        assert small.request_body(fold(b"a" * 1001), coding).startswith(b"redacted: body")
        assert small.response([b"", fold(b"a" * 1001)], "", coding)[1] == b""


def test_what_follows_a_break_in_a_compressed_body_is_dropped() -> None:
    ours = redactor(patterns=["sk-"])
    body = gzip.compress(b'{"a":1}') + SECRET.encode()
    kept = ours.request_body(body, "gzip")
    assert SECRET.encode() not in kept
    assert gzip.decompress(kept) == b'{"a":1}'


def test_a_written_record_holds_no_secret_anywhere() -> None:
    ours = redactor(patterns=[r"sk-[\w-]+"], headers=["x-mine"], json_paths=["$.user"])
    request = json.dumps({"user": f"U{SECRET}", "messages": [{"content": f"a {SECRET} b"}]})
    record = b"".join(
        [
            ours.target(f"/v1/chat?key={SECRET}").encode(),
            *(b": ".join(each) for each in ours.headers([(b"Cookie", SECRET.encode())])),
            ours.request_body(request.encode(), None),
            *ours.response(
                [b"data: sk-pro", b"j-0123456789abcdefXYZ\n\n"], "text/event-stream", ""
            ),
        ]
    )
    assert b"0123456789abcdef" not in record
    assert b"XYZ" not in record
