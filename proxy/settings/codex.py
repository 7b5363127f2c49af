"""An agent in the settings: which Codex, which model, and what it may do."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from driftgate.proxy.settings.part import Part

Sandbox = Literal["read-only", "workspace-write", "danger-full-access"]


class Codex(Part):
    """`[upstreams.NAME.codex]`: how turns are run for an upstream of kind `codex`."""

    model: str = Field(min_length=1, description="Name of the model that Codex asks for.")
    model_upstream: str | None = Field(
        default=None,
        description="Name of the upstream that has the model; not given: the first that is no agent.",
    )
    program: str = Field(
        default="codex", description="The Codex program: a name on the PATH, or a path."
    )
    sandbox: Sandbox = Field(
        default="read-only",
        description="What commands may touch; they never reach the network in the first two.",
    )
    approval_policy: Literal["never", "on-request", "untrusted"] = Field(
        default="never",
        description="When Codex asks before it runs a command: Codex's own `approval_policy`.",
    )
    approvals: Literal["refuse", "accept"] = Field(
        default="refuse", description="What driftgate answers when Codex asks."
    )
    directory: Literal["fresh", "named", "worktree"] = Field(
        default="fresh",
        description="Where a turn works: in an empty directory of its own, in `path` itself, or in a git "
        "worktree of the repository at `path`; the first and the last are removed behind it.",
    )
    path: Path | None = Field(
        default=None, description="The directory or the repository, for `named` and `worktree`."
    )
    isolation: Literal["pool", "process"] = Field(
        default="pool",
        description="`pool`: turns share long-lived Codex processes; `process`: each runs `codex exec` "
        "of its own, which asks for no approval, streams no pieces of messages and tells no single model "
        "calls, so that max_model_calls and max_compactions do not end it.",
    )
    processes: int = Field(default=2, ge=1, le=64, description="Codex processes in the pool.")
    turns_at_once: int = Field(
        default=16, ge=1, le=256, description="Turns that run at one time; more wait."
    )
    waiting: int = Field(
        default=64, ge=0, description="Turns that may wait; more are refused with 429."
    )
    turns_per_process: int = Field(
        default=200, ge=1, description="Turns until a process of the pool is replaced."
    )
    process_memory_mb: int = Field(
        default=600, ge=100, description="Memory in MB at which a process is replaced."
    )
    turn_timeout_s: float = Field(default=900, gt=0, description="Seconds that a turn may take.")
    silence_timeout_s: float = Field(
        default=300, gt=0, description="Seconds that a turn may show no sign of life."
    )
    max_model_calls: int = Field(
        default=100, ge=1, description="Model calls that one turn may make; a loop ends there."
    )
    max_compactions: int = Field(
        default=3,
        ge=0,
        description="Times that one turn may shorten its history; a loop ends there.",
    )
    instructions: str | None = Field(
        default=None, description="Told to Codex besides its own instructions."
    )
    base_instructions: str | None = Field(
        default=None, description="Told to Codex in the place of its own instructions."
    )
    reasoning_effort: str | None = Field(
        default=None, description="Codex's `model_reasoning_effort`; not given: none is sent."
    )
    context_window: int | None = Field(
        default=None,
        ge=1024,
        description="Tokens that the model takes; Codex compacts before that.",
    )

    @field_validator("path")
    @classmethod
    def _expand(cls, path: Path | None) -> Path | None:
        return path if path is None else path.expanduser().absolute()

    @model_validator(mode="after")
    def _check_path(self) -> Self:
        if self.directory != "fresh" and self.path is None:
            raise ValueError(f"directory {self.directory!r} needs path")
        if self.directory == "fresh" and self.path is not None:
            raise ValueError("path is for directory 'named' or 'worktree'")
        return self

    @model_validator(mode="after")
    def _check_asking(self) -> Self:
        if self.isolation == "process" and self.approval_policy != "never":
            raise ValueError(
                "with isolation 'process' Codex can ask nobody: leave out approval_policy, or use "
                "isolation 'pool'"
            )
        return self
