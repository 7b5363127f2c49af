"""Pages of lists by their number."""

import pytest

from driftgate.dashboards.views.numbered import MOST, page_number
from driftgate.proxy.errors import UsageError


@pytest.mark.parametrize(
    ("text", "number"), [(None, 1), ("", 1), ("1", 1), ("12", 12), ("9" * 5000, MOST)]
)
def test_pages_have_numbers_from_one_on(text: str | None, number: int) -> None:
    assert page_number(text) == number


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", " 1", "\u00b2", "x" * 5000])
def test_what_is_no_number_of_a_page_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="is no page") as refused:
        page_number(text, "calls")
    assert str(refused.value).startswith("calls '")
    assert len(str(refused.value)) < 100
