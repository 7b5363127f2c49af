"""An empty history, made once: a new one takes a fifth of a second of CPU, and hundreds of tests need one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from driftgate.proxy.history import migrations
from driftgate.proxy.history.connect import Writer

_made: list[Path] = []  # the copy's original, while there is one


@contextmanager
def premade(folder: Path) -> Iterator[None]:
    """While the block runs, histories that this process makes begin as copies of one.

    Only where the schema is the one of the copy, and nothing lies at the place.
    """
    made, opened = folder / "empty.duckdb", Writer.open
    schema = [step.name for step in migrations.known()]
    writer = Writer(made)
    migrations.migrate(writer.open(), made)
    writer.close()
    writer.drop()

    def open_(self: Writer) -> duckdb.DuckDBPyConnection:
        known = [step.name for step in migrations.known()]
        if known == schema:
            begin(self._path)
        return opened(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Writer, "open", open_)
        _made.append(made)
        yield
        _made.clear()


def begin(history: Path) -> None:
    """Puts the empty history there, for a program that is about to make one: if nothing lies there."""
    if _made and history.parent.is_dir() and not history.exists():
        shutil.copyfile(_made[0], history)
        history.chmod(0o600)  # as those are that programs make
