"""Two tables of a contract: what it applies to, and the parameters that a request may carry."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StrictFloat,
    field_validator,
    model_validator,
)

from driftgate.contracts.contract_parts import (
    NUMBERS,
    WHOLE_NUMBERS,
    Globs,
    ParameterName,
    Part,
    Pattern,
    SentName,
    parameter_value,
)
from driftgate.contracts.json_values import number

Dialect = Literal["responses", "chat", "completions", "ollama_chat", "ollama_generate"]
Names = Annotated[
    tuple[SentName, ...],
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
]
Bounds = Annotated[
    tuple[StrictFloat, StrictFloat],
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
]


class Applies(Part):
    """What a contract applies to without being named. All conditions given must hold."""

    everything: StrictBool = Field(
        default=False, description="`true`: all calls that a model answers."
    )
    dialects: Annotated[
        tuple[Dialect, ...],
        BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
    ] = Field(
        default=(),
        description="Dialects: `responses`, `chat`, `completions`, `ollama_chat`, "
        "`ollama_generate`.",
    )
    paths: Globs = Field(default=(), description="Patterns of the request's path, such as `/v1/*`.")
    models: Globs = Field(
        default=(),
        description="Patterns of the model's name, such as `gemma4*`; upper and lower case are "
        "alike.",
    )
    tags: dict[str, str] = Field(
        default={}, description="What the request's own `metadata` must hold, each of them."
    )
    tools: Globs = Field(
        default=(),
        description="Patterns of tool names; for each a tool that matches must be offered.",
    )
    prompt: Pattern | None = Field(
        default=None, description="A regular expression that occurs in the last user message."
    )

    @model_validator(mode="after")
    def _some_condition(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("says nothing: give a condition, or everything = true")
        return self


class Rules(Part):
    """The sampling parameters of a request: which it gets, and which it may carry."""

    always: dict[ParameterName, Any] = Field(
        default={}, description="Set in every request, whatever the client sent."
    )
    default: dict[ParameterName, Any] = Field(
        default={}, description="Set where the client sent none."
    )
    range: dict[ParameterName, Bounds] = Field(
        default={}, description="The smallest and the largest value that a client may send."
    )
    refuse: Names = Field(default=(), description="Parameters that a client may not send.")
    only: Names | None = Field(
        default=None,
        description="The only parameters that a client may send; other keys that steer sampling, "
        "such as `mirostat`, are refused too.",
    )

    @field_validator("always", "default")
    @classmethod
    def _kinds(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: parameter_value(name, value) for name, value in values.items()}

    @field_validator("range")
    @classmethod
    def _ordered(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name, (low, high) in values.items():
            if name not in (*NUMBERS, *WHOLE_NUMBERS):
                raise ValueError(f"{name} is no number and has no range; leave it out")
            if low > high:
                raise ValueError(f"{name} has no values: {number(low)} is above {number(high)}")
        return values

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.only is not None and self.refuse:
            raise ValueError("refuse and only contradict each other: give one of them")
        for name, value in {**self.default, **self.always}.items():
            low, high = self.range.get(name, (value, value))
            if not isinstance(value, str | tuple) and not low <= value <= high:
                raise ValueError(f"{name} = {number(value)} is outside its own range")
        return self
