"""`driftgate replay list`: the runs of a history, newest first."""

import sys
from typing import TYPE_CHECKING, Any

from driftgate.commands import options
from driftgate.commands.output import bold, room
from driftgate.commands.rows import SHORT_ID
from driftgate.commands.table import render
from driftgate.commands.values import as_json as to_json
from driftgate.commands.when import local
from driftgate.proxy.harmless import one_line
from driftgate.proxy.units import iso

if TYPE_CHECKING:
    from driftgate.replay.run.kept import Run

EXAMPLES = ("driftgate replay list", "driftgate replay list --limit 0 --json")
_HEADS = ("run", "when", "kind", "verdict", "cases", "candidate", "in a sentence")
_TEXT = 200  # characters of a sentence worth carrying into a table
_NARROW = 120  # cells, below which the sentence is left out
_OPEN = "undecided"
_REFERENCE = "reference"  # the kind of a run that decides nothing


def command(
    *,
    limit: options.Limit = 20,
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """What was run, when, against which candidate, and what was decided; newest first."""
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.replay.results import runs  # noqa: PLC0415 - likewise

    with open_history(options.existing(history)) as reader:
        found = runs(reader, limit or None)
    if as_json:
        sys.stdout.write(to_json([as_object(*each) for each in found], indent=2) + "\n")
    elif found:
        sys.stdout.writelines(f"{line}\n" for line in table(found))
    else:
        options.note("no run in this history yet: `driftgate gate` makes one")


def as_object(run: "Run", verdict: str | None, sentence: str | None) -> dict[str, Any]:
    """A run as `--json` gives it; verdict and sentence are null where nothing is decided yet."""
    return {
        "run_id": run.run_id,
        "started_at": iso(run.started_at),
        "kind": run.kind,
        "name": run.name,
        "selection_id": run.selection_id,
        "selection": run.selection,
        "cases": run.cases,
        "k": run.k,
        "seed": run.seed,
        "baseline": run.baseline,
        "candidate": run.candidate,
        "version": run.version,
        "verdict": verdict,
        "sentence": sentence,
    }


def table(found: "list[tuple[Run, str | None, str | None]]") -> list[str]:
    """The lines of a table of runs."""
    from driftgate.replay.report.origin import arm_name  # noqa: PLC0415 - keeps help fast
    from driftgate.replay.report.words import rest_of  # noqa: PLC0415 - likewise

    cells = [
        [
            run.run_id[: short(found)],
            local(run.started_at),
            one_line(run.kind),
            (verdict or (_OPEN if run.kind != _REFERENCE else "-")).replace("_", " "),
            f"{run.cases:,}",
            arm_name(run.candidate),
            one_line(rest_of(sentence or "", verdict or "")[:_TEXT]),
        ]
        for run, verdict, sentence in found
    ]
    wide = room(sys.stdout)
    count = len(_HEADS) - (wide is not None and wide < _NARROW)
    return render(
        _HEADS[:count],
        [row[:count] for row in cells],
        right=[head == "cases" for head in _HEADS[:count]],
        narrow=[head in _HEADS[5:] for head in _HEADS[:count]],
        room=wide,
        bold=bold(sys.stdout),
    )


def short(found: "list[tuple[Run, str | None, str | None]]") -> int:
    """How many characters of an id tell these runs apart, at least those that hold its time."""
    ids = {run.run_id for run, *_ in found}
    length = SHORT_ID
    while len({each[:length] for each in ids}) < len(ids):
        length += 1
    return length
