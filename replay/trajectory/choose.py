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
from driftgate.replay.trajectory.task import Task
from driftgate.replay.trajectory.tasks import tasks
from driftgate.replay.trajectory.threads import Thread, agents_known, distinct, drawn, threads

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

_SLICES = ("model", "dialect")  # of a call that say something of a whole thread
_PROMPT = 200  # characters, for people
_TURNS = (1, 3, 10)  # prompts of a thread: classes of its depth


@dataclass(frozen=True, slots=True)
class Chosen:
    """tasks: what is run, in the order of the selection. refused: a line for each that cannot be."""

    tasks: Sequence[Task]
    selection: Selection
    refused: Sequence[str] = ()


def choose(
    reader: "Reader",
    criteria: Criteria,
    settings: Settings,
    *,
    n: int,
    seed: int,
    until: datetime,
    collapse: bool = True,
    golden: str | None = None,
) -> Chosen:
    """At most n threads with a call that meets the criteria, or that is in the golden set.

    Args:
        reader: of the history.
        criteria: what is wanted of one of its calls, at least.
        settings: as they are now.
        n: size.
        seed: the same seed over the same threads draws the same.
        until: with its zone; turns that began later are not run.
        collapse: of threads that ask the same, the latest.
        golden: name of a set; None: by the criteria.

    Raises:
        NotFoundError: no call meets them, none belongs to a thread or an agent, or none can be run.
    """
    ids, said = _ids(reader, criteria, golden, until)
    known = threads(reader, ids, agents_known(reader, settings), until=until)
    units = distinct(known) if collapse else [(each, 1) for each in known]
    picked = drawn(units, n, seed)
    made, refused = _tasks(reader, [each for each, _ in picked], settings)
    if not made:
        raise NotFoundError(f"nothing can be run again: {refused[0]}")
    selection = Selection(
        calls=_selected(reader, made, {each.call_id: number for each, number in picked}),
        described=" ".join(filter(None, (said, f"-n {n}", "" if collapse else "--no-collapse"))),
        seed=seed,
        found=len(known),
        collapsed=len(known) - len(units),
        name=golden,
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


def _ids(
    reader: "Reader", criteria: Criteria, golden: str | None, until: datetime
) -> tuple[list[str], str]:
    """Calls of what is wanted, and how they were chosen."""
    if golden is not None:
        return [each.call_id for each in named(reader, golden).calls], f"--golden {golden}"
    return [each.call_id for each in found(reader, criteria, until)], criteria.described()


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
