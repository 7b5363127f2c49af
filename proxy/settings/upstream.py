"""One model server in the settings: its address, its limits, what it must be helped with."""

import re
from fnmatch import fnmatchcase
from typing import Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, field_validator, model_validator

from driftgate.proxy.settings.codex import Codex
from driftgate.proxy.settings.part import Part

AGENT_SCHEME = "codex://"  # addresses of agents: no server of their own, a name in these settings
_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")


class Upstream(Part):
    """A model server that calls are forwarded to, or an agent that runs turns for them."""

    kind: Literal["http", "codex"] = Field(
        default="http",
        description="`http`: a model server; `codex`: the Codex CLI, which answers with whole agent "
        "turns and needs a table `codex`.",
    )
    url: str = Field(
        default="",
        description="Address of the model server, http or https, with a path prefix if it has one; "
        "not of an agent.",
    )
    codex: Codex | None = Field(
        default=None, description="How turns are run, where `kind` is `codex`."
    )
    models: list[str] = Field(
        default=[],
        description="Patterns of the model names that go to this upstream, such as `gemma*`; "
        "upper and lower case are alike.",
    )
    connect_timeout_s: float = Field(
        default=5, gt=0, description="Seconds until a connection must stand."
    )
    first_byte_timeout_s: float = Field(
        default=600,
        gt=0,
        description="Seconds until the answer must begin; long, since a large prompt takes long.",
    )
    idle_timeout_s: float = Field(
        default=300, gt=0, description="Seconds that an answer may stand still once it has begun."
    )
    verify_tls: bool = Field(
        default=True, description="Whether the certificate of an https upstream is checked."
    )

    adapt: Literal["responses-to-chat"] | None = Field(
        default=None,
        description="`responses-to-chat`: calls of the Responses API are sent to this upstream's "
        "/v1/chat/completions, and its answers are given back as Responses.",
    )
    adapt_format: bool = Field(
        default=False,
        description="Sends a Responses call's `text.format` as `response_format` too, for servers "
        "that obey only the latter (llama-server).",
    )
    adapt_tools: Literal["keep", "flatten", "drop"] = Field(
        default="keep",
        description="What is done with tools that are no functions, where a server refuses them: "
        "`flatten` offers them as functions, `drop` leaves them out.",
    )
    breaker_failures: int = Field(
        default=5,
        ge=0,
        description="Failures in a row until managed calls leave this upstream alone for a while, one "
        "more for each call under way; 0: never.",
    )
    breaker_open_s: float = Field(
        default=10,
        gt=0,
        description="Seconds until one call may try again; they double while it still fails.",
    )
    retry_ratio: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Retries that each managed call adds to what this upstream may be sent.",
    )
    retry_min: int = Field(
        default=10, ge=0, description="Retries that each minute adds besides, without any call."
    )

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return url if url.startswith(AGENT_SCHEME) else checked_url(url)

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        agent = self.kind == "codex"
        if agent and self.codex is None:
            raise ValueError("an agent needs a table `codex` that names its `model`")
        if self.codex is not None and not agent:
            raise ValueError('a table `codex` is for an agent: it needs kind = "codex"')
        if not agent and not self.url.startswith(("http://", "https://")):
            raise ValueError("it needs url, the address of a model server")
        if agent and (self.adapt or self.adapt_format or self.adapt_tools != "keep"):
            raise ValueError(
                "adapt, adapt_format and adapt_tools are for the agent's model_upstream"
            )
        return self

    def serves(self, model: str) -> bool:
        """Whether one of the patterns matches this model name."""
        name = model.lower()
        return any(fnmatchcase(name, pattern.lower()) for pattern in self.models)


def without_userinfo(text: str) -> str:
    """The text with names and passwords in addresses (`http://me:secret@host`) replaced."""
    return _USERINFO.sub("redacted@", text)


def checked_url(url: str) -> str:
    """The address in one spelling; ValueError says what is wrong with it."""
    expected = "expected an address such as http://127.0.0.1:11434"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{expected} ({error})") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError(expected)
    if parts.query or parts.fragment or re.search(r"[\x00-\x20\x7f]", url):
        raise ValueError(f"{expected}, without query, fragment or blanks")
    if "@" in parts.netloc:  # it would stand in records, messages and errors
        raise ValueError(
            f"{expected}, without name and password: clients send their own Authorization"
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
