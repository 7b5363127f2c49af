"""The small tasks, by rules: classify, extract, summarise, echo, count, small talk."""

import json
import re
from dataclasses import dataclass

from driftgate.sim.ask import Json
from driftgate.sim.dice import Dice
from driftgate.sim.prompt import city_in, name_in, numbers
from driftgate.sim.versions import Version

_LABELS = {
    "billing": "refund invoice charge charged pay paid payment money price plan card bill billing "
    "subscription",
    "bug": "crash crashes error broken bug fails fail slow wrong freezes blank missing stopped "
    "shortcuts",
    "account": "password login account email sign username profile locked delete",
    "feature": "add feature wish could support request would option export",
    "shipping": "package parcel delivery shipped shipping arrive arrived tracking address",
}
LABELS = (*_LABELS, "other")
_CLASSIFY = re.compile(
    r"\b(classify|support message|ticket|which label|label fits)\b", re.IGNORECASE
)
_EXTRACT = re.compile(r"\bname, city,? and amount\b|\bextract\b", re.IGNORECASE)
_SUMMARISE = re.compile(r"\b(summari[sz]e|sum up|summary)\b", re.IGNORECASE)
_MESSAGE = re.compile(
    r"(?:support message|ticket|classify|message)\s*:\s*(.+)", re.IGNORECASE | re.DOTALL
)
_ECHO = re.compile(r"^\s*echo:\s*(.*)", re.IGNORECASE | re.DOTALL)
_COUNT = re.compile(r"\bcount to (\d{1,6})\b", re.IGNORECASE)
_CAPITAL = re.compile(r"capital of ([A-Z][a-z]+)")
_CAPITALS = {
    "Norway": "Oslo", "France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Poland": "Warsaw",
    "Germany": "Berlin", "Ireland": "Dublin", "Portugal": "Lisbon", "Austria": "Vienna",
    "Sweden": "Stockholm", "Denmark": "Copenhagen", "Japan": "Tokyo",
}  # fmt: skip
_TALK = (
    (
        re.compile(r"\b(good morning)\b", re.IGNORECASE),
        ("Good morning!", "Good morning! How can I help?"),
    ),
    (
        re.compile(r"\b(good ?bye|bye|see you)\b", re.IGNORECASE),
        ("Goodbye!", "See you soon!", "Bye!"),
    ),
    (re.compile(r"\b(thanks|thank you)\b", re.IGNORECASE), ("You are welcome!", "Happy to help!")),
    (
        re.compile(r"\b(hello|hi|hey)\b", re.IGNORECASE),
        ("Hello! How can I help?", "Hi there! What can I do for you?", "Hello!"),
    ),
)


@dataclass(frozen=True, slots=True)
class Done:
    """A task's answer: its name, text, and the value where the answer is JSON."""

    task: str
    text: str
    value: Json | None = None


def perform(instructions: str, prompt: str, version: Version, dice: Dice) -> Done:
    """The answer to a prompt.

    Args:
        instructions: system and developer messages; they may name the task.
        prompt: the last user message.
        version: whose habits show.
        dice: what varies.
    """
    prompt, asked = prompt[:_READ_LIMIT], f"{instructions[:2000]}\n{prompt[:_READ_LIMIT]}"
    if echo := _ECHO.match(prompt):
        return Done("echo", echo[1])
    if counted := _COUNT.search(prompt):
        most = min(int(counted[1]), _COUNT_LIMIT)
        return Done("count", " ".join(str(n) for n in range(1, most + 1)))
    if _CLASSIFY.search(asked):
        return _as_json("classify", classify(prompt, version, dice))
    if _EXTRACT.search(asked):
        return _as_json("extract", extract(prompt))
    if _SUMMARISE.search(asked):
        return Done("summarise", summarise(prompt, version, dice))
    return Done("talk", talk(prompt, version, dice))


def _as_json(task: str, value: Json) -> Done:
    return Done(task, json.dumps(value, ensure_ascii=False), value)


def classify(prompt: str, version: Version, dice: Dice) -> Json:
    """A support message's label and confidence, with the version's habits."""
    found = _MESSAGE.search(prompt)
    words = re.findall(r"[a-z]+", (found[1] if found else prompt).lower())
    scores = {label: sum(w in known.split() for w in words) for label, known in _LABELS.items()}
    best = max(scores, key=lambda name: scores[name])
    label = best if scores[best] else "other"
    sure = scores[best] > 1
    habit = dice.fraction("habit")
    if habit < version.wrong_label and not sure:
        label = LABELS[(LABELS.index(label) + 1) % len(LABELS)]
    if dice.fraction("capitalised") < version.capitalised:
        label = label.capitalize()
    answer: Json = {"label": label}
    if dice.fraction("confidence") >= version.no_confidence:
        answer["confidence"] = dice.pick([0.9, 0.92, 0.88] if sure else [0.7, 0.72, 0.68], "sure")
    return answer


def extract(prompt: str) -> Json:
    """Name, city and amount; null for what is not there."""
    amounts = numbers(prompt)
    return {
        "name": name_in(prompt),
        "city": city_in(prompt),
        "amount": amounts[0] if amounts else None,
    }


def summarise(prompt: str, version: Version, dice: Dice) -> str:
    """The first sentence or two, shortened."""
    body = re.sub(
        r"^(text|sum[^\n]*|write[^\n]*|summar[^\n:]*)[:\n]+", "", prompt, flags=re.IGNORECASE
    )
    sentences = re.findall(r"[^.!?\n]+[.!?]", body) or [body]
    kept = [s.strip() for s in sentences if not _SUMMARISE.search(s)] or [body.strip()]
    ways = ["{0}", "In short: {0}", "{0} {1}"]
    second = kept[1] if len(kept) > 1 else ""
    return _worded(ways, version, dice).format(kept[0][:300], second[:200]).strip()


def talk(prompt: str, version: Version, dice: Dice) -> str:
    """Small talk, a capital, or a friendly word about what was asked."""
    if (country := _CAPITAL.search(prompt)) and country[1] in _CAPITALS:
        city = _CAPITALS[country[1]]
        ways = [f"{city}.", f"The capital of {country[1]} is {city}.", f"It is {city}."]
        return _worded(ways, version, dice)
    for pattern, answers in _TALK:
        if pattern.search(prompt[:200]):
            return _worded(list(answers), version, dice)
    about = " ".join(prompt.split()[:8]) or "nothing"
    ways = [
        f"You asked about: {about}. I am a simulated model, so this is a rule's answer.",
        f"This is a simulated answer about: {about}. No model was run.",
        f"About {about}: a rule wrote this, there is no model here.",
    ]
    return _worded(ways, version, dice)


def _worded(ways: list[str], version: Version, dice: Dice) -> str:
    """One of the ways to say it; a reworded share of prompts takes the next one."""
    index = ways.index(dice.pick(ways, "wording"))
    if dice.fraction("reworded") < version.reworded or version.habits == "v2":
        index += 1
    return ways[index % len(ways)]


_READ_LIMIT = 20_000
_COUNT_LIMIT = 100_000
