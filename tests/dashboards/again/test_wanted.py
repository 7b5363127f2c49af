"""The fields of the form, made a configuration."""

import pytest

from driftgate.dashboards.again.wanted import choices, wanted
from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.model import Settings
from tests.support.agents import AGENT

SETTINGS = Settings.model_validate(
    {
        "upstreams": {
            "local": {"url": "http://127.0.0.1:9", "adapt_format": True},
            "agent": AGENT,
        }
    }
)


def test_a_configured_upstream_is_asked_as_the_proxy_asks_it_and_once() -> None:
    found = wanted({"upstream": "local", "model": " m "}, SETTINGS)
    assert (found.name, found.url, found.model) == ("local", "http://127.0.0.1:9", "m")
    assert found.configuration.adapt_format
    assert found.configuration.retries == 0
    assert wanted({"upstream": "local", "model": ""}, SETTINGS).model == ""


def test_an_address_goes_before_the_name_and_gives_its_own() -> None:
    found = wanted({"upstream": "local", "address": "https://other.example:8443/v1/"}, SETTINGS)
    assert (found.name, found.url) == ("other.example:8443", "https://other.example:8443/v1")
    assert "adapt_format" not in found.configuration.model_fields_set


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "no upstream is named"),
        ({"upstream": "elsewhere"}, r"there are: local\)"),
        ({"upstream": "agent"}, "is an agent"),
        ({"address": "file:///etc/passwd"}, "an address begins with http://"),
        ({"address": "gopher://x"}, "an address begins with http://"),
        ({"address": "http://"}, "that address cannot be used"),
        ({"address": "http://me:secret@host"}, "without name and password"),
        ({"address": "http://host/\r\nx: y"}, "that address cannot be used"),
        ({"upstream": "local", "model": "m" * 1001}, "more than 1,000 characters"),
    ],
)
def test_what_cannot_be_asked_is_said(fields: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        wanted(fields, SETTINGS)


def test_agents_are_no_choice() -> None:
    assert choices(SETTINGS) == {"local": "http://127.0.0.1:9"}
