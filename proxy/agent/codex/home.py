"""An agent's CODEX_HOME: a directory of its own and the smallest configuration, both made by driftgate.

The user's own Codex, its accounts, its history and its configuration are not touched and not read.
What a thread is given (directory, sandbox, provider) overrides what stands here.
"""

import json
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.agent.steps import TurnError
from driftgate.proxy.errors import Fault
from driftgate.proxy.settings.codex import Codex

# why each: with these and no others Codex makes no connection but to its model provider
_FIXED = """\
web_search = "disabled"
check_for_update_on_startup = false
include_apps_instructions = false
include_collaboration_mode_instructions = false
model_reasoning_summary = "none"
show_raw_agent_reasoning = true
# `bash -c` instead of `bash -lc`: a login profile may cost 0.2 s for each command
allow_login_shell = false
# a thread is dropped from memory when its turn is over
thread_unload_delay_secs = 0
suppress_unstable_features_warning = true

[analytics]
enabled = false

[history]
persistence = "none"

[agents]
enabled = false

[skills]
include_instructions = false

[features]
"""
# not for turns that no person looks at; several would connect to the outside, or start login shells
_OFF = (
    *("apps", "browser_use", "computer_use", "daemon_auto_start", "goals", "guardian_approval"),
    *("hooks", "image_generation", "in_app_browser", "memories", "plugins", "remote_plugin"),
    *("shell_snapshot", "skill_mcp_dependency_install", "skill_search", "system_proxy_fallback"),
    *("tool_suggest", "unbounded_connection_retries", "workspace_dependencies"),
)
# In Codex's sandbox bash takes its closed network for a remote login and reads ~/.bashrc, unless it is
# told that it runs in another shell.
_SHELL = """\

[shell_environment_policy]
inherit = "all"
exclude = ["DRIFTGATE_*", "CODEX_HOME"]
set = { SHLVL = "1" }
"""
TURN = "turn-"  # how the names of what one turn has here begin
_OLD_S = 86_400.0
PROFILE = ".config.toml"  # how the name of a turn's part of the configuration ends
_READ_S = 120.0  # Codex has long read it by then; a client's key may stand in it
_ONE = threading.Lock()  # turns in processes of their own begin at one time
_CONFIG = "config.toml"
_BASE = "base.md"
# Codex logs prompts and commands in a database that grows by 50 kB a turn. A directory of its name
# stands in the way; the number is its schema's.
_LOGS = tuple(f"logs_{number}.sqlite" for number in range(1, 10))


def config(codex: Codex, home: Path) -> str:
    """The text of `config.toml`.

    Args:
        codex: the agent's settings.
        home: the directory that it is for.
    """
    told = {
        "model": codex.model,
        # Codex does not start with "untrusted" in this file, but takes it for a thread
        "approval_policy": None if codex.approval_policy == "untrusted" else codex.approval_policy,
        "sandbox_mode": codex.sandbox,
        "model_reasoning_effort": codex.reasoning_effort,
        "model_context_window": codex.context_window,
        "developer_instructions": codex.instructions,
        "model_instructions_file": str(home / _BASE) if codex.base_instructions else None,
    }
    lines = [f"{key} = {toml(value)}\n" for key, value in told.items() if value is not None]
    off = [f"{name} = false\n" for name in _OFF]
    return (
        "# written by driftgate at each start\n" + "".join(lines) + _FIXED + "".join(off) + _SHELL
    )


def prepare(codex: Codex, home: Path) -> None:
    """Makes the directory what it must be, whatever an earlier run has left there.

    Args:
        codex: the agent's settings.
        home: the directory; made with its parents, for this user alone.

    Raises:
        AgentError: it cannot be written.
    """
    try:
        with _ONE:
            _prepare(codex, home)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        said = f"the agent's directory {home} cannot be written: {reason}"
        raise AgentError(TurnError("workspace_failed", said, Fault.DRIFTGATE, 500)) from None


def _prepare(codex: Codex, home: Path) -> None:
    for folder in (home.parent, home):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    for name in _LOGS:
        _block(home / name)
    _clear(home)
    if codex.base_instructions:
        write(home / _BASE, codex.base_instructions)
    write(home / _CONFIG, config(codex, home))


def write(path: Path, text: str) -> None:
    """Writes a file for this user alone; who reads it meanwhile has the old one, or all of the new one."""
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(fd, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def toml(value: object) -> str:
    """A value in TOML: strings, numbers, booleans, lists, mappings (in one line) of them."""
    if isinstance(value, dict):
        inner = (f"{toml(str(key))} = {toml(each)}" for key, each in value.items())
        return "{ " + ", ".join(inner) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        # JSON's strings are TOML's, but for DEL, and surrogates, which have no place in either
        plain = value.encode("utf-8", "replace").decode()
        return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _clear(home: Path) -> None:
    """Removes what runs of a killed driftgate have left; what runs now is younger."""
    for path in home.glob(f"{TURN}*"):
        limit_s = _READ_S if path.name.endswith(PROFILE) else _OLD_S
        if _age_s(path) > limit_s:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except FileNotFoundError:  # its own run has removed it meanwhile
        return 0


def _block(path: Path) -> None:
    if not path.is_dir():
        path.unlink(missing_ok=True)
        for more in ("-wal", "-shm"):
            path.with_name(path.name + more).unlink(missing_ok=True)
        path.mkdir()
