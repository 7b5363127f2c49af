"""What a recorded thread, or a call of an agent, was asked. Pure values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from driftgate.replay.trajectory.command import without_places

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One turn's worth of asking. input: as Codex takes it. schema: of its answer; None: free text."""

    input: tuple[Json, ...]
    schema: Any = None

    @property
    def text(self) -> str:
        """For people."""
        return "\n".join(str(each["text"]) for each in self.input if "text" in each)

    def moved(self, place: str | None, to: Path) -> "Prompt":
        """The prompt for a copy of the workspace: the folder that it speaks of is the copy's."""
        if not place:
            return self

        def here(part: Json) -> Json:
            text = part.get("text")
            if not isinstance(text, str) or place not in text:
                return part
            return {**part, "text": without_places(text, (place,), str(to))}

        return replace(self, input=tuple(map(here, self.input)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """call_id: the recorded call that it began with, which stands for it. session: its cluster.

    model: that was asked. upstream: the model's server then, by name. prompts: one each turn.
    history: items of the Responses API that were said before the first of them.
    instructions: besides Codex's own. cwd: where it worked then; None: not known.
    agent: the agent that answered; None: somebody's own Codex.
    authorized: its calls carried a key then.
    """

    call_id: str
    session: str
    model: str
    upstream: str
    prompts: tuple[Prompt, ...]
    history: Sequence[Json] = ()
    instructions: str = ""
    cwd: str | None = None
    agent: str | None = None
    authorized: bool = False
