"""A trajectory as text that people read, and that a diff of two arms is made of. Pure."""

from collections.abc import Iterator

from driftgate.replay.compare.readable import harmless
from driftgate.replay.trajectory.trajectory import COMPLETED, Change, Command, Trajectory, Turn

LINES = 40  # of a file's diff
OUTPUT = 4  # lines of what a command that failed said
_COMMANDS, _CHANGES = 100, 50
_LINE = 300  # characters


def shown(trajectory: Trajectory) -> str:
    """Its prompts, commands, answers, changed files and check, each on lines of its own."""
    lines = [f"[failed: {trajectory.failure}]"] if trajectory.failure else []
    for number, turn in enumerate(trajectory.turns, 1):
        lines += _turn(number, turn, trajectory.prompts)
    lines += _changes(trajectory.changes or ())
    lines += _check(trajectory)
    return harmless("\n".join(lines))


def _turn(number: int, turn: Turn, prompts: int) -> Iterator[str]:
    if prompts > 1:
        yield f"> {_line(turn.prompt)}"
    for command in turn.commands[:_COMMANDS]:
        yield from _command(command)
    if len(turn.commands) > _COMMANDS:
        yield f"[and {len(turn.commands) - _COMMANDS} more commands]"
    for path in dict.fromkeys(turn.edits):
        yield f"[edits {_line(path)}]"
    yield from (f"[{_line(each)}]" for each in turn.others)
    yield from turn.message.splitlines()
    if turn.status != COMPLETED:
        why = f": {turn.error}" if turn.error else ""
        yield f"[turn {number} {turn.status}{why}]"


def _command(command: Command) -> Iterator[str]:
    yield f"$ {_line(command.text)}"
    if command.exit_code is None:
        yield f"  {command.status}"
    elif command.exit_code:
        yield f"  exit {command.exit_code}"
        yield from (f"  {_line(each)}" for each in command.output.splitlines()[-OUTPUT:])


def _changes(changes: tuple[Change, ...]) -> Iterator[str]:
    for each in changes[:_CHANGES]:
        yield f"[{each.kind} {_line(each.path)}]"
        lines = each.diff.splitlines()
        yield from lines[:LINES]
        if len(lines) > LINES:
            yield f"[{len(lines) - LINES} more lines]"
    if len(changes) > _CHANGES:
        yield f"[and {len(changes) - _CHANGES} more files]"


def _check(trajectory: Trajectory) -> Iterator[str]:
    check = trajectory.check
    if check is None:
        return
    if check.error:
        yield f"[check could not be run: {_line(check.error)}]"
        return
    yield f"[check {'passes' if check.passed else 'fails'}, exit {check.exit_code}]"
    if not check.passed:
        yield from (f"  {_line(each)}" for each in check.output.splitlines()[-OUTPUT:])


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LINE else f"{line[: _LINE - 3]}..."
