"""`driftgate tail`: calls as they are recorded."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from driftgate.commands import options, rows
from driftgate.commands.table import line
from driftgate.commands.values import as_json as to_json
from driftgate.proxy.history.follow import Follow
from driftgate.replay.select.filters import Filters

EXAMPLES = (
    "driftgate tail",
    "driftgate tail -n 20 --verdict fail",
    "driftgate tail --json | jq -r .output",
)
_LOOK_S = 0.25  # between looks; a look at an unchanged file is one stat
_ASK_S = 2.0  # between questions to the running processes
_SHARED_TEXT = 60  # cells for input and for output when there is no terminal


def command(
    count: Annotated[
        int, typer.Option("-n", "--last", min=0, help="Begin with the last so many calls.")
    ] = 10,
    *,
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="Stop after so many new calls; 0 for never.")
    ] = 0,
    verdict: options.Judged = None,
    contract: options.ByContract = None,
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """Watch calls as they are recorded. Ctrl-C ends it.

    A call shows when it has ended. --json prints one object a line.
    """
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load

    if not history.exists():
        options.note(f"no history at {history} yet; waiting for it (Ctrl-C ends this)")
    wanted = Filters(verdict=verdict, contract=contract).condition()
    follow = Follow(history, lambda path: open_history(path, drain=False), rows.COLUMNS, wanted)
    try:
        with _screen(history, as_json) as show:
            for call in follow.last(count):
                show(call)
            for number, call in enumerate(_new(follow), 1):
                show(call)
                if number == limit:
                    return
    except KeyboardInterrupt:
        return  # the way to end it: nothing went wrong


def _new(follow: Follow) -> Iterator[dict[str, Any]]:
    while True:
        found = follow.look()
        yield from found
        if not found:
            time.sleep(_LOOK_S)


Show = Callable[[dict[str, Any]], None]


@contextmanager
def _screen(history: Path, as_json: bool) -> Iterator[Show]:
    if as_json:
        yield lambda call: _write(to_json(rows.as_object(call)))
    elif sys.stdout.isatty():
        with _live(history) as show:
            yield show
    else:
        _write(_header(None))
        yield lambda call: _write(_row(call, None))


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def _live(history: Path) -> Iterator[Show]:
    """Calls scroll by; the last line tells what goes on right now."""
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.live import Live  # noqa: PLC0415 - likewise
    from rich.text import Text  # noqa: PLC0415 - likewise

    from driftgate.commands.footer import Footer  # noqa: PLC0415 - likewise

    console = Console()
    footer = Footer(history, every_s=_ASK_S)

    def put(text: str, style: str) -> None:
        console.print(Text(text, style=style, no_wrap=True, overflow="crop"), crop=True)

    put(_header(console.width), "bold")
    with Live(
        get_renderable=lambda: Text(footer.text(), style="dim", no_wrap=True, overflow="crop"),
        console=console,
        transient=True,
        refresh_per_second=4,
    ):
        yield lambda call: put(_row(call, console.width), "red" if _failed(call) else "")


def _failed(call: dict[str, Any]) -> bool:
    failed = call["outcome"] != "completed" or (call["status"] or 0) >= 400  # noqa: PLR2004 - HTTP
    return failed or call["verdict"] == "fail"


def _widths(cells: int | None) -> list[int]:
    chosen = rows.columns(cells)
    fixed = sum(each.width for each in chosen) + 2 * (len(chosen) - 1)
    share = _SHARED_TEXT if cells is None else max((cells - fixed) // 2, 3)
    return [each.width or share for each in chosen]


def _header(cells: int | None) -> str:
    chosen = rows.columns(cells)
    return line([each.head for each in chosen], _widths(cells), [each.right for each in chosen])


def _row(call: dict[str, Any], cells: int | None) -> str:
    chosen = rows.columns(cells)
    text = [each.cell(call) for each in chosen]
    return line(text, _widths(cells), [each.right for each in chosen])
