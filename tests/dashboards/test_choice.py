"""The filters of an address."""

import pytest

from driftgate.dashboards.choice import NAMES, WORDS, Choice
from driftgate.proxy.errors import UsageError


def test_an_address_and_its_choice_are_the_same() -> None:
    query = {"model": "gemma*", "status": "error", "where": "status = 500", "failing": "yes"}
    assert Choice.of(query).address == query
    assert Choice.of(Choice.of(query).address) == Choice.of(query)


def test_empty_and_unknown_parameters_choose_nothing() -> None:
    assert Choice.of({"model": " ", "nonsense": "1", "prefix": "--"}).address == {}
    assert Choice.of({}).named() == ("true", {})


def test_what_fails_is_one_condition_among_the_others() -> None:
    sql, values = Choice.of({"failing": "yes", "model": "a"}).named()
    assert sql.startswith("model = $filter_1 AND (outcome")
    assert values == {"filter_1": "a"}


def test_one_filter_is_taken_away_at_a_time() -> None:
    choice = Choice.of({"model": "a", "failing": "yes"})
    assert choice.without("failing").address == {"model": "a"}
    assert choice.without("model").address == {"failing": "yes"}


def test_links_carry_the_filters_encoded() -> None:
    choice = Choice.of({"model": 'a"&b=<c>'})
    assert choice.link("/calls", after="", all="yes") == "/calls?model=a%22%26b%3D%3Cc%3E&all=yes"
    assert Choice.of({}).link("/calls") == "/calls"


@pytest.mark.parametrize(
    ("query", "costly", "typed"),
    [({"text": "a"}, True, False), ({"where": "true"}, True, True), ({"model": "a"}, False, False)],
)
def test_what_costs_and_what_people_wrote_is_known(
    query: dict[str, str], costly: bool, typed: bool
) -> None:
    choice = Choice.of(query)
    assert (choice.costly, choice.typed) == (costly, typed)


def test_a_wrong_value_is_named_as_the_form_names_it() -> None:
    with pytest.raises(UsageError, match=r"^verdict 'maybe' is none"):
        Choice.of({"verdict": "maybe"}).named()


def test_every_filter_has_words() -> None:
    assert set(WORDS) == set(NAMES)
