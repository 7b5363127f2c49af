"""What the tables of a contract are made of: the base model, and the kinds of values in them.

Values of a file: a number in quotes is a text and refused, as is a pattern that does not compile.
"""

from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictFloat

from driftgate.contracts.json_values import canonical, shown
from driftgate.contracts.patterns import compiles
from driftgate.contracts.schema import schema_of

# Those that are read from the request's JSON -> the keys under which servers take them: vLLM's
# own word for the first is the second one.
IN_BODY = {
    "repeat_penalty": ("repeat_penalty", "repetition_penalty"),
    "presence_penalty": ("presence_penalty",),
    "frequency_penalty": ("frequency_penalty",),
}
NUMBERS = ("temperature", "top_p", "min_p", *IN_BODY)
WHOLE_NUMBERS = ("top_k", "seed", "max_tokens", "num_ctx")
PARAMETERS = (*NUMBERS, *WHOLE_NUMBERS, "stop", "reasoning_effort")
# Keys of llama.cpp, Ollama, vLLM and LM Studio that steer sampling too; they can be refused alone.
MORE_SAMPLING = (
    *("adaptive_decay", "adaptive_target", "dry_allowed_length", "dry_base", "dry_multiplier"),
    *("dry_penalty_last_n", "dry_sequence_breakers", "dynatemp_exponent", "dynatemp_range"),
    *("ignore_eos", "logit_bias", "min_keep", "min_tokens", "mirostat", "mirostat_eta"),
    *("mirostat_tau", "penalize_newline", "penalty_alpha", "repeat_last_n", "samplers"),
    *("smoothing_factor", "tfs_z", "top_a", "top_n_sigma", "typical", "typical_p"),
    *("xtc_probability", "xtc_threshold"),
)


class Part(BaseModel):
    """A table of a contract: nothing in it changes, nothing unknown is in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _pattern(text: str) -> str:
    why = compiles(text)
    if why is not None:
        raise ValueError(f"the pattern {shown(text)} does not compile: {why}; correct it")
    return text


def _parameter(name: str) -> str:
    return _known(name, PARAMETERS)


def _sent(name: str) -> str:
    return _known(name, (*PARAMETERS, *MORE_SAMPLING))


def _known(name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        near = get_close_matches(name, names, n=1) or [f"one of {', '.join(names)}"]
        raise ValueError(f"unknown parameter; did you mean {near[0]}?")
    return name


def _schema(value: Any) -> Any:
    """A schema that can be used; SchemaProblem, which is a ValueError, says why it cannot."""
    if not isinstance(value, dict | bool):
        raise ValueError("expected a table that is a JSON Schema, or the name of a file with one")  # noqa: TRY004 - pydantic collects ValueErrors
    try:
        text = canonical(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON: {error}; a date must be a text") from None
    schema_of(text)
    return value


def _texts(value: Any) -> Any:
    """A list as a tuple, so that nothing changes it."""
    return tuple(value) if isinstance(value, list) else value


Count = Annotated[int, Field(strict=True, ge=0)]
Positive = Annotated[int, Field(strict=True, ge=1)]
Seconds = Annotated[StrictFloat, Field(ge=0, le=86_400)]
Glob = Annotated[str, Field(min_length=1, max_length=1_000)]
ParameterName = Annotated[str, AfterValidator(_parameter)]
SentName = Annotated[str, AfterValidator(_sent)]
Pattern = Annotated[str, AfterValidator(_pattern)]
InlineSchema = Annotated[Any, BeforeValidator(_schema)]
Globs = Annotated[tuple[Glob, ...], BeforeValidator(_texts)]
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(_texts)]


def parameter_value(name: str, value: Any) -> Any:
    """The value of a parameter, checked.

    Raises:
        ValueError: it is of the wrong kind.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if name in NUMBERS:
        good, kind = number, "a number"
    elif name in WHOLE_NUMBERS:
        good, kind = number and isinstance(value, int), "a whole number"
    elif name == "stop":
        texts = [value] if isinstance(value, str) else value
        good = isinstance(texts, list | tuple) and all(isinstance(each, str) for each in texts)
        kind = "a text or a list of texts"
        value = tuple(texts) if good else value
    else:
        good, kind = isinstance(value, str), "a text"
    if not good:
        raise ValueError(f"{name} must be {kind}, is {shown(value)}")
    return value
