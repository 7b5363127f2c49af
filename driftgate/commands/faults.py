"""How an exception that reached the top of the command line is told: one line, one exit code."""

import errno
import sys
import tempfile
import traceback
from difflib import get_close_matches
from pathlib import Path

import typer

from driftgate.proxy.errors import DriftgateError, Exit
from driftgate.proxy.harmless import one_line

_FULL = (errno.ENOSPC, errno.EDQUOT)
_PYDANTIC = "Value error, "  # its prefix of a message that is complete without it


def interrupted(error: Exception) -> bool:
    """Whether this is Ctrl-C, as DuckDB reports it when it comes in the middle of a query."""
    return isinstance(error, RuntimeError) and str(error) == "Query interrupted"


def describe(error: Exception) -> tuple[str, int]:
    """What to tell people, and the exit code. The traceback of an unforeseen error goes to a file."""
    if isinstance(error, DriftgateError):
        lines = [one_line(line) for line in str(error).splitlines() if line.strip()]
        return "\ndriftgate: ".join(lines), int(error.exit_code)  # settings: a line a problem
    if isinstance(error, typer.TyperException):
        return _wrong_usage(error), int(Exit.USAGE)
    if isinstance(error, typer.Abort):
        return "stopped", int(Exit.USAGE)
    if isinstance(error, OSError) and error.errno in _FULL:
        where = error.filename or "the output"
        return f"cannot write {where}: {error.strerror}", int(Exit.COULD_NOT_CHECK)
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename}: {error.strerror}", int(Exit.USAGE)
    return _unforeseen(error), int(Exit.OWN_FAULT)


def _wrong_usage(error: typer.TyperException) -> str:
    message = one_line(error.message if hasattr(error, "option_name") else error.format_message())
    message = message.replace(_PYDANTIC, "", 1)
    message = message[:1].lower() + message[1:].rstrip(".")
    near = getattr(error, "possibilities", None)
    if near:
        best = get_close_matches(str(getattr(error, "option_name", "")), near, n=1) or near
        message += f"; did you mean {best[0]}?"
    elif not message.endswith("?"):
        message += "."
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "driftgate"
    return f"{message} See '{where} --help'"


def _unforeseen(error: Exception) -> str:
    what = f"{type(error).__name__}: {one_line(str(error))}".rstrip(": ")
    try:
        where = f"; the traceback is in {_write_traceback(error)}"
    except OSError as problem:
        where = f"; the traceback could not be written ({problem})"
    return f"our own fault, {what}{where}"


def _write_traceback(error: Exception) -> Path:
    with tempfile.NamedTemporaryFile(
        "w", prefix="driftgate-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
    ) as file:
        file.write(f"{sys.argv}\n")
        file.writelines(traceback.format_exception(error))
    return Path(file.name)
