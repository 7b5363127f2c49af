"""Each parameter of a request: as sent, as adapted, and what is known of whether it took effect."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from driftgate.dashboards.call.single import plain
from driftgate.proxy.dialects.lenient import mapping, number
from driftgate.proxy.dialects.meaning import Answer, Parameters

_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "seed")
_NAMES = (
    *("model", "stream", *_SAMPLING, "max_tokens", "stop", "num_ctx", "reasoning_effort"),
    *("response_format", "tool_choice", "tools"),
)
_CLOSE = 1e-4  # of numbers that a backend keeps as single floats
_ANY_SEED = (-1, 0xFFFFFFFF)  # llama.cpp's words for none
_VALUE = 200  # characters of a value


class Effect(StrEnum):
    """What is known of a parameter."""

    IN_EFFECT = "in effect"
    NOT = "not in effect"
    UNTOLD = "not told"
    UNSENT = "not sent"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row. sent, adapted: None where it was not; why: how that is known."""

    name: str
    sent: Any
    adapted: Any
    effect: Effect
    why: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a call.

    sent: its parameters; adapted: those of the last attempt, where driftgate wrote the request anew.
    told: the parameters that the backend named in its answer; facts: of its fingerprint.
    violations: rows. row: the call's.
    """

    row: Mapping[str, Any]
    sent: Parameters
    answer: Answer
    adapted: Parameters | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    violations: Sequence[Mapping[str, Any]] = ()


Found = tuple[Effect, str] | None


def took_effect(known: Known) -> list[Parameter]:
    """A row for each parameter that was sent, adapted or is told of, and one for the whole prompt."""
    rows = [row for name in _NAMES if (row := _parameter(name, known)) is not None]
    prompt = _prompt(known)
    return rows if prompt is None else [*rows, prompt]


def _parameter(name: str, known: Known) -> Parameter | None:
    sent = _value(known.sent, name)
    adapted = None if known.adapted is None else _value(known.adapted, name)
    if sent is None and adapted is None:
        default = mapping(known.facts.get("sampling")).get(name)
        if name not in _SAMPLING or (default is None and name not in known.told):
            return None
        told = known.told.get(name, default)
        own = "a new one each time" if name == "seed" and told in _ANY_SEED else _short(told)
        return Parameter(name, None, None, Effect.UNSENT, f"the server's own: {own}")
    effect, why = _effect(name, sent if adapted is None else adapted, known)
    if known.adapted is not None and adapted is None and name != "model":
        effect, why = _dropped(name, known) or (Effect.NOT, "left out when the request was adapted")
    elif known.adapted is not None and sent is not None and adapted != sent:
        why = f"{why}; driftgate changed it"
    return Parameter(name, _shown(sent), _shown(adapted), effect, why)


def _effect(name: str, value: Any, known: Known) -> tuple[Effect, str]:
    """By what was found wrong, else by what the backend says, else by the answer itself."""
    by_answer = _BY_ANSWER.get(name)
    return (
        _dropped(name, known)
        or _unanswered(known)
        or _by_told(name, value, known)
        or (by_answer(value, known) if by_answer else None)
        or (Effect.UNTOLD, "the backend does not say")
    )


def _dropped(name: str, known: Known) -> Found:
    for each in known.violations:
        if each["path"] == f"parameters/{name}" and each["keyword"] == "constraint_dropped":
            mended = "; driftgate mended it" if each["severity"] == "repaired" else ""
            return Effect.NOT, f"{each['reason']}{mended}"
    return None


def _unanswered(known: Known) -> Found:
    answer = known.answer
    if answer.text or answer.reasoning or answer.tool_calls or answer.complete:
        return None if answer.error is None else (Effect.UNTOLD, "the backend refused the request")
    return Effect.UNTOLD, "there was no answer"


def _by_told(name: str, value: Any, known: Known) -> Found:
    told = known.told.get(name)
    if told is None:
        return None
    if _alike(value, told):
        return Effect.IN_EFFECT, "the backend names it in its answer"
    return Effect.NOT, f"the backend says {_short(told)}"


def _alike(one: Any, other: Any) -> bool:
    left, right = number(one), number(other)
    if left is not None and right is not None:
        return abs(left - right) <= _CLOSE * max(1.0, abs(left))
    if isinstance(one, tuple | list):
        return list(one) == (other if isinstance(other, list) else [other])
    if isinstance(other, dict):  # a tool's choice
        return bool(one == mapping(other).get("name") or one == mapping(other).get("type"))
    return bool(one == other)


def _model(value: Any, known: Known) -> Found:
    if known.row["fallback"]:
        return Effect.NOT, f"{known.row['fallback']} answered instead"
    told = known.answer.model
    if not told:
        return None
    left, right = _plain_name(str(value)), _plain_name(told)
    if left.startswith(right) or right.startswith(left):
        return Effect.IN_EFFECT, f"answered by {_short(told)}"
    return Effect.NOT, f"the backend says that {_short(told)} answered"


def _plain_name(model: str) -> str:
    """Without folder, ending and Ollama's default tag."""
    return model.lower().rsplit("/", 1)[-1].removesuffix(".gguf").removesuffix(":latest")


def _stream(value: Any, known: Known) -> Found:
    streamed = known.answer.events is not None
    if streamed == bool(value):
        return (
            Effect.IN_EFFECT,
            f"{known.answer.events} events came" if streamed else "it came whole",
        )
    return Effect.NOT, "it was streamed" if streamed else "it came whole"


def _max_tokens(value: Any, known: Known) -> Found:
    made = known.answer.usage.output_tokens
    if made is None:
        return None
    kept = made <= value or value <= 0  # zero and below mean no limit at some servers
    return (Effect.IN_EFFECT if kept else Effect.NOT), f"{made:,} tokens came"


def _stop(value: Any, known: Known) -> Found:
    text = known.answer.text
    if not text or any(each in text for each in value if each):
        return None
    return Effect.IN_EFFECT, "the text holds none of them"


def _num_ctx(value: Any, known: Known) -> Found:
    told = known.facts.get("n_ctx")
    if not isinstance(told, int | float):
        return None
    enough = told >= value
    return (Effect.IN_EFFECT if enough else Effect.NOT), f"the server runs with {told:,}"


def _response_format(value: Any, known: Known) -> Found:
    if value == "text" or not known.answer.text or known.row["verdict"] not in {"pass", "fail"}:
        return None
    broken = any(
        each["source"] == "request" and _is_text(each["path"]) for each in known.violations
    )
    return (
        (Effect.NOT, "the answer breaks it")
        if broken
        else (Effect.IN_EFFECT, "the answer keeps it")
    )


def _is_text(path: str) -> bool:
    return path.partition("/")[0] == "text"


def _tool_choice(value: Any, known: Known) -> Found:
    called = len(known.answer.tool_calls)
    if not called:
        named = value not in {"auto", "none"}
        return None if named else (Effect.IN_EFFECT, "the answer calls no tool")
    return Effect.IN_EFFECT, f"the answer has {called} tool call{'' if called == 1 else 's'}"


def _tools(value: Any, known: Known) -> Found:
    called = known.answer.tool_calls
    if not called:
        return None
    name = called[0].name
    offered = any(each == name or each.endswith(f".{name}") for each in value)
    return Effect.IN_EFFECT if offered else Effect.UNTOLD, f"the model called {_short(name)}"


def _effort(value: Any, known: Known) -> Found:
    if value in {"none", "false"}:
        thought = bool(known.answer.reasoning)
        return (Effect.NOT, "it reasoned") if thought else (Effect.IN_EFFECT, "it did not reason")
    return (Effect.IN_EFFECT, "it reasoned") if known.answer.reasoning else None


def _prompt(known: Known) -> Parameter | None:
    """Whether the backend read all that was sent."""
    read, context = known.answer.usage.input_tokens, known.facts.get("n_ctx")
    told = f"{read:,} tokens were read" if read else ""
    room = f" of a context of {context:,}" if isinstance(context, int | float) and told else ""
    for each in known.violations:
        if each["keyword"] in {"context_cut", "context_exceeded"}:
            return Parameter("the whole prompt", "all of it", None, Effect.NOT, each["reason"])
    if not told:
        return None
    return Parameter("the whole prompt", "all of it", None, Effect.IN_EFFECT, told + room)


def _value(parameters: Parameters, name: str) -> Any:
    if name == "tools":
        return parameters.tool_names or None
    return getattr(parameters, name)


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        return ", ".join(value)
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def _short(value: Any) -> str:
    return str(plain(value))[:_VALUE]


_BY_ANSWER: dict[str, Callable[[Any, Known], Found]] = {
    "model": _model,
    "stream": _stream,
    "max_tokens": _max_tokens,
    "stop": _stop,
    "num_ctx": _num_ctx,
    "response_format": _response_format,
    "tool_choice": _tool_choice,
    "tools": _tools,
    "reasoning_effort": _effort,
}
