"""The thread that reads for pages."""

from pathlib import Path

import pytest

from driftgate.dashboards.reading import Reading
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history import migrations
from driftgate.proxy.history.connect import Writer


async def test_it_gives_the_file_free_after_each_page(tmp_path: Path) -> None:
    path = tmp_path / "h.duckdb"
    writer = Writer(path)
    migrations.migrate(writer.open(), path)
    writer.close()
    reading = Reading(path)
    assert await reading.read(lambda reader: reader.ask("SELECT 42").rows) == [(42,)]
    writer.open()  # would be refused while a reader is in
    writer.close()
    writer.drop()
    reading.close()


async def test_no_history_is_said_so(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "none.duckdb")
    with pytest.raises(NotFoundError, match="no history there"):
        await reading.read(lambda reader: reader.path)
    reading.close()
