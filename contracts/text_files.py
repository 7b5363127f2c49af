"""Files that people write, read as text and as TOML: every fault is one line with file and line."""

import tomllib
from pathlib import Path
from typing import Any


def text_of(path: Path, limit: int, error: type[Exception]) -> str:
    """The text of a UTF-8 file of at most `limit` bytes; a byte order mark is no part of it.

    Raises:
        Exception: of the class `error`; it cannot be read, is too large, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as found:
        raise error(f"{path}: cannot be read: {found.strerror or found}") from None
    except ValueError:  # a null byte in the name
        raise error(f"{str(path)!r}: cannot be read; correct the name") from None
    if len(data) > limit:
        raise error(f"{path}: is over {limit:,} bytes; make it smaller")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as found:
        line = data.count(b"\n", 0, found.start) + 1
        raise error(f"{path}:{line}: is not UTF-8; save it as UTF-8") from None


def toml_of(path: Path, text: str, error: type[Exception]) -> dict[str, Any]:
    """The TOML of a file's text.

    Raises:
        Exception: of the class `error`; it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as found:
        what, _, where = str(found).rpartition(" (at ")
        words = where.rstrip(")").replace(",", " ").split()
        numbers = [int(word) for word in words if word.isdigit()]
        line = numbers[0] if numbers else text.rstrip("\n").count("\n") + 1  # "end of document"
        raise error(f"{path}:{line}: is no TOML: {what or found}; correct it") from None
    except RecursionError:
        raise error(f"{path}:1: is nested too deeply; make it flatter") from None
    except ValueError as found:  # numbers of thousands of digits, dates that do not exist
        raise error(f"{path}:1: is no TOML: {found}; correct it") from None
