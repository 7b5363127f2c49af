"""How turns are run: what an agent's own table takes and refuses."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from driftgate.proxy.settings.codex import Codex
from driftgate.proxy.settings.upstream import Upstream


def test_an_agent_may_do_little_unless_it_is_told() -> None:
    codex = Codex(model="gemma4")
    assert (codex.sandbox, codex.approval_policy, codex.approvals) == (
        "read-only",
        "never",
        "refuse",
    )
    assert (codex.directory, codex.isolation) == ("fresh", "pool")


def test_a_path_is_made_absolute() -> None:
    named = Codex(model="m", directory="named", path=Path("here"))
    assert named.path == Path("here").absolute()
    home = Codex(model="m", directory="worktree", path=Path("~/here"))
    assert home.path == Path.home() / "here"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"model": ""}, "model"),
        ({"sandbox": "none"}, "read-only"),
        ({"directory": "named"}, "directory 'named' needs path"),
        ({"directory": "worktree"}, "directory 'worktree' needs path"),
        ({"path": "/x"}, "path is for directory 'named' or 'worktree'"),
        ({"isolation": "process", "approval_policy": "untrusted"}, "Codex can ask nobody"),
        ({"processes": 0}, "processes"),
        ({"turns_at_once": 1000}, "turns_at_once"),
        ({"turn_timeout_s": float("inf")}, "turn_timeout_s"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Codex.model_validate({"model": "m", **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "codex"}, "an agent needs a table `codex` that names its `model`"),
        ({"url": "http://a", "codex": {"model": "m"}}, 'it needs kind = "codex"'),
        ({}, "it needs url, the address of a model server"),
        ({"url": "codex://a"}, "it needs url"),
        (
            {"kind": "codex", "codex": {"model": "m"}, "adapt_format": True},
            "are for the agent's model_upstream",
        ),
    ],
)
def test_an_upstream_is_a_server_or_an_agent(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Upstream.model_validate(given)
