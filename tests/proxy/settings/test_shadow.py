"""The settings of shadow traffic."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from driftgate.proxy.errors import SettingsError
from driftgate.proxy.settings.load import load_settings
from driftgate.proxy.settings.model import Settings, Shadow


def settings(**shadow: Any) -> Settings:
    upstreams = {
        "default": {"url": "http://a:1"},
        "new": {"url": "https://b:2", "first_byte_timeout_s": 7, "verify_tls": False},
        "agent": {"kind": "codex", "codex": {"model": "gemma4"}},
    }
    return Settings.model_validate({"upstreams": upstreams, "shadow": shadow})


def test_nothing_is_sent_unless_a_candidate_is_named() -> None:
    assert not settings().shadow.on
    assert not settings(share=1.0).shadow.on
    assert not settings(upstream="new", share=0).shadow.on
    assert settings(upstream="new").shadow.on


def test_a_candidate_is_an_upstream_with_its_own_limits() -> None:
    made = settings(upstream="new")
    candidate = made.shadow.candidate(made.upstreams)
    assert made.shadow.name == "new"
    assert (candidate.url, candidate.first_byte_timeout_s) == ("https://b:2", 7)


def test_or_an_address_with_the_limits_that_stand_beside_it() -> None:
    made = settings(upstream="http://d:4/", idle_timeout_s=9, verify_tls=False)
    candidate = made.shadow.candidate(made.upstreams)
    assert made.shadow.name == "shadow"
    assert (candidate.url, candidate.idle_timeout_s) == ("http://d:4", 9)
    assert not candidate.verify_tls


@pytest.mark.parametrize(
    ("upstream", "said"),
    [
        ("nwe", r"'nwe' is no address and none of the upstreams \(default, new, agent\)"),
        ("ftp://x", "expected an address"),
        ("http://me:secret@x", "without name and password"),
        ("agent", "'agent' is an agent, whose turns act"),
    ],
)
def test_a_candidate_that_cannot_be_is_told(upstream: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(upstream=upstream)


def test_an_address_needs_its_name_for_itself() -> None:
    with pytest.raises(ValidationError, match="'shadow' would be taken for the candidate"):
        Settings.model_validate(
            {"upstreams": {"shadow": {"url": "http://a"}}, "shadow": {"upstream": "http://b"}}
        )


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_between_none_and_all(share: float) -> None:
    with pytest.raises(ValidationError):
        Shadow(share=share)


def test_a_file_s_mistake_is_one_line_with_its_place(tmp_path: Path) -> None:
    config = tmp_path / "driftgate.toml"
    config.write_text('upstream = "http://a"\n[shadow]\nupstream = "b"\n')
    with pytest.raises(SettingsError, match=r"driftgate\.toml: shadow: .*'b' is no address"):
        load_settings(config)
    config.write_text('upstream = "http://a"\n[shadow]\nupstraem = "http://b"\n')
    with pytest.raises(SettingsError, match=r"did you mean shadow\.upstream"):
        load_settings(config)
