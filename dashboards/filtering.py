"""What the form of filters is given, and how what people chose is read."""

import time
from typing import TYPE_CHECKING, Any, TypeVar

from driftgate.dashboards.choice import FAILING, WORDS, Choice
from driftgate.dashboards.site import Asked, Site
from driftgate.dashboards.typed import typed
from driftgate.proxy.record import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftgate.proxy.history.reader import Reader

T = TypeVar("T")
KNOWN = "known_names"  # in what the site keeps
KNOWN_S = 60.0  # for how long
DIALECTS = (
    *("responses", "chat", "completions", "embeddings", "models"),
    *("ollama_chat", "ollama_generate", "ollama_embed", "ollama"),
)
_IN_SIGHT = frozenset({"text", "model", "status", "verdict", "session", "since", FAILING})


def known(site: Site, found: dict[str, list[str]] | None = None) -> dict[str, list[str]] | None:
    """Names to choose from, as `calls.known` found them; None: they are to be asked for anew."""
    if found is not None:
        site.kept[KNOWN] = (time.monotonic(), found)
    at, kept = site.kept.get(KNOWN, (-KNOWN_S, None))
    return kept if time.monotonic() - at < KNOWN_S else None


def form(choice: Choice, known: dict[str, list[str]]) -> dict[str, Any]:
    """What parts/filters.html takes."""
    filled = choice.address
    return {
        "choice": choice,
        "filled": filled,
        "words": WORDS,
        "known": known,
        "detailed": not _IN_SIGHT.issuperset(filled),
        "dialects": DIALECTS,
        "outcomes": [outcome.value for outcome in Outcome],
    }


async def read_chosen(asked: Asked, choice: Choice, work: "Callable[[Reader], T]") -> T:
    """work(reader); where SQL of people is in the choice, in the process for that.

    work: picklable.
    """
    return await (typed(asked.site).read(work) if choice.typed else asked.read(work))
