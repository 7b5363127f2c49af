"""Links to what strangers named."""

from urllib.parse import unquote

import pytest

from driftgate.dashboards.views.links import LONGEST, contract_path, query, session_path
from tests.support.shown_hostile import HOSTILE


@pytest.mark.parametrize("name", [*HOSTILE, "a/b?c#d", "ü", "100%"])
def test_a_name_goes_into_one_part_of_a_path_and_comes_out_the_same(name: str) -> None:
    for path in (session_path(name, "c1"), contract_path(name)):
        last = path.removeprefix("/_driftgate/").partition("/")[2]
        assert unquote(last) == name.encode("utf-8", "replace").decode()
        assert not set(last) & set("/?#\"'<> \n")


@pytest.mark.parametrize("name", ["", ".", "..", "x" * (LONGEST + 1)])
def test_a_name_that_no_path_can_hold_is_told_by_a_call(name: str) -> None:
    assert session_path(name, "c1") == "/_driftgate/sessions/-?call=c1"


def test_a_query_has_what_is_given_alone() -> None:
    assert query(model="a&b=c", since=None, text="") == "?model=a%26b%3Dc"
    assert query(model=None) == ""
