"""`doctor`: are all kinds of tools that Codex offers taken, and is the model told of them?

A server that takes a tool with 200 may still leave it out of the prompt. Its own count of the
prompt's tokens shows it: a function with a long description adds many, and so must every other
tool that is described at the same length. Where calls are translated, the tools are offered in the
words of the translation: those are what the server will get.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from driftgate.commands.checks import Finding, NoReplyError, Reply, State, ask, inside
from driftgate.proxy.adapt.request import request_to_chat

if TYPE_CHECKING:  # pydantic is slow to load
    from driftgate.proxy.settings.upstream import Upstream

RESPONSES = "/v1/responses"
CHAT = "/v1/chat/completions"
PATIENCE_S = 60.0  # a model on a CPU reads its prompt first
_PROMPT = "Say hello."
_LONG = (  # about 70 tokens in any tokenizer
    "Tells the depth of a named lake, river or harbour basin in metres, for one day of the year, as "
    "it was last measured. Depths are those at the deepest place, at the mean water level of the "
    "ten years before. Names may be given in any language, with or without the country they lie in."
)
_PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string", "description": _LONG}},
}
_FUNCTION: dict[str, Any] = {
    "type": "function",
    "name": "probe",
    "description": _LONG,
    "parameters": _PARAMETERS,
}
_CUSTOM: dict[str, Any] = {"type": "custom", "name": "probe_custom", "description": 2 * _LONG}
_SPACE: dict[str, Any] = {
    "type": "namespace",
    "name": "probe_space",
    "description": _LONG,
    "tools": [_FUNCTION],
}
_SEARCH: dict[str, Any] = {"type": "web_search"}
_ODD = (_CUSTOM, _SPACE)  # Codex offers both kinds
_FEWEST = 30  # tokens that the function must add before others are compared with it
_NOTHING = 0.25  # of what the function adds: less is next to nothing
_ERRORS = 400


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a request with one tool came to. tokens: of the prompt; None where not told."""

    well: bool
    tokens: int | None = None


def check_tools(
    check: str, base: str, model: str, known: "Upstream | None" = None, *, path: str = RESPONSES
) -> Iterator[Finding]:
    """Offers the model one tool of each kind.

    known: the upstream's settings, where there are any: what is set already is not proposed.
    path: RESPONSES, or CHAT where calls are translated.
    """
    plain = _offer(base, path, model, None)
    if not plain.well:  # then a refusal says nothing about tools
        return
    function = _offer(base, path, model, _FUNCTION)
    odd = {str(tool["type"]): _offer(base, path, model, tool) for tool in _ODD}
    setting = _Setting(check, "flatten" if function.well else "drop", known)
    refused = [kind for kind, taken in odd.items() if not taken.well]
    if refused:
        what = f"tools of the type {' and '.join(refused)} are refused; Codex offers them"
        yield setting.finding(what)
    yield from _silent(setting, plain, function, odd)
    if not _offer(base, path, model, _SEARCH).well:
        what = "the tool web_search is refused; Codex offers it unless it is disabled there"
        yield setting.finding(what)


@dataclass(frozen=True, slots=True)
class _Setting:
    check: str
    how: str  # what to set adapt_tools to
    known: "Upstream | None"

    def finding(self, what: str) -> Finding:
        """A warning that proposes the setting, or that it is there already."""
        if self.known is not None and self.known.adapt_tools != "keep":
            return Finding(self.check, State.GOOD, f"{what}; `adapt_tools` mends that")
        remedy = f'set adapt_tools = "{self.how}" for this upstream'
        return Finding(self.check, State.WARNING, what, remedy)


def _silent(
    setting: _Setting, plain: _Taken, function: _Taken, odd: dict[str, _Taken]
) -> Iterator[Finding]:
    """Of the kinds that were taken: is the model told of them?"""
    taken = {kind: _added(plain, each) for kind, each in odd.items() if each.well}
    if not taken:
        return
    measure = _added(plain, function)
    if measure is None or measure < _FEWEST or None in taken.values():
        what = (
            f"tools of the type {' and '.join(taken)} are accepted; the server's token counts do "
        )
        yield Finding(setting.check, State.NOTE, f"{what}not tell whether the model sees them")
        return
    dropped = [kind for kind, added in taken.items() if (added or 0) < _NOTHING * measure]
    if dropped:
        kinds = " and ".join(dropped)
        what = f"tools of the type {kinds} are dropped in silence: the model is not told of them"
        yield setting.finding(f"{what}, with status 200; Codex offers them")
    elif len(taken) == len(odd):
        yield Finding(
            setting.check, State.GOOD, "tools of the types custom and namespace are taken"
        )


def _added(plain: _Taken, other: _Taken) -> int | None:
    """Tokens that a tool adds to the prompt; None where they are not told."""
    if plain.tokens is None or other.tokens is None:
        return None
    return other.tokens - plain.tokens


def _offer(base: str, path: str, model: str, tool: dict[str, Any] | None) -> _Taken:
    body = {"model": model, "input": _PROMPT, "max_output_tokens": 16, "stream": False}
    sent = body if tool is None else {**body, "tools": [tool]}
    sent = request_to_chat(sent)[0] if path == CHAT else sent
    try:
        reply = ask(base, path, method="POST", body=sent, timeout_s=PATIENCE_S)
    except NoReplyError:
        return _Taken(well=False)
    return _Taken(reply.status < _ERRORS, _tokens(reply))


def _tokens(reply: Reply) -> int | None:
    """Of the prompt, as Responses or Chat Completions tell it."""
    usage = inside(reply.json, "usage")
    told = [inside(usage, key) for key in ("input_tokens", "prompt_tokens")]
    known = [n for n in told if isinstance(n, int) and not isinstance(n, bool)]
    return known[0] if known else None
