"""Commands and changes of files as output items of a response."""

from typing import Any

from openai.types.responses import (
    ResponseApplyPatchToolCall,
    ResponseApplyPatchToolCallOutput,
    ResponseFunctionShellToolCall,
    ResponseFunctionShellToolCallOutput,
)

from driftgate.proxy.adapt.items import Item as Output
from driftgate.proxy.agent.dialects.output_items import (
    patch_call,
    patch_output,
    shell_call,
    shell_output,
)
from driftgate.proxy.agent.steps import Item, Kind


def told(item: Output, model: Any, status: str = "completed") -> Any:
    """The item as it begins and ends, each time taken by the client's own type."""
    (added,) = item.open()
    model.model_validate(added["item"], strict=True)
    (done,) = item.close(status)
    assert (added["type"], done["type"]) == ("response.output_item.added", "response.output_item.done")  # fmt: skip
    return model.model_validate(done["item"], strict=True)


def test_a_command_and_what_it_gave() -> None:
    ran = Item(kind=Kind.COMMAND, item="c", title="ls", exit_code=3, text="x\ud800")
    call = shell_call("1", "ls\ud800")
    made = told(call, ResponseFunctionShellToolCall)
    assert made.action.commands == ["ls�"]
    output = told(shell_output("2", call, ran), ResponseFunctionShellToolCallOutput)
    assert output.call_id == made.call_id
    assert output.id != made.id
    (gave,) = output.output
    assert (gave.outcome.exit_code, gave.stdout, gave.stderr) == (3, "x�", "")


def test_a_command_that_was_not_run_says_so() -> None:
    refused = Item(kind=Kind.COMMAND, item="c", title="rm", status="declined")
    output = told(shell_output("2", shell_call("1", "rm"), refused), ResponseFunctionShellToolCallOutput)  # fmt: skip
    assert (output.output[0].outcome.exit_code, output.output[0].stderr) == (-1, "declined")


def test_a_command_that_nobody_saw_the_end_of_is_incomplete() -> None:
    assert told(shell_call("1", "sleep 9"), ResponseFunctionShellToolCall, "incomplete").status == "incomplete"  # fmt: skip


def test_changes_of_files() -> None:
    kinds = (("add", "create_file"), ("update", "update_file"), ("delete", "delete_file"), ("rename", "update_file"))  # fmt: skip
    for kind, operation in kinds:
        made = told(patch_call("1", (kind, "a", "diff")), ResponseApplyPatchToolCall)
        assert (made.operation.type, made.operation.path) == (operation, "a")


def test_whether_a_change_was_made() -> None:
    call = patch_call("1", ("add", "a", "x"))
    for status, fate, output in (("completed", "completed", None), ("declined", "failed", "declined")):  # fmt: skip
        item = Item(kind=Kind.FILE_CHANGE, item="f", title="", status=status)
        made = told(patch_output("2", call, item), ResponseApplyPatchToolCallOutput, fate)
        assert (made.status, made.output, made.call_id) == (fate, output, call.told["call_id"])
