"""One model server in the settings: which models it serves, and what it is helped with."""

import pytest
from pydantic import ValidationError

from driftgate.proxy.settings.upstream import Upstream, checked_url, without_userinfo


def test_an_upstream_is_chosen_by_model_patterns_in_any_case() -> None:
    upstream = Upstream(url="http://a", models=["Gemma*", "qwen?"])
    assert upstream.serves("gemma4:e4b")
    assert upstream.serves("QWEN3")
    assert not upstream.serves("llama")


def test_an_upstream_is_not_adapted_to_unless_asked() -> None:
    plain = Upstream(url="http://a")
    assert (plain.adapt, plain.adapt_format, plain.adapt_tools) == (None, False, "keep")
    assert (plain.breaker_failures, plain.breaker_open_s) == (5, 10)
    assert (plain.retry_ratio, plain.retry_min) == (0.2, 10)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("adapt", "chat-to-responses"),
        ("adapt_tools", "rename"),
        ("breaker_failures", -1),
        ("breaker_open_s", 0),
        ("retry_ratio", 1.5),
        ("retry_min", -1),
    ],
)
def test_what_makes_no_sense_is_refused(setting: str, value: object) -> None:
    with pytest.raises(ValidationError, match=setting):
        Upstream.model_validate({"url": "http://a", setting: value})


def test_an_address_loses_its_last_slash_and_must_be_one() -> None:
    assert checked_url("http://a:1/base/") == "http://a:1/base"
    for wrong in ("ftp://a", "http://", "http://a?q", "http://a b", "http://me:pw@a", "http://a:x"):
        with pytest.raises(ValueError, match="expected an address"):
            checked_url(wrong)


def test_passwords_in_addresses_are_not_shown() -> None:
    assert without_userinfo("is http://me:pw@host/x wrong") == "is http://redacted@host/x wrong"
