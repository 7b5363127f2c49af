"""Commands as they are compared: without the shell around them, and without what differs by place. Pure."""

import re
import shlex
from collections.abc import Sequence

from driftgate.replay.compare.volatile import normalised

LIMIT = 4_000  # characters of a command that are looked at
WORKSPACE = "<workspace>"
_SHELLS = frozenset({"bash", "sh", "zsh", "dash"})
_FLAGS = frozenset({"-c", "-lc", "-ic", "-cl"})
_WRAPPED = 3  # words: the shell, its flag, the command
_JOINTS = frozenset({"|", "||", "&&", ";", ";;", "&", "|&", "(", ")", "\n"})
_PREFIXES = frozenset({"sudo", "env", "time", "nohup", "exec", "command", "builtin", "!", "{"})
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_WORDS = frozenset(
    {"if", "then", "else", "elif", "fi", "while", "until", "do", "done", "esac", "}"}
)
_NAMING = frozenset({"for", "case", "select", "function"})  # what follows is no program


def plain(command: str, places: Sequence[str] = ()) -> str:
    """The command that a person would type: no shell around it, its white space folded.

    Args:
        command: as Codex tells it.
        places: folders that stand for the workspace; told as `<workspace>`.
    """
    return " ".join(normalised(without_places(_unwrapped(command[:LIMIT]), places)).split())


def without_places(text: str, places: Sequence[str], told: str = WORKSPACE) -> str:
    """The text with these folders, the longest first, called `told`. A name that goes on is another one."""
    known = filter(None, (place.rstrip("/") for place in places))
    for place in sorted(known, key=len, reverse=True):
        text = re.sub(rf"{re.escape(place)}(?![\w-]|\.\w)", lambda _: told, text)
    return text


def programs(command: str) -> list[str]:
    """The names of the programs that it runs, in their order: `cd a && python3 x.py | tee y` runs three."""
    found, fresh = [], True
    for word in _words(command):
        name = word.rpartition("/")[2] or word
        if word in _JOINTS:
            fresh = True
        elif word.startswith("<<") and not word.startswith("<<<"):
            break  # what follows is a text
        elif word in _NAMING:
            fresh = False
        elif fresh and not _ASSIGNED.match(word) and name not in _PREFIXES and word not in _WORDS:
            found.append(name)
            fresh = False
    return found


def _unwrapped(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError:  # an open quote
        return command
    if len(words) == _WRAPPED and words[1] in _FLAGS and words[0].rpartition("/")[2] in _SHELLS:
        return words[2]
    return command


def _words(command: str) -> list[str]:
    reader = shlex.shlex(command, posix=True, punctuation_chars="();&|\n")
    reader.whitespace = " \t\r"
    reader.whitespace_split, reader.commenters = True, ""
    try:
        return list(reader)
    except ValueError:
        return command.split()
