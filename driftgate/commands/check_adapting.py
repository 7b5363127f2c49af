"""`doctor`: what an upstream ignores or refuses in silence, found by asking it; and what to set.

Each question costs a few tokens. A setting is proposed only where asking showed that it helps: the
schema that is ignored as `text.format` must be obeyed as `response_format`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from driftgate.commands.backends import Backend, root
from driftgate.commands.check_tools import CHAT, PATIENCE_S, RESPONSES, check_tools
from driftgate.commands.checks import Finding, NoReplyError, Reply, State, ask, inside, parsed

if TYPE_CHECKING:  # pydantic is slow to load
    from driftgate.proxy.settings.upstream import Upstream

TRANSLATE = 'set adapt = "responses-to-chat" for this upstream'
TOKENS = 48  # the answer is about 10, with white space some more
ANSWER = {"probe": "driftgate"}  # nobody says this by chance
_PROMPT = "Say hello."  # and nothing of JSON: only a constraint makes it JSON
_SCHEMA = {
    "type": "object",
    "properties": {"probe": {"type": "string", "enum": ["driftgate"]}},
    "required": ["probe"],
    "additionalProperties": False,
}
_NAMED = {"name": "probe", "strict": True, "schema": _SCHEMA}
_TEXT_FORMAT = {"text": {"format": {"type": "json_schema", **_NAMED}}}
_RESPONSE_FORMAT = {"response_format": {"type": "json_schema", "json_schema": _NAMED}}
_JUDGE = "no way of saying it is obeyed: let a contract in enforce mode judge and ask again"
_OK = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question about the schema came to. obeyed None: it cannot be told; `why` says why."""

    obeyed: bool | None
    why: str = ""


def loaded_model(backend: Backend, url: str) -> str | None:
    """A model that can be asked at once; an Ollama that has none loaded is not made to load one."""
    if backend.kind != "Ollama":
        return backend.models[0] if backend.models else None
    try:
        name = inside(ask(root(url), "/api/ps").json, "models", 0, "name")
    except NoReplyError:
        return None
    return name if isinstance(name, str) else None


def check_adapting(
    check: str,
    url: str,
    model: str | None,
    known: "Upstream | None" = None,
    *,
    translated: bool = False,
) -> Iterator[Finding]:
    """Asks the model: are schemas obeyed, and are all tools of Codex taken?

    known: the upstream's settings, where there are any: what is set already is not proposed.
    translated: it has no Responses API, so it is asked as `adapt` will ask it.
    """
    if model is None:
        yield Finding(
            check,
            State.NOTE,
            "no model is loaded, so nothing was asked of one",
            "load a model and run the doctor again",
        )
        return
    base = root(url)
    if translated or (known is not None and known.adapt is not None):
        yield _schemas_in_chat(check, base, model)
        yield from check_tools(check, base, model, known, path=CHAT)
    else:
        yield _schemas(check, base, model, known)
        yield from check_tools(check, base, model, known)


def chat_instead(check: str, url: str, known: "Upstream | None" = None) -> Finding | None:
    """Where /v1/responses is missing: can its calls be sent to /v1/chat/completions?"""
    try:
        reply = ask(root(url), CHAT, method="POST", body={})
    except NoReplyError:
        return None
    if reply.status in {404, 405, 501} and b"model" not in reply.body.lower():
        return None
    if known is not None and known.adapt is not None:
        return Finding(check, State.GOOD, f"/v1/responses is missing; `adapt` sends it to {CHAT}")
    return Finding(
        check,
        State.PROBLEM,
        f"/v1/responses is missing, and Codex speaks nothing else; {CHAT} is there",
        TRANSLATE,
    )


def _schemas(check: str, base: str, model: str, known: "Upstream | None") -> Finding:
    plain = _ask_responses(base, model, _TEXT_FORMAT)
    if plain.obeyed:
        return Finding(check, State.GOOD, "text.format with a schema is obeyed")
    if plain.obeyed is None:
        return _untold(check, "text.format", plain)
    ignored = _ignored("text.format", plain)
    if _ask_responses(base, model, _RESPONSE_FORMAT).obeyed:
        if known is not None and known.adapt_format:
            return Finding(check, State.GOOD, "text.format is ignored; `adapt_format` mends that")
        remedy = "set adapt_format = true for this upstream: response_format is obeyed there"
        return Finding(check, State.WARNING, ignored, remedy)
    if _ask_chat(base, model).obeyed:
        remedy = f"{TRANSLATE}: {CHAT} obeys schemas"
        return Finding(check, State.WARNING, ignored, remedy)
    return Finding(check, State.WARNING, ignored, _JUDGE)


def _schemas_in_chat(check: str, base: str, model: str) -> Finding:
    asked = _ask_chat(base, model)
    if asked.obeyed:
        return Finding(check, State.GOOD, f"response_format with a schema is obeyed at {CHAT}")
    if asked.obeyed is None:
        return _untold(check, "response_format", asked)
    return Finding(check, State.WARNING, _ignored("response_format", asked), _JUDGE)


def _untold(check: str, key: str, asked: Asked) -> Finding:
    what = f"whether {key} is obeyed cannot be told: {asked.why}"
    return Finding(check, State.NOTE, what, "look at the server's log")


def _ignored(key: str, asked: Asked) -> str:
    return f"{key} is ignored with status 200 ({asked.why}): codex --output-schema is void"


def _ask_responses(base: str, model: str, extra: dict[str, Any]) -> Asked:
    body = {"model": model, "input": _PROMPT, "max_output_tokens": TOKENS, **extra}
    return _judged(_reply(base, RESPONSES, {**body, "temperature": 0, "stream": False}))


def _ask_chat(base: str, model: str) -> Asked:
    messages = [{"role": "user", "content": _PROMPT}]
    body = {"model": model, "messages": messages, "max_tokens": TOKENS, "temperature": 0}
    return _judged(_reply(base, CHAT, {**body, **_RESPONSE_FORMAT}))


def _reply(base: str, path: str, body: dict[str, Any]) -> Reply | str:
    try:
        return ask(base, path, method="POST", body=body, timeout_s=PATIENCE_S)
    except NoReplyError as error:
        return str(error)


def _judged(reply: Reply | str) -> Asked:
    if isinstance(reply, str):
        return Asked(None, reply)
    if reply.status != _OK:
        return Asked(None, f"status {reply.status}")
    text = _text(reply.json)
    if not text:  # reasoning alone, or a stream that nobody asked for
        return Asked(None, "the answer has no text")
    if parsed(text.encode()) == ANSWER:
        return Asked(True)
    if text.lstrip().startswith("{"):
        return Asked(None, "the answer was cut off")
    return Asked(False, f"it answered {text[:20]!r}")


def _text(body: Any) -> str:
    """The text of a Responses or a chat answer."""
    chat = inside(body, "choices", 0, "message", "content")
    if isinstance(chat, str):
        return chat
    items = inside(body, "output")
    parts = [
        inside(part, "text")
        for item in (items if isinstance(items, list) else [])
        if inside(item, "type") == "message"
        for part in inside(item, "content") or ()
    ]
    return "".join(part for part in parts if isinstance(part, str))
