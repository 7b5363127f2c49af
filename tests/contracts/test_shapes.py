"""What values look like, place by place."""

from driftgate.contracts.shapes import DEPTH_LIMIT, NAMES_LIMIT, PLACES_LIMIT, shapes_of, walk


def test_each_place_counts_its_kinds_and_names() -> None:
    shapes = shapes_of([{"a": 1, "b": ["x", None]}, {"a": 1.5}, []])
    assert shapes[()].kinds == {"object": 2, "array": 1}
    assert shapes[()].names == {"a": 2, "b": 1}
    assert shapes["a",].kinds == {"integer": 1, "number": 1}
    assert shapes["b", None].kinds == {"string": 1, "null": 1}


def test_few_short_strings_are_counted_and_many_or_long_ones_are_not() -> None:
    assert shapes_of(["a", "b", "a"])[()].texts == {"a": 2, "b": 1}
    assert shapes_of([str(n) for n in range(11)])[()].texts is None
    assert shapes_of(["x" * 61])[()].texts is None


def test_an_object_with_very_many_names_is_a_map() -> None:
    shapes = shapes_of([{str(n): n for n in range(NAMES_LIMIT + 1)}])
    assert shapes[()].is_map
    assert len(shapes) == NAMES_LIMIT + 1


def test_depth_and_number_of_places_are_bounded() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert max(len(path) for path, _ in walk(deep)) == DEPTH_LIMIT
    many = [{str(n): {str(m): m for m in range(100)} for n in range(100)}]
    assert len(shapes_of(many)) == PLACES_LIMIT
