"""What one attempt sends, and how its answer is read back: in the words of its upstream. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from driftgate.contracts.repair.reask import reask
from driftgate.contracts.verdict import Source, Violation
from driftgate.proxy import failures
from driftgate.proxy.adapt.errors import AdaptError
from driftgate.proxy.adapt.format import adapt_format
from driftgate.proxy.adapt.request import request_to_chat
from driftgate.proxy.adapt.restored import ToolsBack
from driftgate.proxy.adapt.stream import ChatToResponses
from driftgate.proxy.adapt.tools import flatten_tools
from driftgate.proxy.dialects import edit
from driftgate.proxy.dialects.meaning import Answer
from driftgate.proxy.dialects.reask import append_reask
from driftgate.proxy.enforce.question import Question, with_schema
from driftgate.proxy.settings.model import Upstream

# a model that wrote this has said nothing that it could correct: it is asked as if for the first time
_NOTHING_SAID = frozenset(
    {"token_flood", "unused_tokens", "empty_answer", "one_token", "server_parser"}
)


class Translator(Protocol):
    """Gives an upstream's body in the client's dialect."""

    def feed(self, data: bytes) -> bytes:
        """A stream's bytes, as they come."""

    def end(self) -> bytes:
        """What is left when no more come."""

    def body(self, data: bytes) -> bytes:
        """A whole JSON body."""

    def error(self, status: int, data: bytes) -> bytes:
        """The body of an error."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an attempt goes. model: another than the client asked for; None: the same."""

    upstream: str
    model: str | None = None

    def named(self, question: Question) -> str:
        """As people read it."""
        return f"{self.upstream}/{self.model or question.model or '?'}"


@dataclass(frozen=True, slots=True)
class Again:
    """Why the model is asked again: what it answered, and what was wrong with that.

    times: how often it was asked again before.
    """

    answer: Answer
    violations: Sequence[Violation]
    times: int = 0

    @property
    def binds(self) -> bool:
        """Whether a schema may bind this answer though tools are on offer.

        Who was about to call a tool, wrongly, may try that once more.
        """
        return not self.answer.tool_calls or self.times > 0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request for an upstream.

    body: as sent. changed: it is not what the client sent. translator: makes a new one for each
    answer; None: the answer comes in the client's dialect already.
    """

    target: str
    dialect: str
    body: bytes
    changed: bool
    translator: Callable[[], Translator] | None = None


def outgoing(
    question: Question, upstream: Upstream, target: Target, raw: bytes, again: Again | None
) -> Outgoing:
    """The request for this upstream.

    Args:
        question: what the client asked.
        upstream: the settings of the target's upstream.
        target: where it goes.
        raw: the client's body, sent on where nothing changes.
        again: why it is asked again; None: it is not.

    Raises:
        ClientError: the request has no counterpart in the upstream's dialect.
    """
    dialect, body = question.dialect, question.body
    if target.model is not None:
        body = edit.set_model(dialect, body, target.model)
    if again is not None:
        body = _asked_again(question, body, again)
    path, translator = question.target, None
    if dialect == "responses":
        bound = again is not None and again.binds
        path, dialect, body, translator = _adapted(path, body, upstream, reasked=bound)
    changed = question.changed or body is not question.body
    if not changed:
        plain = question.decoded
        return Outgoing(
            path, dialect, raw if plain is None else plain, plain is not None, translator
        )
    return Outgoing(path, dialect, edit.as_bytes(body), True, translator)


def _asked_again(question: Question, body: dict[str, Any], again: Again) -> dict[str, Any]:
    contract = question.contract if question.enforced else None
    schema = question.asked.parameters.response_schema
    if contract is not None:
        schema = schema or contract.output.schema_text
        if contract.output.ask != "never" and again.binds:
            body = with_schema(question, body)
    said_nothing = any(
        violation.keyword in _NOTHING_SAID or violation.source is Source.WIRE
        for violation in again.violations
    )
    if said_nothing:
        return body
    message = reask(again.violations, schema=schema)
    return append_reask(question.dialect, body, again.answer, message)


def _adapted(
    path: str, body: dict[str, Any], upstream: Upstream, *, reasked: bool
) -> tuple[str, str, dict[str, Any], Callable[[], Translator] | None]:
    if upstream.adapt == "responses-to-chat":
        try:
            chat, plan = request_to_chat(body, upstream.adapt_tools, reasked=reasked)
        except AdaptError as error:
            raise failures.adapt_failed(error.message) from error
        return _chat_path(path), "chat", chat, lambda: ChatToResponses(plan)
    translator: Callable[[], Translator] | None = None
    sent = body
    if upstream.adapt_tools != "keep":
        sent, tools = flatten_tools(body, upstream.adapt_tools)
        translator = (lambda: ToolsBack(tools, body)) if sent is not body else None
    if upstream.adapt_format:
        sent = adapt_format(sent, reasked=reasked)
    return path, "responses", sent, translator


def _chat_path(path: str) -> str:
    """`/v1/responses?x` -> `/v1/chat/completions?x`."""
    route, mark, query = path.partition("?")
    return route.rstrip("/").removesuffix("/responses") + "/chat/completions" + mark + query
