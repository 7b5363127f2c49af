"""Answers of a call as the pages show them beside each other: text, tools, verdict, figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.dashboards.call.texts import Budget, Text, pretty
from driftgate.replay.answer import Answer
from driftgate.replay.compare.readable import shown
from driftgate.replay.report.diff import CONTEXT, WHOLE, Line, diff
from driftgate.replay.trajectory.answer import TrajectoryAnswer
from driftgate.replay.trajectory.trajectory import Trajectory

TOOLS = 50  # tool calls of an answer that are shown


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool call. arguments: pretty, if they are JSON."""

    name: str
    arguments: Text


@dataclass(frozen=True, slots=True)
class Card:
    """One answer. key: its arm and repetition, as addresses name it; name: the same for people.

    trajectory: what was done, where the answer is a whole thread.
    """

    key: str
    name: str
    answer: Answer
    text: Text
    reasoning: Text
    tools: Sequence[Tool]
    trajectory: Trajectory | None = None

    @property
    def more_tools(self) -> int:
        """How many tool calls are not shown."""
        return max(len(self.answer.tool_calls) - len(self.tools), 0)


def card(answer: Answer, budget: Budget, name: str = "") -> Card:
    """An answer made ready. name: where it is not called after its arm."""
    trajectory = answer.trajectory if isinstance(answer, TrajectoryAnswer) else None
    return Card(
        key(answer),
        name or f"{answer.arm.value} {answer.repetition}",
        answer,
        budget.take("" if trajectory is not None else answer.text),
        budget.take(answer.reasoning),
        [
            Tool(call.name, budget.take(pretty(call.arguments)))
            for call in answer.tool_calls[:TOOLS]
        ],
        trajectory,
    )


def key(answer: Answer) -> str:
    """Names an answer in addresses."""
    return f"{answer.arm.value}-{answer.repetition}"


@dataclass(frozen=True, slots=True)
class Difference:
    """Two answers line by line. alike: they have the same text and tool calls."""

    left: str
    right: str
    lines: Sequence[Line]

    @property
    def alike(self) -> bool:
        """Whether no line differs."""
        return all(line.same or line.skipped for line in self.lines)


def difference(left: Answer, right: Answer, names: tuple[str, str], *, whole: bool) -> Difference:
    """What differs. whole: with all lines that are alike."""
    texts = _text(left), _text(right)
    return Difference(*names, diff(*texts, context=None if whole else CONTEXT, limit=WHOLE))


def _text(answer: Answer) -> str:
    return answer.text if isinstance(answer, TrajectoryAnswer) else shown(answer)
