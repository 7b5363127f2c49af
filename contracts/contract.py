"""A contract: what a good input and a good answer of some calls are, and what is done otherwise.

Values that a file is read into (`driftgate.contracts.load`). A contract's id is the hash of its
content, its schemas included, so that the history knows by which text a call was judged.
"""

from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from driftgate.contracts.contract_parts import (
    Count,
    Glob,
    Globs,
    InlineSchema,
    Part,
    Patterns,
    Positive,
    Seconds,
)
from driftgate.contracts.contract_rules import Applies, Rules
from driftgate.contracts.json_values import canonical, content_hash

__all__ = [
    "Applies",
    "Contract",
    "Fallback",
    "Input",
    "Mode",
    "Output",
    "Repair",
    "Retry",
    "Rules",
    "Tools",
]

Finish = Literal["stop", "length", "tool_calls", "content_filter"]
Step = Literal[
    "strip_channel", "tool_call", "tool_id", "collapse_calls", "extract_json", "close_json"
]
STEPS: tuple[Step, ...] = get_args(Step)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _schema_text(schema: Any) -> str | None:
    return None if schema is None else canonical(schema)


class Mode(StrEnum):
    """What a contract does with what it finds."""

    OBSERVE = "observe"  # records it
    ENFORCE = "enforce"  # holds the answer back until it is good


class Input(Part):
    """What a good request is."""

    schema_: InlineSchema | None = Field(
        default=None,
        alias="schema",
        description="JSON Schema of the request's body: the name of a file beside, or a table.",
    )
    max_bytes: Positive | None = Field(default=None, description="Most bytes of the body.")
    max_tokens: Positive | None = Field(
        default=None, description="Most tokens of the input, estimated from its text."
    )
    max_turns: Positive | None = Field(default=None, description="Most user messages.")
    max_tool_rounds: Count | None = Field(
        default=None, description="Most times that tools were called in the conversation."
    )
    unicode: Literal["keep", "NFC"] = Field(
        default="keep", description="`NFC`: texts are sent on in Unicode's composed form."
    )
    control_characters: Literal["keep", "remove", "refuse"] = Field(
        default="keep",
        description="What happens to control characters other than tab and line ends.",
    )

    @cached_property
    def schema_text(self) -> str | None:
        """The schema as canonical JSON; None where there is none."""
        return _schema_text(self.schema_)


class Tools(Part):
    """What good tool calls are."""

    names: Globs | None = Field(
        default=None, description="Patterns of the tools that may be called; all where absent."
    )
    required: StrictBool = Field(default=False, description="A tool must be called.")
    max_calls: Positive | None = Field(default=None, description="Most calls in one answer.")
    forbidden: StrictBool = Field(default=False, description="No tool may be called.")
    arguments: dict[Glob, InlineSchema] = Field(
        default={},
        max_length=100,
        description="By pattern of the tool's name, such as `exec_*`: JSON Schema of the arguments "
        "of its calls, the name of a file beside or a table. Every pattern that matches counts.",
    )

    @cached_property
    def argument_schemas(self) -> tuple[tuple[str, str], ...]:
        """(pattern, schema as canonical JSON) of `arguments`."""
        return tuple((pattern, canonical(schema)) for pattern, schema in self.arguments.items())

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.required and self.forbidden:
            raise ValueError("required and forbidden contradict each other: give one of them")
        return self


class Output(Part):
    """What a good answer is."""

    json_: Literal["whole", "fenced", "first", "any", "none"] | None = Field(
        default=None,
        alias="json",
        description="Where the JSON is: the `whole` text, a `fenced` block, the `first` value in "
        "it, `any` of these, or `none`. Without it: `whole` when there is a schema, else `none`.",
    )
    schema_: InlineSchema | None = Field(
        default=None,
        alias="schema",
        description="JSON Schema of that JSON: the name of a file beside, or a table.",
    )
    ask: Literal["always", "reask", "never"] = Field(
        default="always",
        description="In `enforce` mode, when the request asks for no format of its own: whether the "
        "schema is sent to the server `always`, on a `reask`, or `never`. With tools on offer it is "
        "sent on a re-ask at the earliest, since a server that is bound by a schema calls no tool.",
    )
    min_chars: Count | None = Field(default=None, description="Least characters of the text.")
    max_chars: Count | None = Field(default=None, description="Most characters of the text.")
    max_tokens: Positive | None = Field(
        default=None, description="Most tokens of the answer, as the backend counts them."
    )
    finish: Annotated[tuple[Finish, ...], BeforeValidator(_as_tuple)] | None = Field(
        default=None,
        description="How the answer may end: `stop`, `length`, `tool_calls`, `content_filter`.",
    )
    forbid: Patterns = Field(
        default=(), description="Regular expressions that may not occur in the text."
    )
    ignore: Globs = Field(
        default=(), description="Keywords of built-in checks that are left out, such as `loop`."
    )
    tools: Tools = Field(default=Tools(), description="What good tool calls are.")
    on_failure: Literal["error", "deliver"] = Field(
        default="error",
        description="In `enforce` mode, when nothing helped: an `error` with the violations, or "
        "`deliver` the last answer as it is.",
    )

    @cached_property
    def schema_text(self) -> str | None:
        """The schema as canonical JSON; None where there is none."""
        return _schema_text(self.schema_)

    def ignores(self, keyword: str) -> bool:
        """Whether a built-in finding of this keyword is left out."""
        return any(fnmatchcase(keyword, pattern) for pattern in self.ignore)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.schema_ is not None and self.json_ == "none":
            raise ValueError("a schema needs JSON: leave json out, or the schema")
        low, high = self.min_chars, self.max_chars
        if low is not None and high is not None and low > high:
            raise ValueError(f"min_chars {low} is above max_chars {high}: no text is good")
        return self


class Retry(Part):
    """How often and how long a good answer is tried for, in `enforce` mode."""

    attempts: Annotated[Positive, Field(le=20)] = Field(
        default=3,
        description="Tries in all, the first included; each fallback gets one even so.",
    )
    total_s: Annotated[Seconds, Field(gt=0)] = Field(
        default=300,
        description="Seconds after which nothing is tried again, but a fallback that was not used; "
        "a later try waits no longer for its answer to begin than is left of them, and fallbacks "
        "together no longer than once more.",
    )
    backoff_s: Seconds = Field(
        default=0.5, description="Seconds before the second try; doubled for each further one."
    )
    backoff_limit_s: Seconds = Field(default=8, description="Most seconds between two tries.")
    reasks: Annotated[Count, Field(le=20)] = Field(
        default=1, description="Times that the model is asked again, told what was wrong."
    )


class Repair(Part):
    """What is done to a broken answer without a model, in `enforce` mode."""

    steps: Annotated[tuple[Step, ...], BeforeValidator(_as_tuple)] = Field(
        default=STEPS,
        description="`strip_channel` takes leaked reasoning out, `tool_call` turns a call written as "
        "text into a real one, `tool_id` gives an id to a call without one of its own, "
        "`collapse_calls` leaves one of many equal calls, `extract_json` takes the JSON out of prose, "
        "`close_json` closes what was cut; `[]` for none. They run in this order.",
    )


class Fallback(Part):
    """Where a call goes when the tries at the present place gave no good answer."""

    upstream: str | None = Field(default=None, min_length=1, description="The upstream's name.")
    model: str | None = Field(default=None, min_length=1, description="The model's name.")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.upstream is None and self.model is None:
            raise ValueError("names nothing: give an upstream, a model, or both")
        return self


class Contract(Part):
    """One contract, as one file holds it."""

    name: str = Field(
        pattern=r"^[a-z0-9_-]+\z",
        max_length=100,
        description="Its name: lower-case letters, digits, `_` and `-`.",
    )
    version: str = Field(default="1", max_length=100, description="Its version, for people.")
    description: str = Field(default="", description="What it is for.")
    mode: Mode = Field(
        default=Mode.OBSERVE,
        description="`observe` records what is found; `enforce` also holds the answer back until "
        "it is good.",
    )
    priority: Annotated[int, Field(strict=True)] = Field(
        default=0, description="Of several contracts that apply the one with the highest counts."
    )
    applies: Applies | None = Field(
        default=None,
        description="What it applies to. Without it: only to calls that name it, by the header "
        "`x-driftgate-contract` or `metadata.contract`.",
    )
    input: Input = Field(default=Input(), description="What a good request is.")
    parameters: Rules = Field(default=Rules(), description="The parameters of a request.")
    output: Output = Field(default=Output(), description="What a good answer is.")
    retry: Retry = Field(default=Retry(), description="How often a good answer is tried for.")
    repair: Repair = Field(default=Repair(), description="What is repaired without a model.")
    fallback: Annotated[tuple[Fallback, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), max_length=20, description="Where a call goes next, in this order."
    )

    @cached_property
    def id(self) -> str:
        """The hash of its content, as the text of a UUID."""
        return content_hash(self.content())

    def content(self) -> dict[str, Any]:
        """What it says, as JSON: defaults left out, schemas within. `of_content` reads it back."""
        stated = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {**stated, "name": self.name, "version": self.version, "mode": self.mode.value}

    @classmethod
    def of_content(cls, content: Any) -> "Contract":
        """Back from `content`.

        Raises:
            pydantic.ValidationError: it is not the content of a contract.
        """
        return cls.model_validate(content)
