"""Fixtures that all tests share: real processes, real parts, and driftgate in front of them."""

import os
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.support import backends, parts
from tests.support.backends import Backend, Codex, Served, Start
from tests.support.order import long_files_first
from tests.support.premade import premade
from tests.support.processes import Proc

if TYPE_CHECKING:
    from tests.support.shown import Shown

# In CI the same examples each time: what is found there must be found again. Elsewhere new ones.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# Tests start some thousand programs of ours, which would compile the same modules each time; and the
# tests themselves, whose assertions pytest rewrites, would be compiled anew by each run.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A skip whose reason begins so is right even where nothing may be skipped.
OTHER_PLATFORM = "platform:"


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    is_skip = report.skipped and not hasattr(report, "wasxfail")
    if not (is_skip and backends.is_required()):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not reason.removeprefix("Skipped: ").startswith(OTHER_PLATFORM):
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped here (DRIFTGATE_TEST_REQUIRE=all): {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test is a failed one."""
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI a skipped module is a failed one."""
    report = yield
    _forbid_skip(report)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Beside another process the long files come first: at the end none waits for one of them."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = long_files_first(items)


@pytest.fixture(scope="session", autouse=True)
def _histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """New histories of this process are copies of an empty one."""
    with premade(tmp_path_factory.mktemp("premade")):
        yield


def _starter() -> Iterator[Start]:
    running: list[Proc] = []

    def start(*args: Any, **kwargs: Any) -> Proc:
        running.append(Proc.start(*args, **kwargs))
        return running[-1]

    yield start
    for process in reversed(running):
        process.end()


@pytest.fixture
def proc() -> Iterator[Start]:
    """Starts real processes; all of them, with their children, are killed after the test."""
    yield from _starter()


@pytest.fixture(scope="session")
def session_proc() -> Iterator[Start]:
    """Likewise, for backends that live through the whole session."""
    yield from _starter()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of models and captures."""
    return parts.shared_folder()


@pytest.fixture(scope="session")
def llama_server(session_proc: Start) -> Backend:
    """A real llama-server with a tiny Gemma 4."""
    return backends.start_llama_server(session_proc)


@pytest.fixture(scope="session")
def llama_server_for_codex(session_proc: Start) -> Backend:
    """The same, ending each answer after 64 tokens: Codex sets no limit of its own.

    It writes its likeliest tokens: among those drawn by chance are lone bytes, and llama-server ends a
    tool call that is no UTF-8 with an error of its own.
    """
    return backends.start_llama_server(session_proc, "-n", "64", "--temp", "0")


@pytest.fixture(scope="session")
def sim(session_proc: Start) -> Backend:
    """The simulated Gemma 4 that driftgate ships."""
    return backends.start_sim(session_proc)


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> "Shown":
    """A history with everything that pages show, to read alone."""
    from tests.support.shown import make  # noqa: PLC0415 - brings what runs need, for few tests

    return make(tmp_path_factory.mktemp("shown"))


@pytest.fixture
def shown_history(shown: "Shown", tmp_path: Path) -> "Shown":
    """A copy of it, to write into or to serve."""
    from tests.support.shown import copied  # noqa: PLC0415 - as above

    return copied(shown, tmp_path)


@pytest.fixture
def serve(proc: Start, tmp_path: Path) -> Callable[..., Served]:
    """Starts `driftgate serve` in front of an upstream, as often as it is called."""

    def start(
        upstream: str,
        *options: str,
        env: dict[str, str] | None = None,
        history: Path | None = None,
    ) -> Served:
        path = history or tmp_path / "history.duckdb"
        return backends.start_serve(proc, upstream, path, *options, env=env)

    return start


@pytest.fixture
def codex(proc: Start, tmp_path: Path) -> Codex:
    """The real Codex CLI."""
    return backends.make_codex(tmp_path / "codex", proc)
