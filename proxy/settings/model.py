"""The settings as values: names, types, defaults and what each is for. Reads no file.

A plain pydantic model, so that it can be handed to a child process as JSON without that process
reading the environment or the file again. `driftgate.proxy.settings.load` loads it from its sources.
"""

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from driftgate.proxy.redact.paths import parse_path

DEFAULT_UPSTREAM = "default"
DEFAULT_UPSTREAM_URL = "http://127.0.0.1:11434"  # where Ollama listens

_NAME = re.compile(r"[a-z0-9_-]+")
_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")
_MAX_PORT = 65535


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Upstream(_Part):
    """A model server that calls are forwarded to."""

    url: str = Field(
        description="Address of the model server, http or https, with a path prefix if it has one."
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

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return _checked_url(url)

    def serves(self, model: str) -> bool:
        """Whether one of the patterns matches this model name."""
        name = model.lower()
        return any(fnmatchcase(name, pattern.lower()) for pattern in self.models)


class JournalSettings(_Part):
    """The append-only files that every call is written to first."""

    durability: Literal["write", "fsync"] = Field(
        default="write",
        description="`write`: a call survives the end of the program; `fsync`: a power loss too, "
        "and each call waits for the disk.",
    )
    fsync_interval_ms: int = Field(
        default=50, ge=1, description="Milliseconds between two flushes to the disk."
    )
    disk_full: Literal["refuse", "pass"] = Field(
        default="refuse",
        description="What happens to calls when the disk is full: `refuse` answers 503, `pass` "
        "forwards them unrecorded and counts them.",
    )
    min_free_mb: int = Field(
        default=64, ge=0, description="Free space in MB below which the disk counts as full."
    )
    segment_mb: int = Field(
        default=64, ge=1, le=4096, description="Size in MB at which a new journal file begins."
    )


class RecordSettings(_Part):
    """How much of a call is kept."""

    body_limit_mb: int = Field(
        default=64,
        ge=0,
        description="Most of one body that is recorded, in MB; all of it is still forwarded.",
    )
    decode_limit_mb: int = Field(
        default=64, ge=1, description="Most that a compressed body may unfold to, in MB."
    )


class RedactSettings(_Part):
    """What never reaches the disk, beside the headers and query keys that are always masked."""

    headers: list[str] = Field(
        default=[], description="Names of further headers whose values are masked."
    )
    query: list[str] = Field(
        default=[], description="Names of further query parameters whose values are masked."
    )
    patterns: list[str] = Field(
        default=[],
        description="Regular expressions; what they match in bodies is masked. A slow expression "
        "slows the recording.",
    )
    json_paths: list[str] = Field(
        default=[],
        description="Places in JSON bodies that are masked, such as `$.input[*].content[*].text`.",
    )

    @field_validator("patterns")
    @classmethod
    def _check_patterns(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                compiled = re.compile(pattern)
            except (re.error, OverflowError, RecursionError) as error:
                raise ValueError(f"pattern {pattern!r} is no regular expression: {error}") from None
            if compiled.match(""):
                raise ValueError(f"pattern {pattern!r} matches the empty text")
        return patterns

    @field_validator("json_paths")
    @classmethod
    def _check_paths(cls, paths: list[str]) -> list[str]:
        for path in paths:
            parse_path(path)
        return paths


class Settings(_Part):
    """driftgate's effective configuration."""

    listen: str = Field(
        default="127.0.0.1:8787",
        description="Address and port to listen on; `[::1]:8787` for IPv6, port 0 for a free one.",
    )
    history: Path = Field(
        default=Path("driftgate.duckdb"),
        description="The DuckDB file; the journal lies beside it.",
    )
    workers: int = Field(
        default=1, ge=1, le=256, description="Worker processes that share the port."
    )
    upstream: str | None = Field(
        default=None,
        description="Short for `upstreams.default.url`, the first upstream; http://127.0.0.1:11434 "
        "when no upstream is given at all.",
    )
    upstreams: dict[str, Upstream] = Field(
        default={},
        description="Model servers by name (a-z, 0-9, _ and -), chosen by model or by `/u/NAME/`.",
    )
    journal: JournalSettings = Field(
        default=JournalSettings(), description="The files every call is written to first."
    )
    record: RecordSettings = Field(
        default=RecordSettings(), description="How much of a call is kept."
    )
    redact: RedactSettings = Field(
        default=RedactSettings(), description="What never reaches the disk."
    )
    fingerprint_interval_s: float = Field(
        default=60, gt=0, description="Seconds between two looks at what the upstreams are."
    )
    shutdown_grace_s: float = Field(
        default=30, ge=0, description="Seconds that running calls get to finish after a stop."
    )
    max_header_kb: int = Field(
        default=256, ge=1, le=16384, description="Largest head of a request or an answer, in KB."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important messages that are shown."
    )

    @model_validator(mode="before")
    @classmethod
    def _fold_upstream(cls, values: Any) -> Any:
        return {"upstreams": {}, **fold_upstream(values)} if isinstance(values, dict) else values

    @field_validator("listen")
    @classmethod
    def _check_listen(cls, listen: str) -> str:
        split_listen(listen)
        return listen

    @field_validator("history")
    @classmethod
    def _expand_history(cls, history: Path) -> Path:
        if history.name in ("", ".."):
            raise ValueError("expected the path of a file")
        return history.expanduser()

    @field_validator("upstreams")
    @classmethod
    def _check_upstreams(cls, upstreams: dict[str, Upstream]) -> dict[str, Upstream]:
        for name in upstreams:
            if not _NAME.fullmatch(name):
                raise ValueError(f"upstream name {name!r} may have a-z, 0-9, _ and - only")
        return upstreams or {DEFAULT_UPSTREAM: Upstream(url=DEFAULT_UPSTREAM_URL)}

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`; an IPv6 host without its brackets."""
        return split_listen(self.listen)

    def effective(self) -> dict[str, Any]:
        """All settings as JSON values: what the history keeps and people see. None is a secret."""
        return self.model_dump(mode="json", exclude={"upstream"})


def fold_upstream(values: dict[str, Any]) -> dict[str, Any]:
    """The same values with `upstream` written as `upstreams.default.url`, its long form."""
    url, named = values.get("upstream"), values.get("upstreams", {})
    rest = {key: value for key, value in values.items() if key != "upstream"}
    if url is None or not isinstance(named, dict):
        return rest
    old = named.get(DEFAULT_UPSTREAM, {})
    old = old.model_dump() if isinstance(old, Upstream) else old
    default = {**old, "url": url} if isinstance(old, dict) else old
    return {**rest, "upstreams": {DEFAULT_UPSTREAM: default, **_others(named)}}


def _others(named: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name != DEFAULT_UPSTREAM}


def split_listen(listen: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[::1]:port`.

    Raises:
        ValueError: it is neither, or the port is not one.
    """
    host, colon, port = listen.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("expected host:port, an IPv6 host in brackets as in [::1]:8787")
    if not colon or not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > _MAX_PORT:
        raise ValueError("expected host:port such as 127.0.0.1:8787, port 0 to 65535")
    return host, int(port)


def without_userinfo(text: str) -> str:
    """The text with names and passwords in addresses (`http://me:secret@host`) replaced."""
    return _USERINFO.sub("redacted@", text)


def journal_root(history: Path) -> Path:
    """The folder of all journals that belong to a history."""
    return history.with_name(history.name + ".journal")


def _checked_url(url: str) -> str:
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
