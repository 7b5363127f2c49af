"""Tools that are refused, and those that are taken and never told to the model."""

from typing import Any

import pytest

from driftgate.commands.check_tools import CHAT, check_tools
from driftgate.commands.checks import Finding, State
from driftgate.proxy.settings.upstream import Upstream
from driftgate.sim.background import running
from driftgate.sim.engine import SimSettings
from tests.support import backends
from tests.support.recorded_calls import Canned

FLATTEN = 'set adapt_tools = "flatten" for this upstream'
DROPPED = "tools of the type custom and namespace are dropped in silence"


def findings(url: str, **known: Any) -> list[Finding]:
    upstream = Upstream(url=url, **known) if known else None
    return list(check_tools("upstream u", url, "gemma4-sim:v1", upstream))


def test_a_real_llama_server_takes_tools_that_it_does_not_tell_the_model(
    llama_server: backends.Backend,
) -> None:
    (finding,) = check_tools("upstream u", llama_server.url, llama_server.model)
    assert (finding.state, finding.remedy) == (State.WARNING, FLATTEN)
    assert finding.what.startswith(DROPPED)


def test_a_real_llama_server_refuses_in_chat_what_is_no_function(
    llama_server: backends.Backend,
) -> None:
    odd, search = check_tools("upstream u", llama_server.url, llama_server.model, path=CHAT)
    assert {odd.remedy, search.remedy} == {FLATTEN}
    assert "tools of the type custom and namespace are refused" in odd.what


def test_counts_of_chat_completions_are_read_too() -> None:
    with running(SimSettings(chat_only=True, drop_tools=True)) as sim:
        (finding,) = check_tools("upstream u", sim.url, "gemma4-sim:v1", path=CHAT)
    assert finding.what.startswith(DROPPED)


def test_a_server_that_tells_the_model_of_all_tools_needs_nothing() -> None:
    with running(SimSettings()) as sim:
        (finding,) = findings(sim.url)
    assert finding.state is State.GOOD
    assert finding.what == "tools of the types custom and namespace are taken"


def test_tools_dropped_in_silence_are_to_be_flattened_unless_they_are() -> None:
    with running(SimSettings(drop_tools=True)) as sim:
        (before,) = findings(sim.url)
        (after,) = findings(sim.url, adapt_tools="flatten")
    assert (before.state, before.remedy) == (State.WARNING, FLATTEN)
    assert before.what.startswith(DROPPED)
    assert after.state is State.GOOD
    assert after.what.endswith("`adapt_tools` mends that")


def test_refused_tools_are_to_be_flattened_unless_they_are() -> None:
    with running(SimSettings(strict_tools=True)) as sim:
        before = findings(sim.url)
        after = findings(sim.url, adapt_tools="flatten")
    assert [(each.state, each.remedy) for each in before] == 2 * [(State.WARNING, FLATTEN)]
    assert "tools of the type custom and namespace are refused" in before[0].what
    assert "the tool web_search is refused" in before[1].what
    assert [each.state for each in after] == [State.GOOD, State.GOOD]


@pytest.mark.parametrize("usage", [{}, {"usage": {"input_tokens": 24}}, {"usage": None}, []])
def test_counts_that_tell_nothing_are_no_accusation(canned: Canned, usage: Any) -> None:
    canned.answer("/v1/responses", usage)
    (finding,) = findings(canned.url)
    assert finding.state is State.NOTE
    assert "token counts do not tell" in finding.what


def test_tools_are_not_blamed_where_every_request_is_refused(canned: Canned) -> None:
    canned.answer("/v1/responses", {}, 500)
    assert findings(canned.url) == []
