"""A configuration: what answers in one arm of a run, and how it is asked. A frozen value.

The same model says what the baseline is. Whatever is not given stays as it was recorded.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from driftgate.contracts.json_values import content_hash
from driftgate.proxy.errors import UsageError
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.upstream import Upstream, checked_url
from driftgate.replay.candidate import values
from driftgate.replay.candidate.problems import problem_of
from driftgate.replay.candidate.public import contract_versions, secret_free, secret_values

DEFAULT_KEY = "OPENAI_API_KEY"  # the variable that OpenAI's own clients read
MOST_AT_ONCE = 1024
MOST_REPETITIONS = 100
ADAPTING = ("adapt", "adapt_format", "adapt_tools")
_CONTENTS = ("system", "tools", "patch")
LIMITS = ("connect_timeout_s", "first_byte_timeout_s", "idle_timeout_s", "verify_tls")


def _as_in_the_proxy(name: str) -> Any:
    """A key with the default, the limits and the description that the proxy's settings have."""
    return Upstream.model_fields[name]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...], BeforeValidator(_tuple)
]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Part(BaseModel):
    """A table of a candidate's file: nothing unknown is in it, a number in quotes is a text."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_default=True,  # a limit of 5 s is 5.0, given or not: the hash is the same
    )


class Tools(Part):
    """Other tools on offer than the recorded ones."""

    replace: Annotated[tuple[dict[str, Any], ...] | None, BeforeValidator(values.tool_list)] = (
        Field(
            default=None,
            description="Declarations that stand instead of the recorded ones; in the file: `file`, the "
            "name of a JSON file with the array.",
        )
    )
    drop: Names = Field(
        default=(),
        description="Names of tools that are not offered; a namespace's as `namespace.name`, a "
        "namespace or a hosted tool by its own name or type.",
    )


class Configuration(Part):
    """What answers, and how it is asked. Every key may be missing: then all is as recorded."""

    upstream: str | None = Field(
        default=None,
        description="Address of the model server; without it each call's recorded one.",
    )
    model: Annotated[str, Field(min_length=1, max_length=1_000)] | None = Field(
        default=None, description="Model that is asked for instead of the recorded one."
    )
    set: Annotated[dict[str, Any], BeforeValidator(values.parameters)] = Field(
        default={},
        description="Sampling parameters by their neutral names; each dialect's own words are used.",
    )
    unset: Annotated[tuple[str, ...], BeforeValidator(values.removable)] = Field(
        default=(), description="Parameters that are taken out of the requests."
    )
    patch: Annotated[tuple[dict[str, Any], ...], BeforeValidator(values.operations)] = Field(
        default=(),
        description="Operations of a JSON Patch (RFC 6902) on each request's JSON; or `file`, the "
        "name of a JSON file with the list.",
    )
    system: str | None = Field(
        default=None,
        description="System prompt instead of the recorded one, `{recorded}` stands for that; or "
        "`file`, the name of a text file.",
    )
    tools: Tools | None = Field(default=None, description="Other tools than the recorded ones.")
    adapt: Literal["responses-to-chat"] | None = _as_in_the_proxy("adapt")
    adapt_format: bool = _as_in_the_proxy("adapt_format")
    adapt_tools: Literal["keep", "flatten", "drop"] = _as_in_the_proxy("adapt_tools")
    contracts: Annotated[Path | None, Field(strict=False)] = Field(
        default=None,
        description="Folder with the contracts that judge this arm; without it those in force.",
    )
    concurrency: int = Field(
        default=4, ge=1, le=MOST_AT_ONCE, description="Calls of this arm that run at one time."
    )
    k: int = Field(
        default=2, ge=1, le=MOST_REPETITIONS, description="Answers of each arm to each call."
    )
    retries: int = Field(
        default=2, ge=0, le=100, description="Times that a call which failed is sent again."
    )
    api_key_env: Annotated[str | None, BeforeValidator(values.variable)] = Field(
        default=None,
        description="Environment variable with the key that is sent as `Authorization: Bearer`; empty: "
        "none is sent. Without it `OPENAI_API_KEY`, to the server alone that the recorded call sent a "
        "key to.",
    )
    headers_env: Annotated[dict[str, str], BeforeValidator(values.header_variables)] = Field(
        default={}, description="Headers, and the environment variables that hold their values."
    )
    fresh: Annotated[tuple[str, ...], BeforeValidator(values.fresh_parts)] = Field(
        default=(),
        description="Volatile parts that are made anew instead of sent as recorded: `ids`, `dates`, "
        "`cwd`, `prompt_cache_key`, `client_metadata`.",
    )
    connect_timeout_s: Seconds = _as_in_the_proxy("connect_timeout_s")
    first_byte_timeout_s: Seconds = _as_in_the_proxy("first_byte_timeout_s")
    idle_timeout_s: Seconds = _as_in_the_proxy("idle_timeout_s")
    verify_tls: bool = _as_in_the_proxy("verify_tls")

    @field_validator("upstream")
    @classmethod
    def _check_upstream(cls, url: str | None) -> str | None:
        return None if url is None else checked_url(url)

    @model_validator(mode="after")
    def _check_both(self) -> "Configuration":
        both = sorted({*self.set} & {*self.unset})
        if both:
            raise ValueError(f"{both[0]} is both in `set` and in `unset`; take one out")
        return self

    @classmethod
    def of_upstream(cls, upstream: Upstream, **more: Any) -> "Configuration":
        """A configuration that asks as the proxy asks this upstream: its adapters, limits, address."""
        same = {name: getattr(upstream, name) for name in (*ADAPTING, *LIMITS)}
        return cls(upstream=upstream.url, **same, **more)

    def as_upstream(self) -> Upstream:
        """The upstream in the proxy's own words, for `driftgate.proxy.upstream`.

        Raises:
            UsageError: the configuration names no address.
        """
        same = {name: getattr(self, name) for name in (*ADAPTING, *LIMITS)}
        try:
            return Upstream(url=self.upstream or "", **same)
        except ValidationError as error:
            raise UsageError(f"upstream: {problem_of(error, Upstream)[1]}") from None

    def public(self, redactor: Redactor | None = None) -> dict[str, Any]:
        """What may be stored and shown: JSON types, no secrets, hashes of what files held.

        Of the contracts, their names and content hashes: the same contracts are the same
        configuration, wherever they lie.

        Args:
            redactor: with what people want redacted in bodies; None: nothing.

        Raises:
            UsageError: a contract cannot be used.
        """
        named = {"api_key_env": self.api_key_env, "headers_env": dict(self.headers_env)}
        said = self.model_dump(exclude={"contracts", *named})
        hidden = secret_values((self.api_key_env or DEFAULT_KEY, *self.headers_env.values()))
        free: dict[str, Any] = secret_free(said, hidden)
        if redactor is not None:
            data = json.dumps(free).encode()
            free = json.loads(redactor.request_body(data, None))
        free |= named | {"contracts": contract_versions(self.contracts)}
        held = {name: free[name] for name in _CONTENTS if free[name]}
        return free | {"hashes": {name: content_hash(value) for name, value in held.items()}}

    def hash(self, redactor: Redactor | None = None) -> str:
        """The content hash of `public()`, as the text of a UUID."""
        return content_hash(self.public(redactor))
