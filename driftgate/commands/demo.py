"""`driftgate demo`: record real traffic to a simulated Gemma 4, then ask about it in SQL."""

import importlib.util
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from driftgate.demo.questions import AGENT_CALL, QUESTIONS, go_on
from driftgate.guarded import output_of, plain_environment, started
from driftgate.proxy.errors import DriftgateError, UsageError

EXAMPLES = (
    "driftgate demo",
    "driftgate demo --stay",
    "driftgate demo --keep ./driftgate-demo",
)
_CLIENTS = ("openai", "ollama")
_HISTORY = "driftgate.duckdb"
PAUSE_S = 3.0  # between two scenes while somebody looks
PATIENCE = 3  # failures in a row
_PACE = ("--tokens-per-second", "200", "--prefill-ms", "30")


def command(
    *,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Record into this folder and keep it."),
    ] = None,
    stay: Annotated[
        bool,
        typer.Option(
            "--stay", help="Go on until Ctrl-C, with more traffic, to look at it in a browser."
        ),
    ] = False,
) -> None:
    """See it work: a simulated Gemma 4, driftgate in front of it, and real clients.

    Starts `driftgate sim` and `driftgate serve` on free ports, sends traffic with the openai and
    ollama clients, then prints what was recorded. Ends by itself in well under a minute, or with
    --stay when you have seen enough of its dashboard.
    """
    _require_clients()
    signal.signal(signal.SIGTERM, _leave)
    with _folder(keep) as folder:
        history = folder / _HISTORY
        with _started(folder, history) as url:
            _send(url)
            _ask(history)
            if stay:
                _stay(url)
        _say(go_on(str(history) if keep else None))


@contextmanager
def _started(folder: Path, history: Path) -> Iterator[str]:
    """A simulated backend with the proxy in front of it, whose address is given."""
    around: Any = {"folder": folder, "environment": plain_environment()}
    sim_words = ("sim", "--listen", "127.0.0.1:0", *_PACE)
    with started("driftgate sim", *sim_words, **around) as sim:
        _note(f"driftgate sim is a simulated Gemma 4 at {sim.url}")
        words = (
            "serve",
            "--upstream",
            sim.url,
            "--listen",
            "127.0.0.1:0",
            "--history",
            str(history),
        )
        with started("driftgate serve", *words, **around) as proxy:
            _note(f"driftgate serve stands in front of it at {proxy.url}")
            yield proxy.url


def _send(base: str) -> None:
    """Play every scene; one line each on stderr."""
    from driftgate.demo.traffic import Traffic  # noqa: PLC0415 - the clients may be missing

    traffic = Traffic(base)
    try:
        for name, scene in traffic.scenes.items():
            began = time.monotonic()
            said = scene()
            _note(f"  {name:<30} {(time.monotonic() - began) * 1e3:5.0f} ms  {said[:110]}")
    finally:
        traffic.close()


def _stay(base: str) -> None:
    """Plays the scenes again, one every few seconds, until Ctrl-C."""
    from driftgate.demo.traffic import Traffic  # noqa: PLC0415 - the clients may be missing

    _say(f"All of it in a browser, with more calls as you look: {base}/_driftgate/")
    _say(
        "Try it: “failing only”, then the call about Erik: its page says why it fails, and replays it."
    )
    _note("Ctrl-C ends the demo")
    traffic = Traffic(base)
    try:
        failed = 0  # in a row; a machine that slept may cost a call
        for name, scene in cycle(traffic.scenes.items()):
            time.sleep(PAUSE_S)
            try:
                scene()
            except Exception as error:
                failed += 1
                if failed == PATIENCE:
                    raise
                _note(f"  {name}: {error}")
            else:
                failed = 0
    except KeyboardInterrupt:
        _note("")
    finally:
        traffic.close()


def _ask(history: Path) -> None:
    """Print what was recorded, with the commands that print it."""
    for title, sql in QUESTIONS.items():
        _say(f'{title}\n$ driftgate query "{sql}"')
        _say(output_of("query", sql, "--history", str(history)))
    found = json.loads(output_of("query", AGENT_CALL, "--json", "--history", str(history)))
    if not found:
        raise DriftgateError("the demo's own conversation was not recorded")
    call_id = found[0]["call_id"]
    _say(f"One conversation\n$ driftgate show {call_id}")
    _say(output_of("show", call_id, "--history", str(history)))


def _require_clients() -> None:
    missing = [name for name in _CLIENTS if importlib.util.find_spec(name) is None]
    if missing:
        pip = f"{sys.executable} -m pip install"
        if importlib.util.find_spec("pip") is None:  # as in an environment that uv made
            pip = f"uv pip install --python {sys.executable}"
        raise UsageError(
            f"the demo sends traffic with {' and '.join(missing)}, not installed here: "
            f"{pip} {' '.join(missing)}"
        )


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(
            prefix="driftgate-demo-", ignore_cleanup_errors=True
        ) as made:
            yield Path(made)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--keep {keep}: {error.strerror or error}") from error
    yield keep.resolve()


def _leave(number: int, _frame: object) -> NoReturn:
    """SIGTERM ends the blocks above, so that no process stays behind."""
    raise SystemExit(128 + number)


def _note(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def _say(message: str) -> None:
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()
