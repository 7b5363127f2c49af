"""The page of a call, put together."""

import pytest

from driftgate.dashboards.call.gathered import gather
from driftgate.dashboards.call.texts import PAGE
from driftgate.dashboards.call.took_effect import Effect
from driftgate.dashboards.call.view import View, view
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.whole import load
from tests.support.shown import Shown


def viewed(shown: Shown, name: str) -> View:
    with open_history(shown.path, drain=False) as reader:
        return view(
            gather(reader, load(reader, shown[name])), "http://127.0.0.1:8787", all_items=False
        )


def test_a_failing_call_points_at_what_is_wrong(shown: Shown) -> None:
    made = viewed(shown, "violating")
    assert made.happened.tone == "bad"
    (attempt,) = made.attempts
    assert [each.at for each in attempt.violations] == [7, 3, 1]
    assert not made.managed


def test_a_repaired_call_shows_what_was_changed(shown: Shown) -> None:
    made = viewed(shown, "repaired")
    assert made.managed
    assert {sign for sign, _ in made.attempts[0].lines} == {"-", "+"}


def test_what_the_server_dropped_is_not_in_effect(shown: Shown) -> None:
    found = {each.name: each.effect for each in viewed(shown, "dropped").parameters}
    assert [found[name] for name in ("max_tokens", "stop", "tool_choice")] == [Effect.NOT] * 3


def test_a_turn_of_codex_only_adds(shown: Shown) -> None:
    made = viewed(shown, "turn_1_1")
    assert made.changes is not None
    assert {each.sign for each in made.changes.moved} == {"+"}
    assert made.timeline is not None
    assert made.rates


@pytest.mark.parametrize("name", ["long", "deep", "bytes", "interrupted", "client_invalid"])
def test_odd_calls_have_a_page_of_bounded_size(shown: Shown, name: str) -> None:
    made = viewed(shown, name)
    shown_texts = [made.request.text, made.response.text]
    shown_texts += [entry.text for entry in made.conversation.entries if entry.text]
    assert sum(len(each.shown) for each in shown_texts) < PAGE
    assert len(made.session_link) < 10_000


@pytest.mark.parametrize(
    ("name", "tab"),
    [
        ("passing", "pass"),
        ("violating", "fail"),
        ("busy", "503"),
        ("upstream_refused", "upstream refused"),
        ("models", "/v1/models: 200"),
    ],
)
def test_a_tab_begins_with_who_was_asked_and_what_came_of_it(
    shown: Shown, name: str, tab: str
) -> None:
    made = viewed(shown, name)
    assert made.tab == (tab if ":" in tab else f"{made.row['model']}: {tab}")
