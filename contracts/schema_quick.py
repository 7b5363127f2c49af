"""One look in place of several, for values whose keywords are the usual ones.

A quick check that says yes spares the judging proper; what it says no to is judged, and told.
"""

from collections.abc import Callable, Mapping
from typing import Any

from driftgate.contracts.patterns import TAME_LIMIT, tame

Quick = Callable[[Any], bool]
Quicks = dict[type, Quick]  # by the type of the value

_LENGTHS = frozenset({"minLength", "maxLength"})
_BOUNDS = frozenset({"minimum", "maximum"})


def quick_check(keywords: Mapping[str, Any], type_: type) -> Quick | None:
    """Whether a value of this Python type keeps all these keywords; None where it takes more.

    keywords: those that can say something of such a value, with what they say.
    """
    words = keywords.keys()
    if not words:
        return _anything
    if type_ is str:
        return _text(keywords)
    if type_ in (int, float) and words <= _BOUNDS:
        return _bounds(keywords.get("minimum"), keywords.get("maximum"))
    return None


def quick_object(needed: frozenset[str], members: Mapping[str, Quicks], *, closed: bool) -> Quick:
    """Whether an object has all that it needs, and each member keeps its own keywords.

    The work is a look at each member, however many the schema names. closed: no others may be there.
    """

    def fits(value: Any) -> bool:
        if not needed <= value.keys():
            return False
        for name, each in value.items():
            quicks = members.get(name)
            if quicks is not None:
                quick = quicks.get(type(each))
                if quick is None or not quick(each):
                    return False
            elif closed:
                return False
        return True

    return fits


def _anything(_value: Any) -> bool:
    return True


def _text(keywords: Mapping[str, Any]) -> Quick | None:
    words = keywords.keys()
    if words == {"enum"}:
        return frozenset([each for each in keywords["enum"] if isinstance(each, str)]).__contains__
    if words <= _LENGTHS:
        return _lengths(keywords.get("minLength", 0), keywords.get("maxLength"))
    pattern = keywords.get("pattern")
    if pattern is None or not words <= _LENGTHS | {"pattern"}:
        return None
    return _matching(pattern, keywords.get("minLength", 0), keywords.get("maxLength", TAME_LIMIT))


def _lengths(least: float, most: float | None) -> Quick:
    if most is None:
        return lambda value: len(value) >= least
    return lambda value: least <= len(value) <= most


def _matching(pattern: str, least: float, most: float) -> Quick | None:
    compiled, most = tame(pattern), min(most, TAME_LIMIT)
    if compiled is None:
        return None
    search = compiled.search
    return lambda value: least <= len(value) <= most and search(value) is not None


def _bounds(least: float | None, most: float | None) -> Quick:
    if least is None:
        return lambda value: value <= most
    if most is None:
        return lambda value: value >= least
    return lambda value: least <= value <= most
