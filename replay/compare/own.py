"""Users' own comparators: by the name of an entry point, or as `package.module:function`.

A comparator is called with two answers and gives their distance (0 alike, 1 nothing in common), or
the distance and a reason, or None where it has nothing to say of them. It must be pure: it is
called as often as answers are compared.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from driftgate.proxy.errors import UsageError
from driftgate.replay.answer import Answer
from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.told import told

GROUP = "driftgate.comparators"
BUILT_IN = frozenset(
    {
        *("transport", "finish", "verdict", "violations", "json_structure", "json_values"),
        *("tool_names", "tool_arguments", "tool_order", "text", "text_exact", "text_folded"),
        *("embedding", "reasoning", "length", "logprobs", "judge"),
    }
)

_REASON = 300  # characters


class ComparatorFailed(Exception):  # noqa: N818 - it says what happened, not what it is
    """A comparator raised, or gave what is no distance; one line."""


@dataclass(frozen=True, slots=True)
class Comparator:
    """A user's comparator. name: of its aspect."""

    name: str
    function: Callable[[Answer, Answer], Any]

    def compare(self, one: Answer, other: Answer) -> Aspect | None:
        """What it says of two answers.

        Raises:
            ComparatorFailed: whatever went wrong in it.
        """
        try:
            given = self.function(one, other)
        except Exception as error:
            raise ComparatorFailed(
                told(f"raised {type(error).__name__}: {error}", _REASON)
            ) from error
        if given is None:
            return None
        distance, reason = given if _is_pair(given) else (given, "")
        if not _is_distance(distance) or not isinstance(reason, str):
            raise ComparatorFailed(
                f"gave {told(_shown(given))}: a number from 0 to 1, a pair of such a number and a "
                "reason, or None is expected"
            )
        return Aspect(float(distance), told(reason, _REASON))


def load(names: Sequence[str]) -> list[Comparator]:
    """The comparators of these names, in their order.

    A name with a colon is `package.module:function`, and the aspect is named after the function;
    any other is that of an entry point in the group `driftgate.comparators`.

    Raises:
        UsageError: there is none of that name, it cannot be loaded, or two have one name.
    """
    found = [_dotted(name) if ":" in name else _installed(name) for name in names]
    counts = Counter(each.name for each in found)
    for name, count in counts.items():
        if name in BUILT_IN:
            raise UsageError(f"a comparator may not be called {name}: driftgate has one itself")
        if count > 1:
            raise UsageError(f"{count} comparators are called {name}: give each its own name")
    return found


def installed() -> list[str]:
    """The names of the comparators that installed packages offer, sorted."""
    return sorted({each.name for each in _offered()})


def _offered() -> Iterator[EntryPoint]:
    yield from entry_points(group=GROUP)


def _installed(name: str) -> Comparator:
    found = next((each for each in _offered() if each.name == name), None)
    if found is None:
        known = ", ".join(installed()) or "none"
        raise UsageError(
            f"no comparator {told(name)!r}: installed are {known}; name one of your own as "
            "package.module:function"
        )
    try:
        function = found.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code
        raise _not_loaded(f"{name} ({found.value})", error) from None
    return _made(name, name, function)


def _dotted(name: str) -> Comparator:
    module_name, _, attribute = name.partition(":")
    if not all(part.isidentifier() for part in [*module_name.split("."), attribute]):
        raise UsageError(f"comparator {told(name)!r}: write it as package.module:function")
    try:
        module = import_module(module_name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code
        raise _not_loaded(name, error) from None
    if not hasattr(module, attribute):
        raise UsageError(f"comparator {name}: {module_name} has no {attribute}")
    return _made(name, attribute, getattr(module, attribute))


def _made(told_as: str, name: str, function: Any) -> Comparator:
    if not callable(function):
        raise UsageError(f"comparator {told_as} is no function, but {type(function).__name__}")
    return Comparator(name, function)


def _not_loaded(name: str, error: BaseException) -> UsageError:
    hint = "; is its folder in PYTHONPATH?" if isinstance(error, ModuleNotFoundError) else ""
    why = told(f"{type(error).__name__}: {error}", _REASON)
    return UsageError(f"comparator {name} cannot be loaded: {why}{hint}")


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2  # noqa: PLR2004 - distance and reason


def _is_distance(value: Any) -> bool:
    try:
        return not isinstance(value, bool | str) and 0 <= float(value) <= 1
    except (TypeError, ValueError, OverflowError):
        return False


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - a stranger's code
        return f"a {type(value).__name__}"
