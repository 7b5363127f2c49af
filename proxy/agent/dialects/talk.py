"""A conversation as an agent takes it: instructions, what was said before, and the prompt.

Collected from whatever dialect the client speaks, as items of the Responses API, in the plainest
form that has one: local servers take messages and function calls, and little else.
"""

from typing import Any

from driftgate.proxy.agent.dialects.images import image_part
from driftgate.proxy.agent.failures import bad_request, context_full
from driftgate.proxy.dialects.lenient import (
    clean,
    filled,
    listing,
    mapping,
    parse,
    written,
)

Json = dict[str, Any]

_TEXTS = ("text", "input_text", "output_text", "refusal")
_IMAGES = ("image_url", "input_image")
_SHOWN = 40  # characters of what a client wrote, in a message to it
MOST_TEXT = 1 << 20  # characters of a prompt; Codex (0.169) refuses more


class Talk:
    """Collects it, in order. items: all but instructions, with the prompt last.

    dropped: what an agent has no place for, as `input/3 type`.
    """

    def __init__(self) -> None:
        self.dropped: list[str] = []
        self._instructions: list[str] = []
        self.items: list[Json] = []

    @property
    def instructions(self) -> str:
        """What system and developer said, joined by blank lines, wherever they said it."""
        return "\n\n".join(self._instructions)

    def system(self, content: Any, where: str) -> None:
        """A system's or developer's message."""
        text = plain_text(content, where)
        if text:
            self._instructions.append(text)

    def user(self, content: Any, where: str) -> None:
        """A user's message.

        Raises:
            AgentError: it has parts that an agent does not take.
        """
        self.items.append(_message("user", _parts(content, where)))

    def assistant(self, content: Any, where: str) -> None:
        """A message of the assistant; one without text says nothing."""
        text = plain_text(content, where)
        if text:
            self.items.append(_message("assistant", [{"type": "output_text", "text": text}]))

    def call(self, call_id: Any, name: Any, arguments: str) -> None:
        """A tool call. arguments: JSON; what is no object stands in one, since templates take no other."""
        if not isinstance(parse(arguments.encode("utf-8", "replace")), dict):
            arguments = written({"input": arguments} if arguments else {})
        told = {"call_id": filled(call_id) or "call", "name": filled(name) or "tool"}
        self.items.append({"type": "function_call", **told, "arguments": arguments})

    def result(self, call_id: Any, output: str) -> None:
        """What a tool gave."""
        told = {"call_id": filled(call_id) or "call", "output": output}
        self.items.append({"type": "function_call_output", **told})

    def divided(self) -> tuple[list[Json], list[Json]]:
        """The history, and the prompt: the user's message that stands last, as Codex takes it.

        Raises:
            AgentError: there is none, or it is empty or too long.
        """
        last = self.items[-1] if self.items else {}
        if last.get("role") != "user":
            raise bad_request(
                "an agent answers a user: the last message must be the user's "
                "(it runs its own tools, and goes on with no answer begun by others)"
            )
        prompt = [_input(part) for part in last["content"]]
        if not any(part.get("url") or part.get("text", "").strip() for part in prompt):
            raise bad_request("the user's last message is empty; an agent needs something to do")
        size = sum(len(part.get("text", "")) for part in prompt)
        if size > MOST_TEXT:
            raise context_full(f"a prompt has at most {MOST_TEXT} characters, this one {size}")
        return self.items[:-1], prompt


def asked_again(prompt: list[Json]) -> Json:
    """A prompt as an item of the history: the other way round of `Talk.divided`."""
    return _message("user", [_output(part) for part in prompt])


def shown(value: Any) -> str:
    """The beginning of what a client wrote, fit for one line."""
    return repr(value if not isinstance(value, str) else clean(value[:_SHOWN]))[: 2 * _SHOWN]


def plain_text(content: Any, where: str) -> str:
    """The text of a content that has no other parts; those of a model's thoughts are left out.

    Raises:
        AgentError: it is neither text nor a list of parts.
    """
    if content is None or isinstance(content, str):
        return clean(content or "")
    if not isinstance(content, list):
        raise bad_request(f"{where}: content is neither text nor a list of parts")
    texts = (part if isinstance(part, str) else _text_of(mapping(part)) for part in content)
    return clean("".join([text for text in texts if text]))


def tool_text(output: Any) -> str:
    """What a tool gave as text, whatever it is."""
    if isinstance(output, list):
        return clean("\n".join([_text_of(mapping(part)) or "" for part in output]))
    return written(output)


def _text_of(part: Json) -> str | None:
    if part.get("type") not in (*_TEXTS, None):
        return None
    text = part.get("refusal") if part.get("type") == "refusal" else part.get("text")
    return text if isinstance(text, str) else None


def _parts(content: Any, where: str) -> list[Json]:
    if content is None or isinstance(content, str):
        return [{"type": "input_text", "text": clean(content or "")}]
    if not isinstance(content, list):
        raise bad_request(f"{where}: content is neither text nor a list of parts")
    return [_part(part, f"{where}/content/{place}") for place, part in enumerate(listing(content))]


def _part(value: Any, where: str) -> Json:
    part = {"type": "text", "text": value} if isinstance(value, str) else mapping(value)
    kind = part.get("type")
    if kind in _TEXTS:
        return {"type": "input_text", "text": clean(_text_of(part) or "")}
    if kind in _IMAGES:
        return image_part(part, where)
    raise bad_request(f"{where}: an agent takes text and images, not {shown(kind)}")


def _message(role: str, content: list[Json]) -> Json:
    return {"type": "message", "role": role, "content": content}


def _input(part: Json) -> Json:
    if part["type"] == "input_text":
        return {"type": "text", "text": part["text"]}
    detail = {"detail": part["detail"]} if "detail" in part else {}
    return {"type": "image", "url": part["image_url"], **detail}


def _output(part: Json) -> Json:
    if part["type"] == "text":
        return {"type": "input_text", "text": part["text"]}
    detail = {"detail": part["detail"]} if "detail" in part else {}
    return {"type": "input_image", "image_url": part["url"], **detail}
