"""A Responses request as a Chat Completions request, for servers that speak only that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from driftgate.proxy.adapt.errors import AdaptError
from driftgate.proxy.adapt.format import constrains, response_format
from driftgate.proxy.adapt.messages import Talk
from driftgate.proxy.adapt.names import ToolMap
from driftgate.proxy.adapt.tools import flatten_tools
from driftgate.proxy.dialects.lenient import filled, listing, mapping, string

Json = dict[str, Any]

# What chat completions do not know, or say otherwise (below). All else is sent on: servers know
# many a parameter of their own (top_k, min_p, num_ctx, chat_template_kwargs).
_LEFT_OUT = frozenset(
    {
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "text",
        "reasoning",
        "max_output_tokens",
        "stream",
        "stream_options",
        "store",
        "include",
        "prompt_cache_key",
        "prompt_cache_retention",
        "client_metadata",
        "truncation",
        "max_tool_calls",
        "safety_identifier",
        "top_logprobs",
        "context_management",
        "background",
        "previous_response_id",
        "conversation",
        "prompt",
    }
)
_REFUSED = {
    "previous_response_id": "send the whole conversation as `input`",
    "conversation": "send the whole conversation as `input`",
    "background": "leave it out",
    "prompt": "send its text as `instructions`",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How the answer is to be read back.

    request: the client's own, for what a response echoes. dropped: what was left out, for the
    record: tools and items.
    """

    request: Mapping[str, Any]
    tools: ToolMap = field(default_factory=ToolMap)
    dropped: tuple[str, ...] = ()

    @property
    def stream(self) -> bool:
        """Whether the client wants a stream."""
        return self.request.get("stream") is True

    @property
    def summary(self) -> bool:
        """Whether reasoning is shown as a summary (as OpenAI) or as text (as llama-server)."""
        return mapping(self.request.get("reasoning")).get("summary") not in (None, "none")


def request_to_chat(body: Json, tools: str = "keep", *, reasked: bool = False) -> tuple[Json, Plan]:
    """The same request for /v1/chat/completions.

    Args:
        body: the client's request.
        tools: "keep", "flatten" or "drop"; see `flatten_tools`.
        reasked: the first answer failed its schema; see `constrains`.

    Raises:
        AdaptError: it needs what only a server with a memory has.
    """
    for key, instead in _REFUSED.items():
        if body.get(key):
            raise AdaptError(f"{key}: this upstream speaks chat completions only; {instead}")
    flat, names = flatten_tools(body, tools)
    talk = _talk(flat)
    chat = {k: v for k, v in flat.items() if k not in _LEFT_OUT and v is not None}
    chat["messages"] = talk.messages
    chat |= _limits(flat) | _tools(flat)
    wanted = response_format(body)
    if wanted is not None and "response_format" not in chat and constrains(flat, reasked=reasked):
        chat["response_format"] = wanted
    if flat.get("stream") is not None:
        chat["stream"] = flat["stream"]
    if flat.get("stream") is True:
        chat["stream_options"] = {"include_usage": True}
    return chat, Plan(body, names, (*names.dropped, *talk.dropped))


def _talk(body: Json) -> Talk:
    talk = Talk()
    if filled(body.get("instructions")):
        talk.system(body["instructions"])
    given = body.get("input")
    for place, item in enumerate(given if isinstance(given, list) else [given or ""]):
        talk.item(item, place)
    return talk


def _limits(body: Json) -> Json:
    effort = mapping(body.get("reasoning")).get("effort")
    verbosity = mapping(body.get("text")).get("verbosity")
    told = {
        "max_tokens": body.get("max_output_tokens", body.get("max_tokens")),
        "reasoning_effort": body.get("reasoning_effort") or effort,
        "verbosity": verbosity,
    }
    return {key: value for key, value in told.items() if value is not None}


def _tools(body: Json) -> Json:
    declared, choice = listing(body.get("tools")), body.get("tool_choice")
    if not declared:
        return {}
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        # Local servers do not know it: they get only the tools that are allowed.
        allowed = {mapping(each).get("name") for each in listing(choice.get("tools"))}
        declared = [tool for tool in declared if mapping(tool).get("name") in allowed] or declared
        choice = string(choice.get("mode")) or "auto"
    told: Json = {"tools": [_nested(tool) for tool in declared]}
    if choice is not None:
        told["tool_choice"] = _nested(choice) if isinstance(choice, dict) else choice
    if body.get("parallel_tool_calls") is not None:
        told["parallel_tool_calls"] = body["parallel_tool_calls"]
    return told


def _nested(tool: Any) -> Any:
    """A tool, or the choice of one, as chat completions write it: its members below its type."""
    kind = mapping(tool).get("type")
    if kind not in ("function", "custom") or isinstance(tool.get(kind), dict):
        return tool
    return {"type": kind, kind: {key: value for key, value in tool.items() if key != "type"}}
