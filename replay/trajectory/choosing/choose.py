"""Choosing what is run: from criteria or a golden set to tasks, and the selection that a run keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.settings.model import Settings
from driftgate.replay.run.targets import recorded_upstreams
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.select.details import details
from driftgate.replay.select.found import found
from driftgate.replay.select.keep import named
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.trajectory.choosing.tasks import tasks
from driftgate.replay.trajectory.choosing.threads import (
    Thread,
    agents_known,
    distinct,
    drawn,
    threads,
)
from driftgate.replay.trajectory.task import Task

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

_SLICES = ("model", "dialect")  # of a call that say something of a whole thread
_PROMPT = 200  # characters, for people
_TURNS = (1, 3, 10)  # prompts of a thread: classes of its depth


@dataclass(frozen=True, slots=True)
class Chosen:
    """tasks: what is run, in the order of the selection. refused: a line for each that cannot be, or not all."""

    tasks: Sequence[Task]
    selection: Selection
    refused: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Which threads of those that meet the criteria, or are in a golden set.

    n: at most so many. seed: the same one over the same threads draws the same.
    collapse: of threads that ask the same, the latest. golden: name of a set; None: by criteria.
    until: with its zone; turns that began later are not run.
    """

    n: int
    until: datetime
    seed: int = 0
    collapse: bool = True
    golden: str | None = None


def choose(reader: "Reader", criteria: Criteria, settings: Settings, draw: Draw) -> Chosen:
    """Threads with a call that meets the criteria, or that is in the golden set.

    Args:
        reader: of the history.
        criteria: what is wanted of one of its calls, at least.
        settings: as they are now.
        draw: which and how many of them.

    Raises:
        NotFoundError: no call meets them, none belongs to a thread or an agent, or none can be run.
    """
    ids, said = _ids(reader, criteria, draw)
    known = threads(reader, ids, agents_known(reader, settings), until=draw.until)
    units = distinct(known) if draw.collapse else [(each, 1) for each in known]
    picked = drawn(units, draw.n, draw.seed)
    made, refused = _tasks(reader, [each for each, _ in picked], settings)
    if not made:
        raise NotFoundError(f"nothing can be run again: {refused[0]}")
    selection = Selection(
        calls=_selected(reader, made, {each.call_id: number for each, number in picked}),
        described=" ".join(
            filter(None, (said, f"-n {draw.n}", "" if draw.collapse else "--no-collapse"))
        ),
        seed=draw.seed,
        found=len(known),
        collapsed=len(known) - len(units),
        name=draw.golden,
    )
    return Chosen(made, selection, refused)


def chosen_again(
    reader: "Reader", selection: Selection, settings: Settings, *, until: datetime
) -> Chosen:
    """The tasks of a run that goes on. until: when it began.

    Raises:
        NotFoundError: nothing of it can be run any more.
    """
    ids = [each.call_id for each in selection.calls]
    found = threads(reader, ids, agents_known(reader, settings), until=until)
    known = {each.call_id: each for each in found}
    made, refused = _tasks(reader, [known[each] for each in ids if each in known], settings)
    if not made:
        raise NotFoundError("; ".join(refused[:1]) or "nothing of this run can be run again")
    return Chosen(made, selection, refused)


def _ids(reader: "Reader", criteria: Criteria, draw: Draw) -> tuple[list[str], str]:
    """Calls of what is wanted, and how they were chosen."""
    if draw.golden is not None:
        ids = [each.call_id for each in named(reader, draw.golden).calls]
        return ids, f"--golden {draw.golden}"
    return [each.call_id for each in found(reader, criteria, draw.until)], criteria.described()


def _tasks(
    reader: "Reader", chosen: Sequence[Thread], settings: Settings
) -> tuple[list[Task], list[str]]:
    """The tasks, the agents configured as they were for the latest of these calls."""
    ids = [each.call_id for each in chosen]
    upstreams = recorded_upstreams(reader, ids, settings, addresses=False)
    agents = {name: each.codex for name, each in upstreams.items() if each.codex is not None}
    return tasks(reader, chosen, agents)


def _selected(
    reader: "Reader", made: Sequence[Task], stands_for: Mapping[str, int]
) -> list[Selected]:
    known = details(reader, [each.call_id for each in made])
    return [
        Selected(
            task.call_id,
            task.session,
            {
                **{
                    kind: values
                    for kind, values in known[task.call_id].slices.items()
                    if kind in _SLICES
                },
                "depth": (turns_class(len(task.prompts)),),
            },
            stands_for[task.call_id],
            " ".join(task.prompts[0].text.split())[:_PROMPT],
            task.upstream,
            task.model,
        )
        for task in made
    ]


def turns_class(prompts: int) -> str:
    """How many turns a thread has, roughly."""
    low = 1
    for high in _TURNS:
        if prompts <= high:
            return f"{low} turn" if low == high == 1 else f"{low} to {high} turns"
        low = high + 1
    return f"{low} turns and more"
