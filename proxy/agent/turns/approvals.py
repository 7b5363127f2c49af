"""What driftgate answers when Codex asks for something, and the item that records it. Pure.

Nobody sits before an agent. Approvals are answered by the setting `approvals`; questions for a person
get no answer, tools of the client there are none; a request that is not known is refused by name.
Names and answers are those of the app server's server requests (Codex 0.169).
"""

from dataclasses import dataclass
from typing import Any

from driftgate.proxy.agent.steps import Item, Kind
from driftgate.proxy.agent.turns.bounds import NAME, bounded, cut, line
from driftgate.proxy.agent.turns.items import command_of
from driftgate.proxy.dialects.lenient import filled, mapping

Json = dict[str, Any]

_REFUSED = "driftgate refuses this for the agent (setting codex.approvals)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What Codex is told: `result`, or where that is None an error with the words of `refusal`.

    item: what is recorded of it.
    """

    result: Json | None
    refusal: str
    item: Item


def answer(request: Json, *, accept: bool, now_s: int) -> Answer:
    """The answer to a server request.

    Args:
        request: with `id`, `method` and `params`.
        accept: whether approvals are given.
        now_s: seconds since 1970, for the one request that asks for the time.
    """
    method, params = filled(request.get("method")) or "?", mapping(request.get("params"))
    if method == "currentTime/read":
        return Answer({"currentTimeAt": now_s}, "", _item(request, "the time", "completed"))
    if method in _APPROVALS:
        title, status = _asked(method, params), "completed" if accept else "declined"
        return Answer(_decided(method, params, accept), "", _item(request, title, status))
    if method in _DECLINED:
        return Answer(_DECLINED[method], "", _item(request, _asked(method, params), "declined"))
    words = f"driftgate does not know the request {line(method, NAME)}"
    return Answer(None, words, _item(request, f"unknown request {method}", "declined"))


_APPROVALS = frozenset(
    {
        "item/commandExecution/requestApproval",
        "item/fileChange/requestApproval",
        "item/permissions/requestApproval",
        "execCommandApproval",
        "applyPatchApproval",
    }
)
_DECLINED: dict[str, Json] = {
    "item/tool/requestUserInput": {"answers": {}},
    "mcpServer/elicitation/request": {"action": "decline", "content": None},
    "item/tool/call": {"contentItems": [], "success": False},
}


def _decided(method: str, params: Json, accept: bool) -> Json:
    if method == "item/permissions/requestApproval":
        return {"permissions": mapping(params.get("permissions")) if accept else {}}
    if method.startswith("item/"):
        return {"decision": "accept" if accept else "decline"}
    return {"decision": "approved" if accept else {"denied": {"rejection": _REFUSED}}}


def _asked(method: str, params: Json) -> str:
    """What is asked for, in one line."""
    command = params.get("command")
    if isinstance(command, list):
        return " ".join(word for word in command if isinstance(word, str)) or method
    if filled(command):
        return command_of(params)
    kinds = {
        "item/fileChange/requestApproval": "file changes",
        "applyPatchApproval": "file changes",
        "item/permissions/requestApproval": "more permissions",
        "item/tool/requestUserInput": "a question for a person",
        "item/tool/call": "a tool of the client",
    }
    return kinds.get(method, method)


def _item(request: Json, title: str, status: str) -> Item:
    params = mapping(request.get("params"))
    raw = filled(params.get("itemId")) or filled(params.get("callId")) or "request"
    number = request.get("id")
    return Item(
        kind=Kind.APPROVAL,
        item=f"{raw[:NAME]}/approval-{number if isinstance(number, int) else line(str(number), NAME)}",
        title=line(title),
        status=status,
        text=cut(filled(params.get("reason")) or ""),
        cwd=cut(filled(params.get("cwd")) or "", 4096),
        data=bounded({"method": request.get("method"), **params}),
    )
