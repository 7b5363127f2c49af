"""What stands behind a commit, by the settings; and what cannot begin stops nothing."""

from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.behind import Behind
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.telemetry import telemetry

OTEL = {"endpoint": "http://127.0.0.1:9"}


def behind(root: Path, **settings: Any) -> tuple[Behind, Drain]:
    drain = Drain(root / "h.duckdb", root)
    return Behind(Settings.model_validate(settings), drain), drain


def test_without_settings_nothing_is_heard(tmp_path: Path) -> None:
    made, drain = behind(tmp_path)
    assert (drain.listeners, made.status()) == ([], None)
    made.close()


def test_calls_are_logged_and_exported_as_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []

    class Exported:
        def __init__(self, settings: Settings) -> None:
            self.url = settings.otel.endpoint

        def hear(self, committed: Any, seconds: float) -> None:
            """Nothing is written here."""

        def status(self) -> dict[str, Any]:
            return {"to": self.url}

        def close(self) -> None:
            closed.append("closed")

    monkeypatch.setattr(telemetry, "Telemetry", Exported)
    made, drain = behind(tmp_path, otel=OTEL, log_calls="failed")
    assert (len(drain.listeners), made.status()) == (2, {"to": "http://127.0.0.1:9"})
    made.close()
    assert closed == ["closed"]


def test_an_export_that_cannot_begin_is_said_and_the_ingest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER", "none-such")
    made, drain = behind(tmp_path, otel=OTEL)
    assert (drain.listeners, made.status()) == ([], None)
    assert "spans and metrics are not exported" in caplog.text
    assert "none-such" in caplog.text
