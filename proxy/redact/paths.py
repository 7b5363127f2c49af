"""The small part of JSONPath that redaction rules may use: where in a body the secrets stand.

    $.user                     a name
    $.messages[*].content      every element of an array
    $.messages[0].content      one element
    $..password                the name, at any depth
    $['odd name']              a name with other characters

Names follow RFC 9535 (JSONPath); filters, slices, unions and functions are refused.
"""

import re
from dataclasses import dataclass

_STEP = re.compile(
    r"""(?P<deep>\.\.)(?P<deep_name>[\w-]+)
    | \.(?P<name>[\w-]+)
    | (?P<any>\[\*\]|\.\*)
    | \[(?P<index>\d{1,9})\]
    | \[(?P<quote>['"])(?P<quoted>[^'"\\]*)(?P=quote)\]""",
    re.VERBOSE,
)
_KINDS = "understood are .name, ..name, [*], [0] and ['name']"


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path. `key` is a name, an index, or None for every child."""

    key: str | int | None
    deep: bool = False


def parse_path(text: str) -> tuple[Step, ...]:
    """Read a path such as `$.input[*].content[*].text`.

    Raises:
        ValueError: what is not understood, and at which character.
    """
    if not text.startswith("$"):
        raise ValueError(f"JSON path {text!r} must begin with $")
    steps: list[Step] = []
    at = 1
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise ValueError(f"JSON path {text!r}: not understood at {text[at:]!r}; {_KINDS}")
        steps.append(_step(found))
        at = found.end()
    if not steps:
        raise ValueError(f"JSON path {text!r} names the whole body; {_KINDS}")
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["deep"]:
        return Step(found["deep_name"], deep=True)
    if found["any"]:
        return Step(None)
    if found["index"]:
        return Step(int(found["index"]))
    return Step(found["name"] if found["name"] is not None else found["quoted"])


def matches(steps: tuple[Step, ...], path: tuple[str | int, ...]) -> bool:
    """Whether a value that stands at `path` (names and indexes from the root) is meant."""
    reached = {0}  # how many steps may be done
    for key in path:
        after: set[int] = set()
        for done in reached:
            if done == len(steps):
                continue
            step = steps[done]
            if step.deep:
                after.add(done)
            if step.key is None or step.key == key:
                after.add(done + 1)
        reached = after
    return len(steps) in reached
