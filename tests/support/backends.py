"""Backends and driftgate itself as real processes, for fixtures."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftgate.proxy.admin import ask, socket_path
from tests.support.parts import codex_program, llama_server_program, tiny_model
from tests.support.premade import begin
from tests.support.processes import DRIFTGATE, LISTENING, Proc, free_port
from tests.support.waiting import wait_until

Start = Callable[..., Proc]


@dataclass(frozen=True)
class Backend:
    """A running model server. `url` has no path and no slash at its end."""

    url: str
    process: Proc
    model: str


@dataclass(frozen=True)
class Served:
    """A running `driftgate serve` and the history it writes."""

    url: str
    history: Path
    process: Proc

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a question; calls that have ended are in the history before it is asked."""
        from driftgate.proxy.history.reader import (  # noqa: PLC0415 - DuckDB only where it is asked
            open_history,
        )

        with open_history(self.history) as reader:
            return reader.ask(sql).rows

    def command(self, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        """What a command says of this history; its end is awaited."""
        command = [*DRIFTGATE, *map(str, words), "--history", str(self.history)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    def ask_until(self, sql: str, rows: int, timeout_s: float = 20.0) -> list[tuple[Any, ...]]:
        """Ask until at least so many rows are there: for what is written after the last byte."""
        return wait_until(
            lambda: found if len(found := self.ask(sql)) >= rows else [],
            timeout_s,
            what=f"{rows} rows of {sql}",
        )


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start_llama_server(
    start: Start, *options: str, alias: str = "gemma4-tiny", model: Path | None = None
) -> Backend:
    """A real llama-server with a tiny Gemma 4, one thread, the 8,192 tokens it was trained for.

    The first prompt of a Codex CLI in its smallest configuration takes about 1,800 of them.
    """
    url = f"http://127.0.0.1:{(port := free_port())}"
    where = ["--host", "127.0.0.1", "--port", str(port), "--no-webui", "--offline"]
    which = ["-m", str(model or tiny_model()), "--alias", alias, "--jinja", "--reasoning", "off"]
    size = ["-c", "8192", "-np", "1", "-t", "1"]
    process = start([llama_server_program(), *which, *size, *where, *options])
    process.wait_for(r"listening on", 30)
    wait_until(lambda: answers(f"{url}/health"), 30, what="llama-server to load its model")
    return Backend(url, process, alias)


def start_sim(start: Start, *options: str) -> Backend:
    """The simulated Gemma 4 that driftgate ships."""
    process = start([*DRIFTGATE, "sim", "--listen", "127.0.0.1:0", *options])
    return Backend(process.wait_for(LISTENING)[1].rstrip("/"), process, "gemma4-sim:v1")


def start_serve(
    start: Start, upstream: str, history: Path, *options: str, env: dict[str, str] | None = None
) -> Served:
    """`driftgate serve` in front of an upstream, on a port of its own, with its history made."""
    where = ["--listen", "127.0.0.1:0", "--history", str(history)]
    command = [*DRIFTGATE, "serve", *where, "--upstream", upstream, *options]
    begin(history)  # `driftgate demo` and others make theirs from nothing
    process = start(command, env=env)
    url = process.wait_for(LISTENING)[1].rstrip("/")
    historian, drain = socket_path(history, "history"), {"op": "drain"}
    wait_until(lambda: (ask(historian, drain) or {}).get("drained"), 30, what="the history")
    return Served(url, history, process)


def agent_variables(name: str = "agent", **codex: str | int) -> dict[str, str]:
    """Variables that make an upstream a Codex of the simulated model, or as its settings say."""
    settings = {"model": "gemma4-sim:v1", "program": codex_program(), **codex}
    prefix = f"DRIFTGATE_UPSTREAMS__{name.upper()}"
    named = {f"{prefix}__CODEX__{key.upper()}": str(value) for key, value in settings.items()}
    return {f"{prefix}__KIND": "codex", **named}


_CODEX_CONFIG = """\
approval_policy = "never"
sandbox_mode = "danger-full-access"
web_search = "disabled"
model_context_window = 8192
check_for_update_on_startup = false
include_permissions_instructions = false
include_environment_context = false
include_apps_instructions = false
include_collaboration_mode_instructions = false
model_instructions_file = "{instructions}"
model_reasoning_effort = "low"
model_reasoning_summary = "none"
[analytics]
enabled = false
[agents]
enabled = false
[features]
goals = false
apps = false
plugins = false
view_image = false
skill_search = false
hooks = false
unbounded_connection_retries = false
shell_snapshot = false
memories = false
[skills]
include_instructions = false
"""


@dataclass(frozen=True)
class CodexRun:
    """What a `codex exec --json` said and did."""

    code: int
    events: list[dict[str, Any]]
    output: str

    @property
    def thread_id(self) -> str:
        """The id of its thread, which is driftgate's session."""
        return str(next(e for e in self.events if e["type"] == "thread.started")["thread_id"])

    def items(self, kind: str) -> list[dict[str, Any]]:
        """Its completed items of one type, such as agent_message or command_execution."""
        done = [e["item"] for e in self.events if e["type"] == "item.completed"]
        return [item for item in done if item["type"] == kind]


@dataclass(frozen=True)
class Codex:
    """The real Codex CLI with a home of its own and the smallest configuration.

    Its sandbox is off: tests ask for harmless commands only, and a sandbox inside a container
    often cannot start.
    """

    program: Path
    home: Path
    start: Start

    def run(self, prompt: str, *options: str, env: dict[str, str] | None = None) -> CodexRun:
        """One turn, with --json; ends within two minutes."""
        work = self.home / "work"
        work.mkdir(exist_ok=True)
        words = [self.program, "exec", "--json", "--skip-git-repo-check", *options, prompt]
        private = {"CODEX_HOME": str(self.home), "NO_PROXY": "127.0.0.1", "HOME": str(self.home)}
        process = self.start(words, cwd=work, env={**private, **(env or {})})
        code = wait_for_end(process, 120)
        lines = [line for line in process.output if line.startswith("{")]
        return CodexRun(code, [json.loads(line) for line in lines], process.text)

    def provider(self, base_url: str, **settings: str | int) -> Sequence[str]:
        """Options that make a URL a custom provider, which retries nothing by itself."""
        table = {"name": "driftgate", "base_url": base_url, "wire_api": "responses"}
        limits = {"request_max_retries": 0, "stream_max_retries": 0}
        fields = {**table, **limits, **settings}
        inline = ", ".join(f"{key} = {json.dumps(value)}" for key, value in fields.items())
        return ("-c", 'model_provider="tested"', "-c", f"model_providers.tested={{{inline}}}")


def wait_for_end(process: Proc, timeout_s: float) -> int:
    """The exit code of a program that ends by itself, with all its output read."""
    wait_until(lambda: process.popen.poll() is not None, timeout_s, what=process.command[0])
    code = process.popen.returncode
    process.end()
    return int(code)


def make_codex(home: Path, start: Start) -> Codex:
    """A Codex with a fresh home, which must not lie under a folder that it calls temporary."""
    program = codex_program()
    home.mkdir(parents=True, exist_ok=True)
    instructions = home / "instructions.md"
    instructions.write_text("You are a terse assistant.\n", encoding="utf-8")
    config = _CODEX_CONFIG.format(instructions=instructions)
    (home / "config.toml").write_text(config, encoding="utf-8")
    return Codex(program, home, start)


def is_required() -> bool:
    """Whether an absent part fails a test instead of skipping it (CI says so)."""
    return os.environ.get("DRIFTGATE_TEST_REQUIRE") == "all"
