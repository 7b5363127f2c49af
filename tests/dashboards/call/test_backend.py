"""What a backend was, and what changed since the call before."""

from datetime import datetime

from driftgate.dashboards.call.backend import LEADING, backend, facts_of
from driftgate.dashboards.call.texts import Budget

NOW = {"server": "ollama", "quantization": "Q4", "absent": ["props"], "sampling": {"top_k": 40}}
AT = datetime(2026, 1, 2)  # noqa: DTZ001 - the history keeps UTC without a zone


def test_the_facts_are_told_the_important_ones_first_and_tables_flat() -> None:
    made = backend("id", NOW, AT, None, Budget())
    assert made is not None
    assert [(name, text.shown) for name, text in made.facts] == [
        ("server", "ollama"),
        ("quantization", "Q4"),
        ("sampling.top_k", "40"),
    ]
    assert made.changes is None


def test_what_changed_since_the_call_before_is_told() -> None:
    made = backend("id", NOW, AT, {**NOW, "quantization": "Q8", "absent": []}, Budget())
    assert made is not None
    assert made.changes == (("quantization", "Q8", "Q4"),)


def test_the_same_backend_has_no_changes() -> None:
    made = backend("id", NOW, AT, dict(NOW), Budget())
    assert made is not None
    assert made.changes == ()


def test_without_a_fingerprint_nothing_is_known() -> None:
    assert backend(None, {}, None, None, Budget()) is None


def test_facts_that_cannot_be_read_are_none() -> None:
    for stored in (None, "", "{", "[1]", "[" * 9_000):
        assert facts_of(stored) == {}


def test_of_many_facts_the_first_are_seen_at_once_and_the_others_folded() -> None:
    many = {**NOW, "sampling": {f"s{number}": 0.949999988079071 for number in range(40)}}
    few, made = (backend("id", facts, AT, None, Budget()) for facts in (NOW, many))
    assert few is not None
    assert made is not None
    assert (few.leading, few.others) == (few.facts, ())
    assert len(made.leading) == LEADING
    assert made.leading + made.others == made.facts
    assert made.facts[-1][1].shown == "0.95"
