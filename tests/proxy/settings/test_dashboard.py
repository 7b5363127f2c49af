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


def test_further_names_are_names_or_addresses_alone() -> None:
    """Anything else would never be met, and the reverse proxy be refused for no reason that one sees."""
    fine = ["flight.example", "Flight.Example.", "my_host", "fd00::7", "192.0.2.7"]
    made = Settings.model_validate({"dashboard": {"hosts": fine}})
    assert made.dashboard.hosts == fine
    for wrong in ("flight.example:8443", "https://flight.example", "*.example", "[fd00::7]", ""):
        with pytest.raises(ValidationError, match="is no name such as"):
            Settings.model_validate({"dashboard": {"hosts": [wrong]}})
