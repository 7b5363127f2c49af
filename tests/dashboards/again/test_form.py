"""What the form offers."""

from driftgate.dashboards.again.beside import call_row
from driftgate.dashboards.again.form import form, then
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.model import Settings
from tests.support.shown import Shown

CALL = {"call_id": "c", "upstream": "local", "model": "m"}


def settings(**upstreams: object) -> Settings:
    return Settings.model_validate({"upstreams": upstreams})


def test_the_recorded_server_is_offered_where_no_configured_one_is_it() -> None:
    here = settings(other={"url": "http://127.0.0.1:1"})
    found = form(CALL, {"local": "http://127.0.0.1:2"}, [], here)
    assert [value for value, *_ in found["options"]] == ["other", "http://127.0.0.1:2"]
    same = settings(local={"url": "http://127.0.0.1:2"})
    found = form(CALL, {"local": "http://127.0.0.1:2"}, [], same)
    assert [value for value, *_ in found["options"]] == ["local"]


def test_models_are_those_of_the_settings_and_those_that_were_asked_for() -> None:
    here = settings(other={"url": "http://127.0.0.1:1", "models": ["gemma*", "exact", "seen"]})
    assert form(CALL, {}, ["seen", "past"], here)["models"] == ["exact", "seen", "past"]


def test_the_history_knows_who_answered_then(shown: Shown) -> None:
    with open_history(shown.path, drain=False) as reader:
        local = call_row(reader, shown["chat_plain"])
        agent = call_row(reader, shown["agent"])
        assert set(then(reader, local, settings(x={"url": "http://127.0.0.1:1"}))) == {"local"}
        assert "agent" not in then(reader, agent, settings(x={"url": "http://127.0.0.1:1"}))
