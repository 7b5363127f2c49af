"""An agent's commands and changes of files as output items of a response.

As OpenAI's own `shell` and `apply_patch` tools leave them, but that both sides are told: the call,
and what came of it. https://platform.openai.com/docs/guides/tools-shell
"""

from driftgate.proxy.adapt.items import Item
from driftgate.proxy.agent import steps
from driftgate.proxy.agent.asked import Json
from driftgate.proxy.agent.dialects.lines import DONE
from driftgate.proxy.dialects.lenient import clean

_NO_CODE = -1  # of a command that was not run, or was left running: the type wants a number
_OPERATIONS = {"add": "create_file", "delete": "delete_file", "update": "update_file"}


class Whole(Item):
    """An item that comes at once: no pieces."""

    def __init__(self, item_id: str, told: Json, status: str = "in_progress") -> None:
        """told: all of it but id and status. status: what it is until it is closed."""
        super().__init__(item_id)
        self.told = told
        self.status = status

    def _item(self, _text: str) -> Json:
        return {"id": self.id, **self.told, "status": self.status}

    def _piece(self, _text: str) -> list[Json]:
        return []

    def _finish(self) -> list[Json]:
        return []


def shell_call(stem: str, command: str) -> Whole:
    """A command that runs. stem: what is its own in its ids."""
    action = {"commands": [clean(command)], "max_output_length": None, "timeout_ms": None}
    told = {"type": "shell_call", "call_id": f"call_{stem}", "action": action}
    return Whole(f"sh_{stem}", told)


def shell_output(stem: str, call: Whole, item: steps.Item) -> Whole:
    """What came of it: its output stands under `stdout`, since Codex does not tell the two apart."""
    code = _NO_CODE if item.exit_code is None else item.exit_code
    outcome = {"type": "exit", "exit_code": code}
    fate = "" if item.exit_code is not None else clean(item.status)
    output = {"outcome": outcome, "stdout": clean(item.text), "stderr": fate}
    told = {"type": "shell_call_output", "call_id": call.told["call_id"], "output": [output]}
    return Whole(f"sho_{stem}", {**told, "max_output_length": None})


def patch_call(stem: str, change: tuple[str, str, str]) -> Whole:
    """A changed file. change: as `steps.Item` has it."""
    kind, path, diff = change
    operation = {"type": _OPERATIONS.get(kind, "update_file"), "path": clean(path)}
    if operation["type"] != "delete_file":
        operation["diff"] = clean(diff)
    told = {"type": "apply_patch_call", "call_id": f"call_{stem}", "operation": operation}
    return Whole(f"apc_{stem}", told)


def patch_output(stem: str, call: Whole, item: steps.Item) -> Whole:
    """Whether it was made."""
    status = DONE if item.status == DONE else "failed"
    output = None if item.status == DONE else clean(item.status)
    told = {"type": "apply_patch_call_output", "call_id": call.told["call_id"], "output": output}
    return Whole(f"apco_{stem}", told, status)
