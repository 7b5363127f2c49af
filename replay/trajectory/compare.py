"""Two trajectories of one task, aspect by aspect, and their distance as a whole. Pure.

    tools      the programs that were run and the files edited, by how often: what one has and the other has
               not, as a share of all (1 minus the weighted Jaccard index, M. Levandowsky, D. Winter,
               "Distance between Sets", Nature 234, 1971)
    commands   the commands in their order: what one must insert and delete to make the other's
    files      how the workspace was left: of each changed file, how much of its change is the same
    message    the words of the last answer

The whole is 1 where only one of the two ran to an end that can be compared, 0 where neither did; else
the mean of those aspects, weighted 3 for files, 2 for commands, 1 for each other. Whether the check
passed and how a trajectory ended are told beside that, and are metrics of their own.
"""

from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import Indel

from driftgate.replay.answer import Answer
from driftgate.replay.compare.comparison import Aspect, Comparison
from driftgate.replay.compare.told import counted, told
from driftgate.replay.compare.volatile import normalised
from driftgate.replay.compare.words import Phrase, apart
from driftgate.replay.trajectory.answer import TrajectoryAnswer
from driftgate.replay.trajectory.command import programs
from driftgate.replay.trajectory.trajectory import Change, Trajectory

WEIGHTS = {"files": 3.0, "commands": 2.0, "tools": 1.0, "message": 1.0}
EDIT = "edit"  # the name of the agent's own tool that changes files, among programs
_NAMES, _SHOWN = 3, 80  # programs or files that a reason names; characters of a command


def compare(a: Answer, b: Answer) -> Comparison:
    """What the trajectories have in common; reasons name `a` first. Never raises."""
    if not (a.served and b.served):
        return _unserved(a, b)
    assert isinstance(a, TrajectoryAnswer)
    assert isinstance(b, TrajectoryAnswer)
    one, other = a.trajectory, b.trajectory
    assert one is not None
    assert other is not None
    told_apart = {
        "tools": tools(one, other),
        "commands": commands(one, other),
        "files": files(one, other),
        "message": message(one, other),
    }
    aspects = {name: each for name, each in told_apart.items() if each is not None}
    weight = sum(WEIGHTS[name] for name in aspects)
    whole = sum(WEIGHTS[name] * each.distance for name, each in aspects.items())
    beside = {"verdict": _verdict(a, b), "transport": _ending(one, other)}
    return Comparison(
        whole / weight if weight else 0.0,
        aspects | {name: each for name, each in beside.items() if each is not None},
    )


def tools(one: Trajectory, other: Trajectory) -> Aspect | None:
    """The programs and edits; None: neither used any."""
    first, second = _used(one), _used(other)
    if not first and not second:
        return None
    union, common = first | second, first & second
    if union == common:
        return Aspect(0.0)
    lost, new = first - second, second - first
    reason = "; ".join(
        f"{word} {_names(each)}" for word, each in (("no", lost), ("also", new)) if each
    )
    return Aspect(1 - common.total() / union.total(), f"tools: {reason}")


def commands(one: Trajectory, other: Trajectory) -> Aspect | None:
    """The commands in their order; None: neither ran any."""
    first, second = ([each.text for each in side.commands] for side in (one, other))
    if not first and not second:
        return None
    if first == second:
        return Aspect(0.0)
    place = next(
        (i for i, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]),
        min(len(first), len(second)),
    )
    reason = f"{_nth(first, place)} against {_nth(second, place)}"
    return Aspect(float(Indel.normalized_distance(first, second)), f"commands: {reason}")


def files(one: Trajectory, other: Trajectory) -> Aspect | None:
    """How the workspace was left; None: neither changed it, or it is not known."""
    if one.changes is None or other.changes is None or not (one.changes or other.changes):
        return None
    first, second = ({each.path: each for each in side} for side in (one.changes, other.changes))
    paths = sorted({*first, *second})
    distances = {path: _file(first.get(path), second.get(path)) for path in paths}
    far = sorted((path for path in paths if distances[path]), key=lambda path: -distances[path])
    if not far:
        return Aspect(0.0)
    named = ", ".join(told(path, _SHOWN) for path in far[:_NAMES])
    more = f" and {len(far) - _NAMES} more" if len(far) > _NAMES else ""
    mean = sum(distances.values()) / len(paths)
    return Aspect(mean, f"{counted(len(far), 'changed file')} not alike: {named}{more}")


def message(one: Trajectory, other: Trajectory) -> Aspect | None:
    """The words of the last answer; None: neither gave one."""
    first, second = (Phrase(normalised(side.message)) for side in (one, other))
    if not first.text and not second.text:
        return None
    distance = 0.0 if first.folded == second.folded else apart(first.words, second.words)
    if not distance:
        return Aspect(0.0)
    return Aspect(distance, f"the last answers differ in {distance:.0%} of their words")


def _file(one: Change | None, other: Change | None) -> float:
    """0: changed alike; 1: only one of them changed it, or nothing of the changes is the same."""
    if one is None or other is None or one.kind != other.kind:
        return 1.0
    if one.digest == other.digest:
        return 0.0
    if not one.diff or not other.diff:
        return 1.0
    lines = [_changed(each.diff) for each in (one, other)]
    # diffs are cut, and say nothing of modes: what they do not show is one line, at least
    least = 1 / (1 + sum(map(len, lines)))
    return max(float(Indel.normalized_distance(*lines)), least)


def _changed(diff: str) -> list[str]:
    """The lines of a diff that were added or taken away."""
    return [
        line
        for line in diff.splitlines()
        if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))
    ]


def _used(trajectory: Trajectory) -> Counter[str]:
    ran = Counter(name for each in trajectory.commands for name in programs(each.text))
    edits = len(trajectory.edits)
    return ran + Counter({EDIT: edits} if edits else {})


def _names(used: Counter[str]) -> str:
    return ", ".join(told(name, _SHOWN) for name, _ in used.most_common(_NAMES))


def _nth(commands: Sequence[str], place: int) -> str:
    return f"`{told(commands[place], _SHOWN)}`" if place < len(commands) else "no further command"


def _unserved(a: Answer, b: Answer) -> Comparison:
    if a.served == b.served:
        return Comparison(0.0, {"transport": Aspect(0.0)})
    reason = " against ".join(
        "it ran" if each.served else told(each.failure or "failed", _SHOWN) for each in (a, b)
    )
    return Comparison(1.0, {"transport": Aspect(1.0, reason)})


def _verdict(a: Answer, b: Answer) -> Aspect | None:
    if a.verdict is None or b.verdict is None:
        return None
    same = a.verdict == b.verdict
    words = {"pass": "passes", "fail": "fails"}
    reason = f"the check {words[a.verdict]} against {words[b.verdict]}"
    return Aspect(0.0) if same else Aspect(1.0, reason)


def _ending(one: Trajectory, other: Trajectory) -> Aspect:
    if one.ending == other.ending:
        return Aspect(0.0)
    return Aspect(1.0, f"{told(one.ending)} against {told(other.ending)}")
