"""Codex's items as steps: what a command, a changed file or a message was. Pure.

The shapes are those of the app server's `ThreadItem` (Codex 0.169). A type that is not known here is
an item of kind `other`, so that a newer Codex loses nothing.
"""

import os.path
import shlex
from collections.abc import Mapping
from typing import Any

from driftgate.proxy.agent.steps import Began, Item, Kind
from driftgate.proxy.agent.turns.bounds import LINE, MESSAGE, NAME, TEXT, bounded, cut, line
from driftgate.proxy.dialects.lenient import filled, integer, listing, mapping, strings, written

Json = dict[str, Any]

KINDS = {
    "agentMessage": Kind.MESSAGE,
    "reasoning": Kind.REASONING,
    "commandExecution": Kind.COMMAND,
    "fileChange": Kind.FILE_CHANGE,
    "contextCompaction": Kind.COMPACTION,
}
# what the client itself said
ECHOED = frozenset({"userMessage"})

_WORDS = 20_000  # characters of a command that is taken apart; it takes time beyond
_CHANGES = 200
_SHELL = 3  # words: the shell, its option, the script
_LONG = frozenset({"text", "aggregatedOutput", "changes", "summary", "content"})  # told elsewhere


def kind_of(item: Mapping[str, Any]) -> Kind:
    """What kind of item it is."""
    return KINDS.get(str(item.get("type")), Kind.OTHER)


def began(item: Json, name: str, cwd: str) -> Began:
    """The step of an item that begins.

    Args:
        item: as Codex wrote it.
        name: its id in the steps.
        cwd: the turn's directory.
    """
    kind = kind_of(item)
    return Began(kind, name, _title(kind, item, cwd))


def whole(item: Json, name: str, cwd: str, *, status: str = "", output: str = "") -> Item:
    """The step of an item that is whole.

    Args:
        item: as Codex wrote it.
        name: its id in the steps.
        cwd: the turn's directory.
        status: instead of Codex's.
        output: of a command whose output the item does not tell.
    """
    kind = kind_of(item)
    return Item(
        kind=kind,
        item=name,
        title=_title(kind, item, cwd),
        status=line(status or filled(item.get("status")) or "completed"),
        text=_text(kind, item, cwd) or cut(output),
        cwd=cut(filled(item.get("cwd")) or (cwd if kind is Kind.FILE_CHANGE else ""), MESSAGE),
        exit_code=integer(item.get("exitCode"), 31),
        duration_ms=integer(item.get("durationMs")),
        changes=tuple(_changes(item, cwd)) if kind is Kind.FILE_CHANGE else (),
        data=bounded({k: v for k, v in item.items() if k not in _LONG and v is not None}),
    )


def command_of(item: Mapping[str, Any]) -> str:
    """The command as the model wrote it, without the shell that Codex puts around it."""
    command = filled(item.get("command")) or ""
    if len(command) > _WORDS:
        return command
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    wrapped = len(words) == _SHELL and words[0].endswith("sh") and words[1] in ("-lc", "-c")
    return words[2] if wrapped else command


def message_text(item: Mapping[str, Any]) -> str:
    """The whole text of an agent message."""
    return written(item.get("text"))


def thought_text(item: Mapping[str, Any]) -> str:
    """The whole text of a reasoning item: its summary, or else what the model thought."""
    return "\n\n".join(strings(item.get("summary")) or strings(item.get("content")) or ())


def _title(kind: Kind, item: Json, cwd: str) -> str:
    if kind is Kind.COMMAND:
        return line(command_of(item)) or "command"
    if kind is Kind.FILE_CHANGE:
        return line(", ".join(_changed(item, cwd))) or "files changed"
    if kind is Kind.COMPACTION:
        return "history shortened"
    if kind in (Kind.MESSAGE, Kind.REASONING):
        text = message_text(item) if kind is Kind.MESSAGE else thought_text(item)
        return line(text, LINE) or kind.value
    return line(" ".join(_words(item)))


def _words(item: Json) -> list[str]:
    """The name of an item of another type, and what tells it from its like."""
    keys = ("type", "server", "namespace", "tool", "name", "query", "path")
    return [word for key in keys if (word := filled(item.get(key)))] or ["item"]


def _changed(item: Json, cwd: str) -> list[str]:
    """What was done to each file, in words."""
    told = []
    for each in map(mapping, listing(item.get("changes"))[:_CHANGES]):
        moved = _moved(each)
        words = [_verb(each), within(filled(each.get("path")) or "?", cwd)]
        told.append(" ".join([*words, "->", within(moved, cwd)] if moved else words))
    return told


def _changes(item: Json, cwd: str) -> list[tuple[str, str, str]]:
    room = 4 * TEXT
    told = []
    for each in map(mapping, listing(item.get("changes"))[:_CHANGES]):
        diff = _diff(each, cwd, room)
        room = max(0, room - len(diff))
        told.append((_verb(each), within(filled(each.get("path")) or "?", cwd), diff))
    return told


def _verb(change: Json) -> str:
    return line(filled(mapping(change.get("kind")).get("type")) or "update", NAME)


def _moved(change: Json) -> str | None:
    return filled(mapping(change.get("kind")).get("move_path"))


def _diff(change: Json, cwd: str, room: int) -> str:
    """The diff; of a file that was added or deleted Codex gives the whole text, here it is one as well."""
    diff = cut(written(change.get("diff")), min(TEXT, room))
    sign = {"add": "+", "delete": "-"}.get(_verb(change))
    if sign:
        return "".join(sign + each for each in diff.splitlines(keepends=True))
    moved = _moved(change)
    return diff.replace(moved, within(moved, cwd)) if moved else diff


def within(path: str, cwd: str) -> str:
    """The path from the turn's directory where it lies there, else as it is."""
    whole_path = cut(path, 4096)
    beneath = cwd.rstrip("/") + "/"
    normal = os.path.normpath(whole_path) if "\0" not in whole_path else whole_path
    return normal.removeprefix(beneath) if cwd and normal.startswith(beneath) else whole_path


def _text(kind: Kind, item: Json, cwd: str) -> str:
    """What an item is about, as far as it tells."""
    if kind is Kind.MESSAGE:
        return cut(message_text(item), MESSAGE)
    if kind is Kind.REASONING:
        return cut(thought_text(item), MESSAGE)
    if kind is Kind.COMMAND:
        return cut(written(item.get("aggregatedOutput")))
    if kind is Kind.FILE_CHANGE:
        told = [f"*** {verb} {path}\n{diff}" for verb, path, diff in _changes(item, cwd)]
        return cut("\n".join(told))
    return cut(filled(item.get("text")) or "")
