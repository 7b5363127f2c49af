"""What reports call things."""

from dataclasses import dataclass

from driftgate.replay.decide.decision import GateVerdict, Status

VERDICTS = {
    GateVerdict.PASS: "Pass",
    GateVerdict.DRIFT: "Drift",
    GateVerdict.INCONCLUSIVE: "Inconclusive",
    GateVerdict.COULD_NOT_CHECK: "Could not check",
}
STATUSES = {
    Status.PASS: "pass",
    Status.DRIFT: "drift",
    Status.INCONCLUSIVE: "inconclusive",
    Status.INFO: "info",
}
# Facts of drift in agents that a replay of single requests cannot see; why: `LIMITS` says it itself.
LIMITS = (
    "Each recorded request was sent again as it stands, with the history that was recorded in it "
    "(teacher-forced), and no tool was run. So this measures the next action of the model in the "
    "recorded context: whether it answers, calls the same tools with the same arguments, and keeps "
    "its contracts. It does not measure whole trajectories: a small change may grow over many "
    "turns, or a model may recover from it, and neither shows here. What the recorded traffic does "
    "not contain is not measured either."
)
# added to LIMITS where agents were asked: no single answer of theirs is without tools
OF_AGENTS = (
    "Calls of agents are the exception: each is a whole turn. The request was sent again as it stands, and "
    "Codex ran tools, in the sandbox and the folder that the agent is configured with, until it answered, "
    "so that what is compared is where each turn got to."
)
TRAJECTORIES = (
    "Each recorded thread was gone through again as a whole: its prompts, in their order, put to Codex "
    "with the arm's model, in a sandbox and in a fresh copy of a workspace. Commands were run, and each "
    "step follows from the arm's own last one. So this measures where a model gets to by itself: "
    "whether the check passes, which tools and commands it uses, how it leaves the files, and what that "
    "takes. It is no replay of recorded requests and cannot be compared with one: two trajectories of "
    "one model differ by themselves, which the baseline's own show, and a user would have answered "
    "other answers otherwise than the recorded prompts do. The sandbox has no network. What the "
    "recorded threads do not contain is not measured either."
)
_TOGETHER = (
    "Both arms ran interleaved at the same time, so load and time of day fall on both alike; "
    "latencies are those of this machine under this load."
)
_APART = {
    "watch": (
        "The baseline's answers are those of an earlier run, the reference: times and speeds are of "
        "another hour and another load."
    ),
    "shadow": (
        "The baseline's answers are those that clients got then, one for each call: how far it agrees "
        "with itself is not known."
    ),
}


def limits(kind: str, *, agents: bool = False) -> str:
    """What a run of this kind can say and what it cannot, in one paragraph. agents: some were asked."""
    what = TRAJECTORIES if kind == "trajectories" else LIMITS
    if agents and what is LIMITS:
        what = f"{LIMITS} {OF_AGENTS}"
    return f"{what} {_APART.get(kind, _TOGETHER)}"


@dataclass(frozen=True, slots=True)
class Nouns:
    """What a run's cases and answers are called, in the plural. measured: in a line; "": it goes without."""

    cases: str = "recorded calls"
    answers: str = "answers"
    measured: str = ""


_NOUNS = {
    "trajectories": Nouns(
        "recorded threads",
        "trajectories",
        "whole trajectories: Codex goes through recorded threads again, tools and all",
    )
}


def nouns(kind: str) -> Nouns:
    """Of a run of this kind."""
    return _NOUNS.get(kind, Nouns())


def rest_of(sentence: str, verdict: str) -> str:
    """A decision's sentence without the verdict that it begins with, for where that stands already."""
    word = VERDICTS[GateVerdict(verdict)] if verdict in set(GateVerdict) else ""
    rest = sentence.removeprefix(f"{word}: ")
    return rest[:1].upper() + rest[1:] if rest != sentence else sentence


def metric(name: str) -> str:
    """A metric's name for people."""
    return name.replace("_", " ")


def of_slice(name: str) -> str:
    """A slice's name for people."""
    return name or "all cases"
