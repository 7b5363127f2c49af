"""A configuration: what is stored of it, its hash, and what the command line lays over it."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.errors import UsageError
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.model import RedactSettings
from driftgate.proxy.settings.upstream import Upstream
from driftgate.replay.candidate.config import Configuration, Tools
from tests.replay.candidate.recorded import written
from tests.replay.candidate.test_toml_file import CONTRACT

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


@given(
    secret=SECRETS.filter(lambda text: text not in f"{Configuration().public()} redacted"),
    at=st.integers(0, 5),
)
def test_nothing_public_holds_the_value_of_a_variable_that_is_named(secret: str, at: int) -> None:
    said: list[dict[str, Any]] = [
        {"system": f"use {secret} now"},
        {"patch": [{"op": "add", "path": "/x", "value": {"deep": [f"a{secret}b"]}}]},
        {"patch": [{"op": "add", "path": "/x", "value": {secret: 1}}]},
        {"tools": {"replace": [{"type": "function", "description": secret}]}},
        {"set": {"stop": [secret]}},
        {"model": f"m {secret}"},
    ]
    for variable in ({"api_key_env": "MY_KEY"}, {"headers_env": {"X-Key": "MY_KEY"}}):
        configuration = Configuration.model_validate(variable | said[at])
        with patch.dict("os.environ", {"MY_KEY": f" {secret}\n"}):
            public = configuration.public()
        assert not holds(public, secret)
        assert "MY_KEY" in str(public)


def holds(value: Any, secret: str) -> bool:
    if isinstance(value, dict):
        return any(holds(each, secret) for pair in value.items() for each in pair)
    return (
        any(holds(each, secret) for each in value)
        if isinstance(value, list)
        else secret in str(value)
    )


def test_what_is_public_is_json_and_reads_back_as_it_was() -> None:
    configuration = Configuration(
        set={"stop": ("a",), "temperature": 1}, tools=Tools(drop=("x",)), unset=("seed",)
    )
    public = configuration.public()
    assert json.loads(json.dumps(public, allow_nan=False)) == public
    said = {key: value for key, value in public.items() if key not in ("hashes", "contracts")}
    assert Configuration.model_validate(said).hash() == configuration.hash()


def test_the_hash_is_that_of_the_content_alone() -> None:
    one = Configuration(system="Be brief.", patch=({"op": "add", "path": "/x", "value": 1},))
    same = Configuration(patch=({"value": 1, "path": "/x", "op": "add"},), system="Be brief.")
    assert one.hash() == same.hash()
    others = [Configuration(), Configuration(system="")]
    others += [one.model_copy(update=each) for each in ({"k": 3}, {"model": "m"})]
    assert len({one.hash(), *(other.hash() for other in others)}) == 5


def test_contents_have_a_hash_each() -> None:
    public = Configuration(system="x", tools=Tools(replace=())).public()
    assert set(public["hashes"]) == {"system", "tools"}
    assert public["hashes"]["system"] != Configuration(system="y").public()["hashes"]["system"]


def test_contracts_count_by_what_they_say_not_by_where_they_lie(tmp_path: Path) -> None:
    hashes = []
    for name, text in (("a", CONTRACT), ("b", CONTRACT), ("c", CONTRACT.replace('"1"', '"2"'))):
        (tmp_path / name).mkdir()
        written(tmp_path / name, text, "brief.toml")
        configuration = Configuration(contracts=tmp_path / name)
        assert str(tmp_path) not in str(configuration.public())
        assert "brief" in configuration.public()["contracts"]
        hashes.append(configuration.hash())
    assert hashes[0] == hashes[1] != hashes[2]


def test_it_is_an_upstream_in_the_proxys_words_and_back() -> None:
    upstream = Upstream(
        url="http://a", adapt="responses-to-chat", idle_timeout_s=7, verify_tls=False
    )
    configuration = Configuration.of_upstream(upstream, k=5)
    assert configuration.as_upstream() == upstream
    assert configuration.k == 5
    with pytest.raises(UsageError, match=r"^upstream: expected an address"):
        Configuration().as_upstream()


def test_nothing_changes_it() -> None:
    configuration = Configuration()
    with pytest.raises(ValueError, match="frozen"):
        configuration.k = 3


def test_what_people_want_redacted_is_not_public_either() -> None:
    redactor = Redactor(b"key", RedactSettings(patterns=["ACME-[0-9]+"]))
    configuration = Configuration(system="For ACME-123 alone.", api_key_env="ACME_KEY")
    public = configuration.public(redactor)
    assert "ACME-123" not in str(public)
    assert public["system"].startswith("For redacted:")
    assert public["api_key_env"] == "ACME_KEY"
    assert configuration.hash(redactor) != configuration.hash()
