"""The header of a request that is sent again."""

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.pairs import without_masks
from driftgate.replay.candidate.request import prepare
from tests.replay.candidate.recorded import call, sent

PLAIN = [(b"Accept-Encoding", b"identity")]


def test_secrets_hop_by_hop_fields_and_our_own_are_left_out() -> None:
    headers = [
        ("Host", "127.0.0.1:8787"),
        ("Content-Length", "2"),
        ("Connection", "keep-alive, x-hop"),
        ("X-Hop", "1"),
        ("TE", "trailers"),
        ("Expect", "100-continue"),
        ("Authorization", "Bearer redacted:0123456789abcdef"),
        ("x-api-key", "redacted:0123456789abcdef"),
        ("X-Driftgate-Contract", "brief"),
        ("X-Driftgate-Parent-Call-Id", "01a2232b-a3ee-7000-8000-000000000000"),
        ("accept-encoding", "br"),
        ("Idempotency-Key", "once"),
        ("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "a=1"),
        ("User-Agent", "codex"),
        ("user-agent", "again"),
    ]
    prepared = sent(call(request_headers=headers))
    assert prepared.pairs == [(b"User-Agent", b"codex"), (b"user-agent", b"again"), *PLAIN]
    assert prepared.unsent == ((b"X-Driftgate-Contract", b"brief"),)


def test_a_key_that_nobody_named_goes_only_where_the_recorded_call_had_one() -> None:
    environ = {"OPENAI_API_KEY": " sk-1\n", "MY_KEY": "sk-2"}
    bare = call(request_headers=[])
    assert (b"Authorization", b"Bearer sk-1") in sent(call(), environ).pairs
    assert sent(bare, environ).pairs == PLAIN
    assert (b"Authorization", b"Bearer sk-2") in sent(bare, environ, api_key_env="MY_KEY").pairs
    assert sent(call(), environ, api_key_env="NONE").pairs[-1] == PLAIN[0]
    assert sent(call(), {}).pairs[-1] == PLAIN[0]
    assert sent(call(), environ, api_key_env="").pairs[-1] == PLAIN[0]


def test_a_key_that_nobody_named_goes_to_no_other_server() -> None:
    environ, home = {"OPENAI_API_KEY": "sk-1"}, call(upstream_url="https://home:1/v1")
    key = (b"Authorization", b"Bearer sk-1")
    assert key in sent(home, environ, upstream="https://home:1/other").pairs
    for elsewhere in ("https://away:1", "http://home:1", "https://home:2"):
        assert key not in sent(home, environ, upstream=elsewhere).pairs
        named = sent(home, environ, upstream=elsewhere, api_key_env="OPENAI_API_KEY")
        assert key in named.pairs


def test_headers_from_the_environment_replace_the_recorded_ones() -> None:
    headers = [("X-Tenant", "old"), ("authorization", "Basic redacted:0123456789abcdef")]
    said = {"headers_env": {"x-tenant": "TENANT", "Authorization": "AUTH", "x-none": "NONE"}}
    environ = {"TENANT": "new", "AUTH": "Basic abc", "OPENAI_API_KEY": "sk-1"}
    assert sent(call(request_headers=headers), environ, **said).pairs == [
        *PLAIN,
        (b"x-tenant", b"new"),
        (b"Authorization", b"Basic abc"),
    ]


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\x00b", "snow \u2603"])
def test_a_secret_that_no_header_can_carry_is_refused_without_being_told(value: str) -> None:
    with pytest.raises(UsageError, match="environment variable OPENAI_API_KEY: holds") as caught:
        sent(call(), {"OPENAI_API_KEY": f"s3cret{value}"})
    assert "s3cret" not in str(caught.value)


def test_the_environment_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-9")
    prepared = prepare(call(), Configuration(), earlier=lambda _: None)
    assert (b"Authorization", b"Bearer sk-9") in prepared.pairs


def test_masked_parameters_of_the_query_are_left_out() -> None:
    assert without_masks("/a?x=redacted:1") == "/a?x=redacted:1"
    assert without_masks("/a?redacted:0123456789abcdef") == "/a?redacted:0123456789abcdef"
    assert without_masks("/a?t=redacted:0123456789abcdef&t=redacted:0123456789abcdee") == "/a"
