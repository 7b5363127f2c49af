"""A turn's answer in its client's dialect, while it runs and when it has ended."""

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.dialects.problem import error_object
from driftgate.proxy.agent.dialects.told import Writer
from driftgate.proxy.agent.dialects.write_chat import ChatWriter
from driftgate.proxy.agent.dialects.write_responses import ResponsesWriter
from driftgate.proxy.agent.steps import TurnError
from driftgate.proxy.dialects.writing.written import as_json

__all__ = ["Writer", "error_body", "writer"]

_PREFIXES = {"chat": "chatcmpl-", "responses": "resp_"}
_WRITERS: dict[str, type[Writer]] = {"chat": ChatWriter, "responses": ResponsesWriter}


def writer(asked: Asked, answer_id: str, now: float) -> Writer:
    """Begins an answer.

    Args:
        asked: what it answers.
        answer_id: what is its own in its id: the call's, say. The dialect's prefix is put before it
            where it is missing; `Writer.answer_id` is the whole.
        now: seconds since the Unix epoch.
    """
    return _WRITERS[asked.dialect](asked, full_id(asked.dialect, answer_id), now)


def full_id(dialect: str, answer_id: str) -> str:
    """An answer's id as the dialect writes it."""
    prefix = _PREFIXES[dialect]
    return answer_id if answer_id.startswith(prefix) else prefix + answer_id


def error_body(error: TurnError) -> bytes:
    """A failed turn's answer, for a client that has got nothing yet; its status is `error.status`.

    Chat and Responses have one shape for it, OpenAI's; whose fault it is stands under `driftgate`.
    """
    return as_json(error_object(error))
