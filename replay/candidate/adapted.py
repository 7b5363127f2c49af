"""A Responses request for a server that must be helped, and how its answer is read back. Pure.

The same help as the proxy gives by `adapt`, `adapt_format` and `adapt_tools`; nothing is asked again.
Where the proxy asked again before it had the recorded answer, so that the schema bound it, the schema
binds at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from driftgate.proxy.adapt.errors import AdaptError
from driftgate.proxy.adapt.format import adapt_format
from driftgate.proxy.adapt.request import request_to_chat
from driftgate.proxy.adapt.restored import ToolsBack
from driftgate.proxy.adapt.stream import ChatToResponses
from driftgate.proxy.adapt.tools import flatten_tools
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.prepared import Translator, Unreplayable

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Adapted:
    """The request in the upstream's words.

    back: makes a translator for one answer; None: it needs none. asked: the request in the recorded
        dialect; None: it is `body`.
    """

    target: str
    dialect: str
    body: Json
    back: Callable[[], Translator] | None = None
    asked: Json | None = None

    @property
    def streams(self) -> bool:
        """Whether the answer is asked for as a stream."""
        return self.body.get("stream") is True


def adapts(configuration: Configuration, dialect: str) -> bool:
    """Whether this upstream is helped with calls of this dialect."""
    asked = configuration.adapt is not None or configuration.adapt_format
    return dialect == "responses" and (asked or configuration.adapt_tools != "keep")


def adapted(
    target: str, body: Json, configuration: Configuration, *, bound: bool = False
) -> Adapted:
    """A Responses request for this upstream.

    Args:
        target: path and query.
        body: the request.
        configuration: says how the upstream is helped.
        bound: the schema binds the answer though tools are on offer.

    Raises:
        Unreplayable: it asks for what the upstream cannot give.
    """
    if configuration.adapt == "responses-to-chat":
        try:
            chat, plan = request_to_chat(body, configuration.adapt_tools, reasked=bound)
        except AdaptError as error:
            raise Unreplayable(error.message) from None
        return Adapted(_chat_target(target), "chat", chat, lambda: ChatToResponses(plan), body)
    sent, tools = flatten_tools(body, configuration.adapt_tools)
    back: Callable[[], Translator] | None = None
    if sent is not body:
        back = lambda: ToolsBack(tools, body)  # noqa: E731 - one of two, as above
    if configuration.adapt_format:
        sent = adapt_format(sent, reasked=bound)
    return Adapted(target, "responses", sent, back, None if back is None else body)


def _chat_target(target: str) -> str:
    """`/v1/responses?x` -> `/v1/chat/completions?x`."""
    route, mark, query = target.partition("?")
    return route.rstrip("/").removesuffix("/responses") + "/chat/completions" + mark + query
