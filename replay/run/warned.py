"""What is warned about before a run: the checks of each arm's configuration on some of its calls."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.upstream import Upstream
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.checks import warnings
from driftgate.replay.candidate.listed import listed
from driftgate.replay.run.beneath import agents_of
from driftgate.replay.run.loop import run_loop
from driftgate.replay.run.probe import models_of
from driftgate.replay.run.reading import continued
from driftgate.replay.run.targets import Side

LOOKED_AT = 50  # calls, spread over all of them
WAIT_S = 60.0  # for others who have the file open


def warned(
    history: Path, call_ids: Sequence[str], sides: Mapping[Arm, Side], *, k: int
) -> list[str]:
    """A line each. k: answers of each arm to each call, whatever the configurations say.

    Raises:
        UsageError: a variable of the environment holds what no header can carry.
        HistoryError: the calls cannot be read.
    """
    some = call_ids[:: len(call_ids) // LOOKED_AT + 1]
    with open_history(history, wait_s=WAIT_S, drain=False) as reader:
        calls, earlier = reader.recorded_many(some), continued(reader, some)
        models = models_of(reader, call_ids)
    lines: dict[str, None] = {}
    for arm, side in sides.items():
        for name, target in side.targets.items():
            upstream = target.upstream
            known = run_loop(listed(upstream.url, verify_tls=upstream.verify_tls))
            found = warnings(
                target.configuration.model_copy(update={"k": k}),
                calls,
                arm=arm.value,
                earlier=earlier.get,
                models=known,
                asked=[model for of, model in models if _goes(of, name, side) and model],
            )
            lines |= dict.fromkeys(found)
    return list(lines)


def _goes(recorded: str, name: str | None, side: Side) -> bool:
    """Whether a call that this upstream answered then goes to the target of that name now."""
    return recorded == name or (name is None and recorded not in side.targets)


def acting(recorded: Mapping[str, Upstream]) -> list[str]:
    """A line for each agent whose turns, run again, may change what is not thrown away behind them."""
    lines = []
    for name, codex in ((name, each.codex) for name, each in agents_of(recorded).items()):
        if codex is None or codex.sandbox == "read-only":
            continue
        if codex.sandbox == "danger-full-access":
            lines.append(
                f"agent '{name}': its turns are run again by both arms, with all their commands, and "
                "without a sandbox (danger-full-access)"
            )
        elif codex.directory == "named":
            lines.append(
                f"agent '{name}': its turns are run again by both arms, at the same time, and change {codex.path}"
            )
    return lines
