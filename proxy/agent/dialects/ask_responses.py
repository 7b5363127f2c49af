"""The input of a Responses request, read for an agent.

https://platform.openai.com/docs/api-reference/responses; an agent's own output items come back as
what they were: its commands and its changes of files.
"""

from collections.abc import Callable, Sequence
from typing import Any

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.dialects.ask_chat import as_arguments
from driftgate.proxy.agent.dialects.talk import Json, Talk, asked_again, shown, tool_text
from driftgate.proxy.agent.failures import bad_request
from driftgate.proxy.dialects.lenient import clean, filled, listing, mapping, written

Earlier = Callable[[str], Sequence[Json] | None]

COMMAND_TOOL, PATCH_TOOL = "exec_command", "apply_patch"  # what Codex calls them
_SYSTEM = ("system", "developer")
_REFUSED = {
    "conversation": "driftgate keeps no conversations; send it as `input`, or previous_response_id",
    "background": "leave it out",
    "prompt": "send its text as `instructions`",
}


def read_input(body: Json, earlier: Earlier) -> Talk:
    """The conversation: that of `previous_response_id`, then `instructions` and `input`.

    Args:
        body: the request.
        earlier: gives the items of an answer's conversation by the answer's id.

    Raises:
        AgentError: it is none that an agent can take up.
    """
    for key, instead in _REFUSED.items():
        if body.get(key):
            raise bad_request(f"{key}: an agent does not have that; {instead}")
    talk = Talk()
    talk.system(body.get("instructions"), "instructions")
    for place, item in enumerate(_before(body, earlier)):
        _read(item, talk, f"previous_response_id/{place}")
    given = body.get("input")
    if isinstance(given, str):
        talk.user(given, "input")
    elif isinstance(given, list):
        for place, item in enumerate(given):
            _read(item, talk, f"input/{place}")
    else:
        raise bad_request("input: a text, or a list of items, is needed")
    return talk


def conversation(asked: Asked, added: Sequence[Json]) -> list[Json]:
    """All that was said up to an answer's end, as `earlier` has to give it back.

    `instructions` are no part of it: they hold for one request. What a developer said in `input` is.
    """
    own = filled(asked.body.get("instructions")) or ""
    developer = asked.instructions.removeprefix(clean(own)).strip("\n")
    told = {"type": "message", "role": "developer", "content": developer}
    prompt = asked_again(list(asked.input))
    return [*([told] if developer else []), *asked.history, prompt, *added]


def as_history(output: Sequence[Json]) -> list[Json]:
    """The output items of an answer as items of the history."""
    talk = Talk()
    for item in output:
        _read(item, talk, "output")
    return talk.items


def _before(body: Json, earlier: Earlier) -> Sequence[Any]:
    wanted = body.get("previous_response_id")
    if wanted is None:
        return ()
    known = earlier(wanted) if isinstance(wanted, str) else None
    if known is None:
        raise bad_request(
            f"previous_response_id: no answer {shown(wanted)} is remembered here (it is too old, was "
            "asked for with `store` false, or driftgate was restarted); send the whole conversation as `input`"
        )
    return known


def _read(item: Any, talk: Talk, where: str) -> None:
    if isinstance(item, str):
        talk.user(item, where)
        return
    if not isinstance(item, dict):
        raise bad_request(f"{where}: an item is an object")
    kind = item.get("type") or "message"
    if kind == "message":
        _message(item, talk, where)
    elif kind == "item_reference":
        raise bad_request(f"{where}: driftgate stores no items; send the item itself")
    elif isinstance(kind, str) and kind in _ITEMS:
        _ITEMS[kind](item, talk)
    elif kind != "reasoning":  # no server takes the thoughts of another
        talk.dropped.append(f"{where} {shown(kind)}")


def _message(item: Json, talk: Talk, where: str) -> None:
    role, content = item.get("role", "user"), item.get("content")
    if role in _SYSTEM:
        talk.system(content, where)
    elif role == "user":
        talk.user(content, where)
    elif role == "assistant":
        talk.assistant(content, where)
    else:
        raise bad_request(f"{where}: an agent knows no role {shown(role)}")


def _function(item: Json, talk: Talk) -> None:
    talk.call(item.get("call_id"), item.get("name"), written(item.get("arguments")))


def _custom(item: Json, talk: Talk) -> None:
    arguments = as_arguments({"input": written(item.get("input"))})
    talk.call(item.get("call_id"), item.get("name"), arguments)


def _result(item: Json, talk: Talk) -> None:
    talk.result(item.get("call_id"), tool_text(item.get("output")))


def _shell(item: Json, talk: Talk) -> None:
    action = mapping(item.get("action"))
    commands = listing(action.get("commands")) or [listing(action.get("command"))]
    lines = [" ".join(map(written, c)) if isinstance(c, list) else written(c) for c in commands]
    talk.call(item.get("call_id"), COMMAND_TOOL, as_arguments({"cmd": "\n".join(lines)}))


def _shell_result(item: Json, talk: Talk) -> None:
    told = []
    for output in map(mapping, listing(item.get("output"))):
        code = mapping(output.get("outcome")).get("exit_code")
        texts = (written(output.get(key)) for key in ("stdout", "stderr"))
        told += [text.rstrip("\n") for text in texts if text]
        if code is not None:
            told.append(f"Process exited with code {written(code)}")
    talk.result(item.get("call_id"), "\n".join(told))


def _patch(item: Json, talk: Talk) -> None:
    arguments = as_arguments(mapping(item.get("operation")))
    talk.call(item.get("call_id"), PATCH_TOOL, arguments)


def _patch_result(item: Json, talk: Talk) -> None:
    output = filled(item.get("output")) or written(item.get("status"))
    talk.result(item.get("call_id"), output)


_ITEMS: dict[str, Callable[[Json, Talk], None]] = {
    "function_call": _function,
    "function_call_output": _result,
    "custom_tool_call": _custom,
    "custom_tool_call_output": _result,
    "shell_call": _shell,
    "shell_call_output": _shell_result,
    "local_shell_call": _shell,
    "local_shell_call_output": _result,
    "apply_patch_call": _patch,
    "apply_patch_call_output": _patch_result,
}
