"""What Codex is answered when it asks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.steps import Kind
from driftgate.proxy.agent.turns.approvals import Answer, answer
from tests.support.app_server_double import recorded
from tests.support.odd_json import JSON, ODD

RECORDED = next(note for note in recorded("approval_declined") if "id" in note)
COMMAND, FILES = "item/commandExecution/requestApproval", "item/fileChange/requestApproval"


def asked(method: str, *, accept: bool = False, **params: Any) -> Answer:
    request = {"id": 7, "method": method, "params": {"itemId": "c", **params}}
    return answer(request, accept=accept, now_s=1000)


@pytest.mark.parametrize(
    ("method", "refused", "accepted"),
    [
        (COMMAND, {"decision": "decline"}, {"decision": "accept"}),
        (FILES, {"decision": "decline"}, {"decision": "accept"}),
        ("execCommandApproval", None, {"decision": "approved"}),
        ("applyPatchApproval", None, {"decision": "approved"}),
    ],
)
def test_approvals_are_as_the_settings_say(
    method: str, refused: dict[str, Any] | None, accepted: dict[str, Any]
) -> None:
    no, yes = asked(method), asked(method, accept=True)
    assert yes.result == accepted
    assert (no.item.status, yes.item.status) == ("declined", "completed")
    if refused is not None:
        assert no.result == refused
    else:
        assert "denied" in (no.result or {})["decision"]


def test_permissions_are_given_as_asked_or_not_at_all() -> None:
    wanted = {"network": {"enabled": True}}
    method = "item/permissions/requestApproval"
    assert asked(method, accept=True, permissions=wanted).result == {"permissions": wanted}
    assert asked(method, permissions=wanted).result == {"permissions": {}}


def test_a_recorded_request_is_told_for_people() -> None:
    told = answer(RECORDED, accept=False, now_s=0)
    assert told.result == {"decision": "decline"}
    item = told.item
    assert (item.kind, item.title, item.status) == (Kind.APPROVAL, "touch x; ls", "declined")
    assert (item.text, item.cwd) == ("need it", "/room")
    assert item.data["method"] == COMMAND


def test_nobody_answers_a_question_and_the_client_has_no_tools() -> None:
    for accept in (True, False):
        question = asked("item/tool/requestUserInput", accept=accept, questions=[])
        assert (question.result, question.item.status) == ({"answers": {}}, "declined")
        tool = asked("item/tool/call", accept=accept)
        assert tool.result == {"contentItems": [], "success": False}
        wish = asked("mcpServer/elicitation/request", accept=accept)
        assert (wish.result or {})["action"] == "decline"


def test_the_time_is_told() -> None:
    assert asked("currentTime/read").result == {"currentTimeAt": 1000}


def test_an_unknown_request_is_refused_by_name() -> None:
    told = asked("item/new/thing", accept=True)
    assert told.result is None
    assert told.refusal == "driftgate does not know the request item/new/thing"
    assert told.item.status == "declined"


def test_two_requests_for_one_command_are_two_items() -> None:
    first = answer({"id": 1, "method": COMMAND, "params": {"itemId": "c"}}, accept=True, now_s=0)
    second = answer({"id": 2, "method": COMMAND, "params": {"itemId": "c"}}, accept=True, now_s=0)
    assert first.item.item != second.item.item


@given(ODD | st.just(COMMAND) | st.just("execCommandApproval"), JSON, JSON, st.booleans())
def test_every_request_is_answered(method: str, number: Any, params: Any, accept: bool) -> None:
    told = answer({"id": number, "method": method, "params": params}, accept=accept, now_s=0)
    assert (told.result is None) == bool(told.refusal)
    told.item.title.encode()
