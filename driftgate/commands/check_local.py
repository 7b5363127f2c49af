"""`doctor`: this machine, the proxy that runs here, the history, and Codex."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from driftgate.commands.checks import Finding, NoReplyError, State, ask, version_of
from driftgate.commands.values import counted
from driftgate.proxy.errors import (
    DriftgateError,
    HistoryBusyError,
    HistoryDamagedError,
    HistoryNewerError,
)
from driftgate.proxy.running import Running
from driftgate.proxy.units import size

LEAST_FREE = 64 << 20  # bytes: below it the proxy refuses calls (journal.min_free_mb)
COMFORTABLE = 2 << 30  # bytes
CODEX_TESTED = (0, 169)
_NOT_THERE = (502, 503, 504)  # what the proxy says of a server that does not answer
_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "ZHJpZnRnYXRlLWRvY3Rvcg==",  # any 16 bytes: RFC 6455 section 4.1
}
_REMEDIES: dict[type[DriftgateError], str] = {
    HistoryBusyError: "close the program that holds it",
    HistoryNewerError: "update driftgate",
    HistoryDamagedError: "move the file away; driftgate starts a new one",
}


def check_disk(history: Path) -> Finding:
    """Is there room for the journal?"""
    folder = history.absolute().parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            "disk",
            State.PROBLEM,
            f"{folder}: {error.strerror}",
            "make the folder, or use --history",
        )
    what = f"{size(free)} free in {folder}"
    if free < LEAST_FREE:
        return Finding("disk", State.PROBLEM, what, "free some space: calls are refused now")
    if free < COMFORTABLE:
        return Finding("disk", State.WARNING, what, "free some space before long")
    return Finding("disk", State.GOOD, what)


def check_history(history: Path) -> Finding:
    """Can the history be read, and is its schema the one we know?"""
    if not history.exists():
        return Finding(
            "history", State.NOTE, f"no history at {history} yet", "`driftgate serve` makes it"
        )
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

    try:
        with open_history(history, wait_s=5.0, drain=False) as reader:
            calls = reader.ask("SELECT count(*) FROM calls").rows[0][0]
            schema = reader.ask("SELECT max(name) FROM schema_migrations").rows[0][0]
    except DriftgateError as error:
        state = State.UNKNOWN if isinstance(error, HistoryBusyError) else State.PROBLEM
        return Finding("history", state, str(error), _REMEDIES.get(type(error)))
    return Finding("history", State.GOOD, f"{history}: {counted(calls, 'call')}, schema {schema}")


def check_proxy(found: Running) -> Iterator[Finding]:
    """Does the proxy run, and does it answer websockets so that Codex falls back at once?"""
    if not found.workers:
        yield Finding(
            "proxy", State.NOTE, "no proxy runs on this history", "start `driftgate serve`"
        )
        return
    listen = str(next(iter(found.workers.values())).get("listen"))
    yield Finding("proxy", State.GOOD, f"{counted(len(found.workers), 'worker')} on {listen}")
    if found.historian is None:
        yield Finding(
            "proxy", State.PROBLEM, "the historian does not answer", "restart `driftgate serve`"
        )
    if found.total("unrecorded"):
        yield Finding(
            "proxy",
            State.PROBLEM,
            f"{found.total('unrecorded')} calls passed unrecorded",
            "free some space, or look at the log of `driftgate serve`",
        )
    yield _websocket(listen if "//" in listen else f"http://{listen}")


def _websocket(url: str) -> Finding:
    try:
        reply = ask(url, "/v1/responses", headers=_UPGRADE)
    except NoReplyError as error:
        return Finding("websocket", State.UNKNOWN, f"{url}: {error}", "is the proxy healthy?")
    if reply.status == 101:  # noqa: PLR2004 - HTTP: switching protocols
        return Finding("websocket", State.GOOD, "the upstream accepts websockets")
    if reply.status == 426:  # noqa: PLR2004 - HTTP: upgrade required
        return Finding("websocket", State.GOOD, "refused with 426: Codex falls back at once")
    if reply.status in _NOT_THERE:
        what = f"an upgrade gets {reply.status}: the model server does not answer"
        return Finding("websocket", State.UNKNOWN, what, "start it, and look again")
    return Finding(
        "websocket",
        State.WARNING,
        f"an upgrade gets {reply.status}: Codex loses seconds before it falls back",
        "set supports_websockets = false for this provider in Codex's config.toml",
    )


def check_codex() -> Finding:
    """Is the Codex CLI here, and is it one we were tested with?"""
    program = shutil.which("codex")
    if program is None:
        return Finding(
            "codex",
            State.NOTE,
            "the Codex CLI is not on PATH (only needed to use Codex)",
            "npm install -g @openai/codex",
        )
    try:
        done = subprocess.run(  # noqa: S603 - the program found on PATH, fixed argument
            [program, "--version"], capture_output=True, timeout=30, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("codex", State.UNKNOWN, f"{program}: {error}", "run `codex --version`")
    version = version_of(done.stdout)
    if version >= CODEX_TESTED:
        return Finding("codex", State.GOOD, done.stdout.strip())
    return Finding(
        "codex",
        State.WARNING,
        f"{done.stdout.strip() or program}: tested with 0.169 and newer",
        "npm install -g @openai/codex",
    )
