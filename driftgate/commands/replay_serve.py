"""`driftgate replay serve`: recorded answers played back as a server."""

import asyncio
import signal
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from driftgate.commands import options
from driftgate.commands.values import counted
from driftgate.proxy.errors import UsageError
from driftgate.proxy.harmless import one_line
from driftgate.replay.arm import Arm
from driftgate.replay.select.conditions import utf8

if TYPE_CHECKING:
    from pathlib import Path

    from driftgate.proxy.redact.redactor import Redactor
    from driftgate.replay.play.library import Library
    from driftgate.replay.play.server import Player

EXAMPLES = (
    "driftgate replay serve checkout",
    "driftgate replay serve last --arm candidate --listen 127.0.0.1:11434",
    "driftgate replay serve --session 019ab3f2 --timing recorded",
)


Named = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN|SELECTION",
        help="A golden set's name, the start of a selection's or run's id, or last.",
        show_default=False,
    ),
]
OfArm = Annotated[
    str,
    typer.Option(
        "--arm", metavar="record|baseline|candidate", help="Whose answers of a run are played."
    ),
]
Paced = Annotated[
    str,
    typer.Option(
        "--timing", metavar="none|recorded", help="Play at once, or as slowly as recorded."
    ),
]
Listen = Annotated[
    str, typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 picks one.")
]


def command(
    named: Named = None,
    *,
    session: options.Session = None,
    arm: OfArm = Arm.RECORD.value,
    timing: Paced = "none",
    listen: Listen = "127.0.0.1:8788",
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Play recorded answers back as a server, without a model.

    The same request gets the recorded answer, byte for byte: method, path, query and JSON body
    count, but not the order of keys, ids, dates, folders, cache keys, user ids and headers. Several
    recordings of one request are given in their order, then the last again. Any other request gets
    404 with the nearest recordings and what differs. Nothing is recorded, and no key is asked for.
    """
    wanted = _arm(arm)
    if timing not in ("none", "recorded"):
        raise UsageError(f"--timing {timing}: expected none or recorded")
    if (named is None) == (session is None):
        raise UsageError("name a run or a selection, or give --session; one of the two")
    if session is not None and wanted is not Arm.RECORD:
        raise UsageError(f"--arm {wanted}: a session has recorded answers only")
    for what, text in (("the name", named), ("--session", session)):
        utf8(what, text or "")
    described, library = _library(options.existing(history), named, session, wanted)
    _run(described, library, timing, listen)


def _arm(text: str) -> Arm:
    try:
        return Arm(text)
    except ValueError:
        raise UsageError(f"--arm {text}: expected one of {', '.join(Arm)}") from None


def _library(
    history: "Path", named: str | None, session: str | None, arm: Arm
) -> "tuple[str, Library]":
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.replay.play import chosen  # noqa: PLC0415 - likewise
    from driftgate.replay.play.kept import Kept  # noqa: PLC0415 - likewise
    from driftgate.replay.play.library import load  # noqa: PLC0415 - likewise

    with open_history(history) as reader:
        if session is not None:
            found = chosen.of_session(reader, session)
        else:
            found = chosen.chosen(reader, named or "", arm)
    library = load(found, Kept(history), _redactor(history))
    for reason, count in library.left_out.most_common():
        options.note(f"{counted(count, 'call')} left out: {reason}")
    if not library.played:
        raise UsageError(f"{found.described} has no answer that can be played")
    return found.described, library


def _redactor(history: "Path") -> "Redactor | None":
    """Takes out of requests what the settings had taken out of the recorded ones; None: nothing."""
    from driftgate.proxy.redact.redactor import Redactor  # noqa: PLC0415 - keeps help fast
    from driftgate.proxy.secret import KEY_FILE, redaction_key  # noqa: PLC0415 - likewise
    from driftgate.proxy.settings.load import load_settings  # noqa: PLC0415 - likewise
    from driftgate.proxy.settings.model import journal_root  # noqa: PLC0415 - likewise

    rules = load_settings(history=history).redact
    if not (rules.patterns or rules.json_paths or rules.query):
        return None
    root = journal_root(history)
    if not (root / KEY_FILE).exists():
        options.note(f"no {root / KEY_FILE}: requests with secrets that were masked match nothing")
        return None
    return Redactor(redaction_key(root), rules)


def _run(described: str, library: "Library", timing: str, listen: str) -> None:
    """Serve until SIGINT or SIGTERM."""
    from driftgate.replay.play.server import Player, Timing  # noqa: PLC0415 - aiohttp is slow to load
    from driftgate.sim.server import listening, url_of  # noqa: PLC0415 - likewise

    bound = listening(listen)
    answers = counted(library.played, "recorded answer")
    ready = (
        f"driftgate replay serve: listening on {url_of(bound)}, {answers} of {one_line(described)}"
    )
    player = Player(library, Timing(timing), lambda line: options.note(one_line(line)))
    asyncio.run(_serve(player, bound, ready))


async def _serve(player: "Player", bound: socket.socket, ready: str) -> None:
    from driftgate.replay.play.server import start  # noqa: PLC0415 - aiohttp is slow to load

    runner = await start(player, bound)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    sys.stdout.write(f"{ready}\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()
