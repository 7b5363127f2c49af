"""Paths of redaction rules: what they mean, and that others are refused clearly."""

import pytest

from driftgate.proxy.redact.paths import matches, parse_path


@pytest.mark.parametrize(
    ("path", "place", "meant"),
    [
        ("$.a", ("a",), True),
        ("$.a", ("a", "b"), False),
        ("$.a", (), False),
        ("$.a[*].b", ("a", 3, "b"), True),
        ("$.a.*.b", ("a", "x", "b"), True),
        ("$.a[0]", ("a", 0), True),
        ("$.a[0]", ("a", "0"), False),
        ("$.a[0]", ("a", 1), False),
        ("$[0].a", (0, "a"), True),
        ("$..a", ("a",), True),
        ("$..a", ("x", 1, "a"), True),
        ("$..a", ("x", "a", "y"), False),
        ("$..a.b", ("a", "x", "a", "b"), True),
        ("$..a..b", ("x", "a", "y", "z", "b"), True),
        ("$['a.b'][\"c d\"]", ("a.b", "c d"), True),
        ("$.api-key", ("api-key",), True),
        ("$.caf\xe9", ("caf\xe9",), True),
    ],
)
def test_a_path_means_these_places(path: str, place: tuple[str | int, ...], meant: bool) -> None:
    assert matches(parse_path(path), place) is meant


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("a.b", "must begin with \\$"),
        ("$", "names the whole body"),
        ("$.a[?(@.b)]", r"not understood at '\[\?\(@\.b\)\]'"),
        ("$.a[1:2]", "not understood at"),
        ("$.a[-1]", "not understood at"),
        ("$.a[0,1]", "not understood at"),
        ("$.a.", "not understood at '.'"),
        ("$..*", "not understood at"),
        ("$.a b", "not understood at ' b'"),
        ("$['a", "not understood at"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(path: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_path(path)


def test_many_deep_steps_in_a_deep_body_cost_little() -> None:
    assert matches(parse_path("$" + "..a" * 20), ("a",) * 2000)
    assert not matches(parse_path("$" + "..a" * 20 + "..b"), ("a",) * 2000)
