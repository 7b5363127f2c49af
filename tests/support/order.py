"""In which order the files of tests run where several processes share them (`pytest -n`)."""

from collections.abc import Sequence
from typing import TypeVar

import pytest

Item = TypeVar("Item", bound=pytest.Item)


def long_files_first(items: Sequence[Item]) -> list[Item]:
    """The tests with the long files before the others, each file still in one piece.

    A file is one process's, so a long one that begins last runs alone. Long are those that start
    programs from end to end, those with a test marked slow, and those about the whole tree.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def rank(item: Item) -> int:
        folder = item.path.parent.name
        return 0 if folder == "e2e" else 1 if item.path in slow or folder == "tests" else 2

    return sorted(items, key=rank)
