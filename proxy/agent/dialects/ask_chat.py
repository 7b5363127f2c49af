"""The messages of a chat, read for an agent (https://platform.openai.com/docs/api-reference/chat)."""

from typing import Any

from driftgate.proxy.agent.dialects.talk import Json, Talk, shown, tool_text
from driftgate.proxy.agent.failures import bad_request
from driftgate.proxy.dialects.lenient import canonical_text, filled, listing, mapping, written

_SYSTEM = ("system", "developer")


def read_messages(body: Json) -> Talk:
    """The conversation.

    Raises:
        AgentError: it is none that an agent can take up.
    """
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise bad_request("messages: a chat needs a list of messages")
    talk = Talk()
    for place, message in enumerate(messages):
        where = f"messages/{place}"
        if not isinstance(message, dict):
            raise bad_request(f"{where}: a message is an object with a role and a content")
        _read(message, talk, where)
    return talk


def _read(message: Json, talk: Talk, where: str) -> None:
    role, content = message.get("role"), message.get("content")
    if role in _SYSTEM:
        talk.system(content, where)
    elif role == "user":
        talk.user(content, where)
    elif role == "assistant":
        _said(message, talk, where)
    elif role in ("tool", "function"):  # `function`: the form before `tool`, told by its name
        talk.result(message.get("tool_call_id") or message.get("name"), tool_text(content))
    else:
        raise bad_request(f"{where}: an agent knows no role {shown(role)}")


def _said(message: Json, talk: Talk, where: str) -> None:
    talk.assistant(message.get("content") or message.get("refusal"), where)
    for call in map(mapping, listing(message.get("tool_calls"))):
        function, custom = mapping(call.get("function")), mapping(call.get("custom"))
        if custom:
            arguments = as_arguments({"input": written(custom.get("input"))})
            talk.call(call.get("id"), custom.get("name"), arguments)
        else:
            talk.call(call.get("id"), function.get("name"), written(function.get("arguments")))
    former = mapping(message.get("function_call"))
    if filled(former.get("name")):
        talk.call(former["name"], former["name"], written(former.get("arguments")))


def as_arguments(value: Any) -> str:
    """A tool call's arguments as JSON; `{}` where they are nested too deeply."""
    return canonical_text(value) or "{}"
