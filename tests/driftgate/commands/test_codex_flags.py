"""What Codex is told."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.commands.codex_flags import (
    Through,
    asks_no_model,
    block,
    environment,
    flags,
    model_in,
    past_us,
)

WAY = Through("http://127.0.0.1:8787/v1", "gemma4:12b", 32768)


def overrides(told: list[str]) -> dict[str, object]:
    """What Codex reads from `-c key=value`."""
    return tomllib.loads("\n".join(told[i + 1] for i, flag in enumerate(told) if flag == "-c"))


def test_flags_name_provider_model_and_context() -> None:
    told = flags(WAY)
    assert told[-2:] == ["-m", "gemma4:12b"]
    assert overrides(told) == {
        "model_provider": "driftgate",
        "model_providers": {
            "driftgate": {"name": "driftgate", "base_url": WAY.base_url, "wire_api": "responses"}
        },
        "model_context_window": 32768,
    }


def test_what_is_not_known_is_left_to_codex() -> None:
    told = flags(Through(WAY.base_url))
    assert "-m" not in told
    assert "model_context_window" not in " ".join(told)


def test_the_block_says_the_same_above_and_below_the_tables() -> None:
    read = tomllib.loads(block(WAY))
    assert read.pop("model") == "gemma4:12b"
    assert read == overrides(flags(WAY))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_name_of_a_model_is_a_sound_block(name: str) -> None:
    assert tomllib.loads(block(Through("http://h/v1", name)))["model"] == name


@pytest.mark.parametrize(
    ("arguments", "model"),
    [
        (["exec", "-m", "a", "hi"], "a"),
        (["--model", "a"], "a"),
        (["--model=a"], "a"),
        (["-m=a"], "a"),
        (["-ma"], "a"),
        (["exec", "--", "-m", "a"], None),
        (["exec", "hi", "-m"], None),
        ([], None),
    ],
)
def test_the_users_own_model_is_found(arguments: list[str], model: str | None) -> None:
    assert model_in(arguments) == model


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--oss"], "--oss"),
        (["--local-provider=ollama"], "--local-provider=ollama"),
        (["-c", "model_provider=x"], "model_provider=x"),
        (["exec", "--", "--oss"], None),
        (["exec", "hi"], None),
    ],
)
def test_what_leads_past_driftgate_is_found(arguments: list[str], found: str | None) -> None:
    assert past_us(arguments) == found


def test_a_login_needs_no_proxy() -> None:
    assert asks_no_model(["login", "status"])
    assert not asks_no_model(["exec", "login"])
    assert not asks_no_model([])


def test_a_web_proxy_is_told_to_leave_the_address_alone() -> None:
    given = {"HTTPS_PROXY": "http://p", "NO_PROXY": "example.org"}
    made = environment(given, "127.0.0.1")
    assert made["NO_PROXY"] == "example.org,127.0.0.1"
    assert made["no_proxy"] == "127.0.0.1"
    assert environment({"A": "b"}, "127.0.0.1") == {"A": "b"}
