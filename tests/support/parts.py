"""Where the real parts are: models, llama-server, the Codex CLI, promtool. Absent ones skip, with the reason."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.processes import ROOT


def shared_folder() -> Path:
    """The folder of models and captures beside the repository (or DRIFTGATE_SHARED)."""
    folder = Path(os.environ.get("DRIFTGATE_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no models and captures at {folder}; DRIFTGATE_SHARED names another place")
    return folder.resolve()


def cache_folder() -> Path:
    """Where `.ci/run` keeps what it made once for this machine."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftgate"


def _program(variable: str, name: str, pattern: str, how: str) -> Path:
    if named := os.environ.get(variable):
        if not os.access(named, os.X_OK):
            pytest.fail(f"{variable} names {named}, which is no program")
        return Path(named)
    made = [path for path in sorted(cache_folder().glob(pattern)) if os.access(path, os.X_OK)]
    if made:
        return made[-1]
    if on_path := shutil.which(name):
        return Path(on_path)
    pytest.skip(f"no {name}; {how}, or {variable} names it")


def llama_server_program() -> Path:
    """llama.cpp's llama-server."""
    return _program(
        "DRIFTGATE_LLAMA_SERVER",
        "llama-server",
        "llama-server/*/bin/llama-server",
        "tools/build-llama-server of the shared folder builds it",
    )


def codex_program() -> Path:
    """The native program of the Codex CLI; the node launcher around it only costs time."""
    return _program(
        "DRIFTGATE_TEST_CODEX",
        "codex",
        "codex-*/node_modules/@openai/codex-*/vendor/*/bin/codex",
        "npm installs it as @openai/codex",
    )


def promtool() -> Path:
    """Prometheus' own checker of rules and metrics."""
    return _program(
        "DRIFTGATE_TEST_PROMTOOL",
        "promtool",
        "promtool/promtool",
        "Debian has it in the package prometheus",
    )


def tiny_model(name: str = "gemma4-tiny-v1-f16.gguf") -> Path:
    """A tiny Gemma 4 of the shared folder."""
    path = shared_folder() / "models" / name
    if not path.is_file():
        pytest.skip(f"no model {path}")
    return path


def chromium_program() -> Path:
    """Debian's Chromium, or another one."""
    return _program(
        "DRIFTGATE_TEST_CHROMIUM",
        "chromium",
        "chromium-*/chrome",
        "Debian's package is called chromium",
    )


def axe_script() -> str:
    """The source of axe-core, which finds what keeps people out."""
    named = os.environ.get("DRIFTGATE_TEST_AXE")
    made = (
        [Path(named)]
        if named
        else sorted(cache_folder().glob("axe-*/node_modules/axe-core/axe.min.js"))
    )
    if not made or not made[-1].is_file():
        pytest.skip("no axe-core; npm installs it, and DRIFTGATE_TEST_AXE names its axe.min.js")
    return made[-1].read_text("utf-8")
