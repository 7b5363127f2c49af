"""The agents' host in the status."""

from typing import Any

from driftgate.commands.status_host import host_rows
from driftgate.proxy.running import Running

AGENT = {
    "model": "gemma4",
    "model_upstream": "local",
    "codex_version": "0.169.0",
    "error": None,
    "turns": 12,
    "failed": 1,
    "running": 2,
    "pool": {"processes": 2, "waiting": 3},
}


def rows(**agents: Any) -> list[tuple[str, ...]]:
    return list(host_rows(Running(host={"pid": 7, "open": 2, "agents": agents})))


def test_each_agent_has_its_turns_and_processes() -> None:
    head, agent = rows(agent=AGENT)
    assert head == ("agents", "host (PID 7)", "2 turns running")
    assert agent == (
        "agent agent",
        "Codex 0.169.0",
        "gemma4 at local",
        "12 turns, 1 failed",
        "2 processes",
        "3 waiting",
        "",
    )


def test_an_agent_that_is_not_ready_says_why() -> None:
    unready = {**AGENT, "codex_version": None, "error": "Codex is not there", "pool": None}
    agent = rows(agent=unready)[1]
    assert agent[1] == "no Codex yet"
    assert agent[-1] == "NOT READY: Codex is not there"


def test_a_host_that_is_silent_is_told_where_there_are_agents() -> None:
    worker = {"upstreams": {"a": {"url": "codex://a"}}}
    assert "does not answer" in next(host_rows(Running(workers={"w": worker})))[1]
    other = {"upstreams": {"a": {"url": "http://a"}}}
    assert list(host_rows(Running(workers={"w": other}))) == []


def test_what_a_newer_or_older_host_says_does_no_harm() -> None:
    assert rows(agent={}, other={"pool": [1], "turns": "x"})
    assert list(host_rows(Running(host={})))
