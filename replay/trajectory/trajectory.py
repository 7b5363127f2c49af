"""What an arm did with a task: turn by turn, and how it left its workspace. Pure values; JSON and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from driftgate.proxy.agent.steps import Usage

COMPLETED = "completed"
# ends that may not come again
PASSING = frozenset({"model_failed", "codex_died", "turn_interrupted"})
# Ends that are the model's own doing: it was measured, and did not get to the end. All others say
# that something else failed, so that there is nothing to compare.
OWN_ENDS = frozenset({"turn_timeout", "turn_loop", "context_length_exceeded", "context_full"})


@dataclass(frozen=True, slots=True)
class Command:
    """One that the agent ran. text: without the shell around it. output: cut. exit_code: None: unknown."""

    text: str
    exit_code: int | None = None
    duration_ms: int | None = None
    status: str = COMPLETED
    output: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One prompt, and what the agent did until it answered.

    status: completed, failed or interrupted. code, error: why not completed; "" where it is.
    message: its last one. edits: paths that it changed by its own tool, not by commands.
    others: further kinds of items that it made, as approvals. duration_ms: of the whole turn.
    """

    prompt: str
    status: str = COMPLETED
    code: str = ""
    error: str = ""
    message: str = ""
    commands: tuple[Command, ...] = ()
    edits: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    model_calls: int = 0
    usage: Usage = field(default_factory=Usage)
    duration_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """A file of the workspace that is not as it was. kind: add, update or delete.

    digest: of its content and mode; "" of one that is gone. diff: unified, cut; "" of what is no text.
    """

    path: str
    kind: str
    digest: str = ""
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """What the check command said. passed: it exited with 0. output: its end. error: it could not run."""

    passed: bool = False
    exit_code: int | None = None
    output: str = ""
    duration_ms: float = 0.0
    error: str = ""

    @property
    def verdict(self) -> str:
        """pass, fail or unjudged."""
        return "unjudged" if self.error else "pass" if self.passed else "fail"


@dataclass(frozen=True, slots=True)
class Trajectory:
    """All of it. prompts: how many the task has; turns: those that were begun.

    changes: None: it is not known how the workspace was left. check: None: none was asked for, or
    there was nothing to check. failure: why the measurement failed outside any turn; "": it did not.
    code: of that failure, where Codex is its cause.
    """

    prompts: int
    turns: tuple[Turn, ...] = ()
    changes: tuple[Change, ...] | None = None
    check: Check | None = None
    failure: str = ""
    code: str = ""

    @property
    def completed(self) -> bool:
        """Whether every prompt was answered."""
        return len(self.turns) == self.prompts and all(
            each.status == COMPLETED for each in self.turns
        )

    @property
    def failed(self) -> str | None:
        """Why there is nothing to compare, one line; None: there is."""
        if self.failure:
            return self.failure
        if not self.turns:
            return "no turn was begun"
        last = self.turns[-1]
        if last.status == COMPLETED:
            unfinished = len(self.turns) < self.prompts
            return "it was stopped between two turns" if unfinished else self._unchecked
        if last.code in OWN_ENDS:
            return self._unchecked
        return last.error or f"a turn {last.status}"

    @property
    def _unchecked(self) -> str | None:
        broken = self.check is not None and self.check.error
        return f"the check could not be run: {broken}" if broken else None

    @property
    def passing(self) -> bool:
        """Whether what ended it may not end it again."""
        ended = self.code or (self.turns[-1].code if self.turns else "")
        return ended in PASSING

    @property
    def ending(self) -> str:
        """How it ended, in a word: completed, or the code of what ended it."""
        if self.completed:
            return COMPLETED
        last = self.turns[-1] if self.turns else None
        return (last.code or last.status) if last else "failed"

    @property
    def commands(self) -> list[Command]:
        """Of all turns, in their order."""
        return [command for turn in self.turns for command in turn.commands]

    @property
    def edits(self) -> list[str]:
        """Paths changed by the agent's own tool, in their order."""
        return [path for turn in self.turns for path in turn.edits]

    @property
    def message(self) -> str:
        """The last answer."""
        return self.turns[-1].message if self.turns else ""

    @property
    def model_calls(self) -> int:
        """Of all turns."""
        return sum(turn.model_calls for turn in self.turns)

    @property
    def usage(self) -> Usage:
        """Of all turns."""
        return sum((turn.usage for turn in self.turns), Usage())

    @property
    def duration_ms(self) -> float:
        """Of all turns; neither copying nor checking is in it."""
        return sum(turn.duration_ms for turn in self.turns)

    def as_json(self) -> dict[str, Any]:
        """JSON types alone."""
        return asdict(self)


def of_json(told: Mapping[str, Any]) -> Trajectory:
    """The trajectory as `as_json` gave it.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    changes, check = told["changes"], told["check"]
    return Trajectory(
        prompts=told["prompts"],
        turns=tuple(map(_turn, told["turns"])),
        changes=None if changes is None else tuple(Change(**each) for each in changes),
        check=None if check is None else Check(**check),
        failure=told["failure"],
        code=told["code"],
    )


def _turn(told: Mapping[str, Any]) -> Turn:
    parts: dict[str, Sequence[Any] | Usage] = {
        "commands": tuple(Command(**each) for each in told["commands"]),
        "usage": Usage(**told["usage"]),
        "edits": tuple(told["edits"]),
        "others": tuple(told["others"]),
    }
    return Turn(**{**told, **parts})
