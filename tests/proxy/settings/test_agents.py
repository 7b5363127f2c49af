"""Agents in the settings: what they need of the other upstreams, and what they get without asking."""

from typing import Any

import pytest
from pydantic import ValidationError

from driftgate.proxy.errors import SettingsError
from driftgate.proxy.settings.load import load_settings
from driftgate.proxy.settings.model import Settings

SERVER = {"url": "http://127.0.0.1:8080"}
AGENT = {"kind": "codex", "codex": {"model": "gemma4"}}


def settings(**upstreams: Any) -> Settings:
    return Settings.model_validate({"upstreams": upstreams})


def test_an_agent_gets_its_address_its_name_and_the_first_server() -> None:
    made = settings(agent=AGENT, big=SERVER, small=SERVER)
    agent = made.upstreams["agent"]
    assert (agent.url, agent.models) == ("codex://agent", ["agent"])
    assert agent.codex is not None
    assert agent.codex.model_upstream == "big"
    assert made.upstreams["big"].codex is None


def test_an_agent_keeps_what_it_is_given() -> None:
    codex = {"model": "gemma4", "model_upstream": "small"}
    agent = {"kind": "codex", "codex": codex, "models": ["codex/*"]}
    made = settings(big=SERVER, small=SERVER, agent=agent).upstreams["agent"]
    assert made.models == ["codex/*"]
    assert made.codex is not None
    assert made.codex.model_upstream == "small"


def test_an_answer_may_begin_as_late_as_a_turn_ends_unless_its_limit_is_given() -> None:
    codex = {"model": "gemma4", "turn_timeout_s": 2000}
    given = {"kind": "codex", "codex": codex, "first_byte_timeout_s": 50}
    made = settings(big=SERVER, patient={"kind": "codex", "codex": codex}, given=given).upstreams
    assert made["patient"].first_byte_timeout_s == 4000
    assert made["given"].first_byte_timeout_s == 50
    assert made["big"].first_byte_timeout_s == 600


def test_settings_with_agents_survive_the_way_to_a_child_process() -> None:
    made = settings(agent=AGENT, big=SERVER)
    assert Settings.model_validate(made.model_dump(mode="json")) == made


@pytest.mark.parametrize(
    ("upstreams", "said"),
    [
        ({"agent": AGENT}, "agent 'agent' needs another upstream that has its model"),
        (
            {"agent": {**AGENT, "url": "http://a"}, "big": SERVER},
            "upstream 'agent' is an agent and has no url",
        ),
        (
            {"a": {"kind": "codex", "codex": {"model": "m", "model_upstream": "b"}}}
            | {"b": AGENT, "big": SERVER},
            "agent 'a': model_upstream 'b' is no model server; known: big",
        ),
    ],
)
def test_an_agent_without_a_model_server_is_refused(upstreams: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(**upstreams)


def test_a_wrong_agent_in_a_file_is_one_line(tmp_path: Any) -> None:
    file = tmp_path / "driftgate.toml"
    file.write_text('[upstreams.a]\nkind = "codex"\n[upstreams.a.codex]\nmodel = "m"\n')
    with pytest.raises(SettingsError, match="needs another upstream") as refused:
        load_settings(file)
    assert str(refused.value) == (
        f"{file}: upstreams: agent 'a' needs another upstream that has its model"
    )
