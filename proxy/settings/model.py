"""The settings as values: names, types, defaults and what each is for. Reads no file.

A plain pydantic model, so that it can be handed to a child process as JSON without that process
reading the environment or the file again. `driftgate.proxy.settings.load` loads it from its sources.
"""

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from driftgate.proxy.redact.paths import parse_path
from driftgate.proxy.settings.agents import with_agents
from driftgate.proxy.settings.dashboard import Dashboard
from driftgate.proxy.settings.otel import Otel
from driftgate.proxy.settings.part import Part
from driftgate.proxy.settings.shadow import Shadow
from driftgate.proxy.settings.upstream import Upstream

__all__ = [
    "DEFAULT_CONTRACTS",
    "DEFAULT_UPSTREAM",
    "DEFAULT_UPSTREAM_URL",
    "Dashboard",
    "JournalSettings",
    "Otel",
    "RecordSettings",
    "RedactSettings",
    "Settings",
    "Shadow",
    "Upstream",
    "fold_upstream",
    "journal_root",
    "split_listen",
]

DEFAULT_UPSTREAM = "default"
DEFAULT_CONTRACTS = Path("contracts")  # may be missing; a folder that was named may not
DEFAULT_UPSTREAM_URL = "http://127.0.0.1:11434"  # where Ollama listens

_NAME = re.compile(r"[a-z0-9_-]+")
_MAX_PORT = 65535


class JournalSettings(Part):
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


class RecordSettings(Part):
    """How much of a call is kept."""

    body_limit_mb: int = Field(
        default=64,
        ge=0,
        description="Most of one body that is recorded, in MB; all of it is still forwarded.",
    )
    decode_limit_mb: int = Field(
        default=64, ge=1, description="Most that a compressed body may unfold to, in MB."
    )


class RedactSettings(Part):
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


class Settings(Part):
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
    contracts: Path = Field(
        default=DEFAULT_CONTRACTS,
        description="Folder of contract files (TOML), read at the start; contracts that come with "
        "driftgate apply besides. The default folder may be missing.",
    )
    shadow: Shadow = Field(
        default=Shadow(), description="A candidate that calls are sent to as well."
    )
    dashboard: Dashboard = Field(
        default=Dashboard(), description="The pages at `/_driftgate/`, and `/metrics`."
    )
    otel: Otel = Field(default=Otel(), description="Spans and metrics for a collector.")
    announce_verdict: bool = Field(
        default=False,
        description="Adds the verdict to answers: header `x-driftgate-verdict`, and a comment at "
        "the end of a stream. Calls are then managed, no longer passed through.",
    )
    hold_head_s: float = Field(
        default=20,
        gt=0,
        description="Seconds that a streamed answer's head waits while the answer is held back and "
        "judged; then the stream begins with keep-alive events.",
    )
    keep_alive_s: float = Field(
        default=15,
        gt=0,
        description="Seconds between two keep-alive events while an answer is held back.",
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
    log_format: Literal["pretty", "json"] = Field(
        default="pretty", description="`pretty`: lines for people; `json`: an object a line."
    )
    log_calls: Literal["none", "failed", "all"] = Field(
        default="none", description="Which calls get a line of their own, once they are recorded."
    )
    log_content: bool = Field(
        default=False, description="Whether these lines hold prompts and answers, too."
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

    @field_validator("contracts")
    @classmethod
    def _expand_contracts(cls, contracts: Path) -> Path:
        return contracts.expanduser()

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
        return with_agents(upstreams) or {DEFAULT_UPSTREAM: Upstream(url=DEFAULT_UPSTREAM_URL)}

    @field_validator("shadow")
    @classmethod
    def _check_shadow(cls, shadow: Shadow, info: ValidationInfo) -> Shadow:
        if shadow.upstream is not None and "upstreams" in info.data:
            shadow.candidate(info.data["upstreams"])
        return shadow

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


def journal_root(history: Path) -> Path:
    """The folder of all journals that belong to a history."""
    return history.with_name(history.name + ".journal")
