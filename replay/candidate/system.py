"""The system prompt of a request: what it is, and another one in its place. Pure.

It is what stands first: `instructions` (Responses), `system` (Ollama's /api/generate), else the
first message of role system or developer. Codex sends its base instructions as such a first message,
and further developer messages (permissions, skills) behind it; those stay.
"""

from typing import Any

from driftgate.proxy.dialects.content import content_text
from driftgate.proxy.dialects.lenient import filled, listing, mapping

Json = dict[str, Any]

RECORDED = "{recorded}"

_MEMBERS = {"responses": "instructions", "ollama_generate": "system"}
_MESSAGES = {"responses": "input", "chat": "messages", "ollama_chat": "messages"}
_ROLES = ("system", "developer")


def system_of(dialect: str, body: Json) -> str:
    """The system prompt; "" where there is none."""
    member = _MEMBERS.get(dialect, "")
    if filled(body.get(member)):
        return str(body[member])
    place = _place(dialect, body)
    return "" if place is None else content_text(_messages(dialect, body)[place].get("content"))


def with_system(dialect: str, body: Json, template: str) -> Json:
    """The request with this system prompt; the same object where nothing changes.

    Not the older Completions, which have none.

    Args:
        dialect: of the request.
        body: the request.
        template: `{recorded}` in it stands for the recorded one, as often as it is there.
    """
    text = template.replace(RECORDED, system_of(dialect, body))
    member, place = _MEMBERS.get(dialect), _place(dialect, body)
    if text == system_of(dialect, body):
        return body
    if member is not None and (filled(body.get(member)) or place is None):
        return {**body, member: text}
    key = _MESSAGES.get(dialect)
    if key is None:
        return body
    messages = list(_messages(dialect, body))
    if place is None:
        messages.insert(0, {"role": "system", "content": text})
    else:
        old = messages[place]
        messages[place] = {**old, "content": _content(old.get("content"), text)}
    return {**body, key: messages}


def _messages(dialect: str, body: Json) -> list[Any]:
    return listing(body.get(_MESSAGES.get(dialect, "")))


def _place(dialect: str, body: Json) -> int | None:
    """Where the first message stands that is a system prompt, if it is before any other message."""
    for place, message in enumerate(_messages(dialect, body)):
        if mapping(message).get("role") in _ROLES:
            return place
        if mapping(message).get("type", "message") == "message":
            return None
    return None


def _content(old: Any, text: str) -> Any:
    """The text in the shape that the old content had: a text, or a list of parts."""
    if not isinstance(old, list):
        return text
    is_text = [isinstance(mapping(part).get("text"), str) for part in old]
    if True not in is_text:
        return [{"type": "text", "text": text}, *old]
    first = is_text.index(True)
    kept = [part for place, part in enumerate(old) if place == first or not is_text[place]]
    at = next(place for place, part in enumerate(kept) if part is old[first])
    return [*kept[:at], {**old[first], "text": text}, *kept[at + 1 :]]
