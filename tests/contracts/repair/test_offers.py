"""Names that models write, and the tools they mean."""

import pytest

from driftgate.contracts.repair.offers import resolver

OFFERS = {(None, "look"), ("files", "read"), ("web", "open"), ("tabs", "open"), (None, "a.b")}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("look", (None, "look")),
        ("functions.look", (None, "look")),
        ("default_api:look", (None, "look")),
        ("files.read", ("files", "read")),
        ("files__read", ("files", "read")),
        ("read", ("files", "read")),
        ("web/open", ("web", "open")),
        ("a.b", (None, "a.b")),
        ("open", None),  # of web or of tabs?
        ("Look", None),
        ("other.look", None),
        ("", None),
    ],
)
def test_a_name_means_one_tool_or_none(written: str, meant: tuple[str | None, str] | None) -> None:
    assert resolver(OFFERS)(written) == meant
