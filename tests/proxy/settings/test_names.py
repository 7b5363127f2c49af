"""Names of settings: which are known, and which one was meant."""

import pytest

from driftgate.proxy.settings.names import is_known, known_settings, nearest


@pytest.mark.parametrize(
    "path",
    ["listen", "journal", "journal.segment_mb", "upstreams", "upstreams.big", "upstreams.big.url"],
)
def test_settings_and_their_tables_are_known(path: str) -> None:
    assert is_known(tuple(path.split(".")))


@pytest.mark.parametrize("path", ["listn", "journal.url", "listen.x", "upstreams.big.url.x"])
def test_other_names_are_not(path: str) -> None:
    assert not is_known(tuple(path.split(".")))


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("journals", "journal"),
        ("journal.segmentmb", "journal.segment_mb"),
        ("upstreams.big.model", "upstreams.big.models"),
        ("redact.jsonpath", "redact.json_paths"),
        ("durability", "journal.durability"),
        ("record.headers", "redact.headers"),
    ],
)
def test_the_nearest_name_is_in_the_same_table_or_else_anywhere(wrong: str, meant: str) -> None:
    assert nearest(tuple(wrong.split("."))) == tuple(meant.split("."))


def test_nothing_is_near_to_nonsense() -> None:
    assert nearest(("qqqq",)) is None


def test_defaults_are_told_for_help() -> None:
    told = {".".join(each.path): each.default for each in known_settings()}
    assert told["journal.segment_mb"] == 64
    assert told["upstreams.NAME.idle_timeout_s"] == 300
    assert told["upstreams.NAME.url"] == ""


def test_an_optional_table_has_names_too() -> None:
    told = {".".join(each.path): each.default for each in known_settings()}
    assert "upstreams.NAME.codex" not in told
    assert told["upstreams.NAME.codex.model"] is None
    assert told["upstreams.NAME.codex.sandbox"] == "read-only"
    assert is_known(("upstreams", "agent", "codex", "model"))
