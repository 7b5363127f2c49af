"""What exporting needs is asked for before anything is started, and only where it is asked for."""

import importlib.util
from typing import Any

import pytest

from driftgate.proxy.errors import Exit, UsageError
from driftgate.proxy.settings.otel import Otel
from driftgate.proxy.telemetry.extra import check_extra

WANTED = Otel(endpoint="http://127.0.0.1:4318")


def test_what_is_installed_is_found() -> None:
    check_extra(WANTED)


@pytest.mark.parametrize("missing", ["opentelemetry.sdk", "opentelemetry.exporter"])
def test_what_is_missing_is_said_with_what_to_do(missing: str, monkeypatch: Any) -> None:
    found = importlib.util.find_spec

    def find(name: str) -> Any:
        if name.startswith(missing):
            raise ModuleNotFoundError(name)
        return found(name)

    monkeypatch.setattr("driftgate.proxy.telemetry.extra.find_spec", find)
    check_extra(Otel())
    with pytest.raises(UsageError, match=r"pip install 'driftgate\[otel\]'") as raised:
        check_extra(WANTED)
    assert raised.value.exit_code is Exit.USAGE
