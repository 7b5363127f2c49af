"""Commands that Codex runs and does not tell of. Pure.

Codex 0.169 makes no item of a command that fails where it thinks that its sandbox is the cause: an exit
code other than 0, and words such as `permission denied`, `read-only file system` or `sandbox` in the
output. The model's call and what it was answered are told raw, and the item is made of them.
"""

import re
from typing import Any

from driftgate.proxy.dialects.lenient import filled, mapping, parse, written

Json = dict[str, Any]

_MOST = 256  # calls that wait for their answer
_TOOL = "exec_command"
_EXIT = re.compile(r"^Process exited with code (-?\d{1,9})$", re.MULTILINE)
_OUTPUT = "\nOutput:\n"


class Untold:
    """The model's calls for commands, in one turn, that no item was made of."""

    def __init__(self) -> None:
        self._commands: dict[str, str] = {}
        self._told: set[str] = set()

    def tell(self, item: Json) -> None:
        """Codex itself tells of this item."""
        if (name := filled(item.get("id"))) is not None:
            self._told.add(name)

    def feed(self, raw: Json) -> Json | None:
        """The item of a command that only this tells of, as Codex would have written it.

        Args:
            raw: an item of the Responses API: what the model said, or was told.
        """
        call = filled(raw.get("call_id"))
        if call is None or call in self._told:
            return None
        if raw.get("type") == "function_call" and raw.get("name") == _TOOL:
            if len(self._commands) < _MOST:
                said = mapping(parse(written(raw.get("arguments")).encode()))
                self._commands[call] = filled(said.get("cmd")) or ""
        elif raw.get("type") == "function_call_output" and call in self._commands:
            return _item(call, self._commands.pop(call), written(raw.get("output")))
        return None


def _item(call: str, command: str, said: str) -> Json:
    head, found, output = said.partition(_OUTPUT)
    ended = _EXIT.search(head)
    return {
        "type": "commandExecution",
        "id": call,
        "command": command,
        "status": "failed",
        "aggregatedOutput": output if found else said,
        "exitCode": int(ended[1]) if ended else None,
    }
