"""A turn's steps, as they come, made into the turn. Pure; bounded, whatever the model does."""

from collections.abc import Sequence

from driftgate.proxy.agent.steps import Ended, Item, Kind, ModelCall, Step, Text, Usage
from driftgate.replay.compare.told import told
from driftgate.replay.trajectory.command import LIMIT, WORKSPACE, plain, without_places
from driftgate.replay.trajectory.trajectory import COMPLETED, Command, Turn

COMMANDS, OUTPUT, MESSAGE = 500, 2_000, 20_000  # kept of a turn; characters of an output, a message
_PROMPT, _ERROR = 2_000, 300
_LIVED = frozenset({Kind.APPROVAL, Kind.COMPACTION})  # kinds that tell trajectories apart besides


class Turning:
    """One turn while it runs. places: folders that stand for the workspace."""

    def __init__(self, prompt: str, places: Sequence[str] = ()) -> None:
        self._prompt, self._places = prompt[:_PROMPT], tuple(places)
        self._commands: list[Command] = []
        self._edits: list[str] = []
        self._others: list[str] = []
        self._message, self._said = "", ""
        self._saying = ""
        self._usage, self._model_calls = Usage(), 0

    def feed(self, step: Step) -> None:
        """One more step; the last one is for `turn`."""
        if isinstance(step, Item):
            self._item(step)
        elif isinstance(step, ModelCall):
            self._model_calls += 1
            self._usage += step.usage
        elif isinstance(step, Text):
            if step.item != self._saying:
                self._saying, self._said = step.item, ""
            self._said = (self._said + step.text)[: MESSAGE + 1]

    def turn(self, ended: Ended, duration_ms: float) -> Turn:
        """The whole turn. duration_ms: as it was measured here."""
        error = ended.error
        return Turn(
            prompt=self._prompt,
            status=ended.status,
            code="" if error is None else error.code,
            error="" if error is None else told(error.message, _ERROR),
            message=self._cut(self._message or self._said, MESSAGE),
            commands=tuple(self._commands),
            edits=tuple(self._edits),
            others=tuple(self._others),
            model_calls=max(ended.model_calls, self._model_calls),
            usage=ended.usage if ended.usage != Usage() else self._usage,
            duration_ms=duration_ms,
        )

    def _item(self, item: Item) -> None:
        if item.kind is Kind.MESSAGE:
            self._message = item.text
        elif item.kind is Kind.COMMAND and len(self._commands) < COMMANDS:
            self._commands.append(self._command(item))
        elif item.kind is Kind.FILE_CHANGE and item.status == COMPLETED:
            room = COMMANDS - len(self._edits)
            paths = [self._cut(path, LIMIT) for _, path, _ in item.changes]
            self._edits += [path.removeprefix(f"{WORKSPACE}/") for path in paths][: max(room, 0)]
        elif item.kind in _LIVED and len(self._others) < COMMANDS:
            self._others.append(f"{item.kind.value} {item.status}")

    def _command(self, item: Item) -> Command:
        given = item.data.get("command")
        text = given if isinstance(given, str) and given else item.title
        return Command(
            plain(text, self._places),
            item.exit_code,
            item.duration_ms,
            item.status,
            self._cut(item.text, OUTPUT),
        )

    def _cut(self, text: str, limit: int) -> str:
        """The text's beginning, without the place where this one copy of the workspace lay."""
        return without_places(text[: 2 * limit], self._places)[:limit]
