"""The settings of the dashboard."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from driftgate.proxy.settings.model import Settings


def test_it_is_on_unless_it_is_turned_off() -> None:
    assert Settings().dashboard.on
    assert not Settings.model_validate({"dashboard": {"on": False}}).dashboard.on


def test_the_token_file_may_lie_at_home() -> None:
    made = Settings.model_validate({"dashboard": {"token_file": "~/token"}})
    assert made.dashboard.token_file == Path.home() / "token"


@pytest.mark.parametrize(("name", "value"), [("sql_timeout_s", 0), ("sql_rows", 0), ("colour", 1)])
def test_what_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({"dashboard": {name: value}})
