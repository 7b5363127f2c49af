"""The settings of OpenTelemetry."""

import pytest
from pydantic import ValidationError

from driftgate.proxy.settings.model import Settings


def test_nothing_is_sent_unless_a_collector_is_named() -> None:
    assert Settings().otel.endpoint is None


def test_content_is_sent_only_when_asked_for() -> None:
    assert not Settings.model_validate(
        {"otel": {"endpoint": "http://127.0.0.1:4318/"}}
    ).otel.content


def test_an_address_with_a_password_would_stand_in_the_history() -> None:
    with pytest.raises(ValidationError, match="without name and password"):
        Settings.model_validate({"otel": {"endpoint": "http://me:secret@127.0.0.1:4318"}})
