"""Long files of tests come first, so that no process waits for another at the end."""

from pathlib import Path
from typing import Any

from tests.support.order import long_files_first


class Item:
    """What is asked of a test."""

    def __init__(self, path: str, *marks: str) -> None:
        self.path, self._marks = Path("/r/tests") / path, marks

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self._marks else None


def test_long_files_come_first_and_stay_in_one_piece() -> None:
    items: list[Any] = [
        Item("proxy/test_a.py"),
        Item("replay/test_b.py"),
        Item("replay/test_b.py", "slow"),
        Item("e2e/test_c.py"),
        Item("test_house.py"),
        Item("e2e/test_d.py", "slow"),
    ]
    first = [items[at] for at in (3, 5, 1, 2, 4, 0)]
    assert long_files_first(items) == first
