"""What the form of filters is given, and where what people wrote is read."""

import os
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from driftgate.dashboards.app import make_site
from driftgate.dashboards.calls import UNKNOWN
from driftgate.dashboards.choice import Choice
from driftgate.dashboards.filtering import DIALECTS, form, read_chosen
from driftgate.dashboards.site import Asked
from driftgate.dashboards.typed import typed
from driftgate.proxy.dialects.describe import _PATHS
from driftgate.proxy.settings.model import Settings
from tests.support.recorded_calls import small
from tests.support.typed_work import here


async def test_only_sql_of_people_is_read_elsewhere(tmp_path: Path) -> None:
    site = make_site(Settings(history=small(tmp_path / "h.duckdb").path))
    asked = Asked(site, make_mocked_request("GET", "/"))
    try:
        assert await read_chosen(asked, Choice.of({"text": "a"}), here) == os.getpid()
        assert typed(site).process is None
        elsewhere = await read_chosen(asked, Choice.of({"where": "true"}), here)
        assert elsewhere == typed(site).process != os.getpid()
    finally:
        await site.close()


@pytest.mark.parametrize(
    ("query", "detailed"), [({}, False), ({"model": "a"}, False), ({"path": "a"}, True)]
)
def test_what_is_set_is_in_sight(query: dict[str, str], detailed: bool) -> None:
    assert form(Choice.of(query), UNKNOWN)["detailed"] is detailed


def test_every_dialect_can_be_chosen() -> None:
    assert set(DIALECTS) == {name for _, name in _PATHS} | {"ollama"}
