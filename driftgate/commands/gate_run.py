"""Running what `driftgate gate` was told to, and writing its report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from driftgate.commands.gate_trajectories_run import run as trajectories
from driftgate.commands.output import bold, destination, room
from driftgate.proxy.errors import Exit
from driftgate.replay.decide.decision import GateVerdict
from driftgate.replay.gate import run_gate
from driftgate.replay.report.report import Format, render
from driftgate.replay.run.progress import Progress
from driftgate.replay.run.shadow import run_shadow

if TYPE_CHECKING:
    from driftgate.commands.gate_asked import Asked
    from driftgate.replay.report.report import Report

EXITS = {
    GateVerdict.PASS: Exit.GOOD,
    GateVerdict.DRIFT: Exit.FOUND,
    GateVerdict.INCONCLUSIVE: Exit.INCONCLUSIVE,
    GateVerdict.COULD_NOT_CHECK: Exit.COULD_NOT_CHECK,
}


def gated(asked: "Asked", *, quiet: bool) -> "Report":
    """Runs the gate. Raises as `run_gate` and `Asked.gate`."""
    if asked.of_trajectories():
        return trajectories(asked, quiet=quiet)
    if asked.shadow:
        return run_shadow(asked.shadow_gate())
    return run_gate(asked.gate(), Progress(quiet=quiet))


def write(report: "Report", name: str, output: Path | None) -> None:
    """The report to stdout, or to a file."""
    people = output is None
    text = render(
        report,
        Format(name),
        room=room(sys.stdout) if people else None,
        bold=bold(sys.stdout) if people else False,
    )
    with destination(output) as stream:
        stream.write(text)


def exit_code(report: "Report") -> int:
    """By the verdict."""
    return int(EXITS[report.decision.verdict])
