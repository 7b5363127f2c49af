"""The recordings that are played: found by what is asked, read when they are needed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from driftgate.proxy.record import Recorded
from driftgate.proxy.redact.redactor import Redactor
from driftgate.replay.play import nearest
from driftgate.replay.play.chosen import Chosen
from driftgate.replay.play.kept import Kept, size_of
from driftgate.replay.play.match import Entry, Index, Question, question
from driftgate.replay.play.nearest import Difference
from driftgate.replay.play.playback import Playback, UnplayableError, playback

# Calls read together: opening the history costs as much as reading a hundred small ones, and a
# session's requests may be megabytes each.
_FEWEST, _MOST = 20, 500
_BYTES_AT_ONCE = 16 << 20


@dataclass(frozen=True, slots=True)
class Near:
    """A recorded call that a request comes near to, and where it differs from it."""

    call_id: str
    differences: Sequence[Difference]


@dataclass(slots=True)
class Library:
    """Recordings by what they answer.

    models: that were asked, in the order of their first call. played: how many recordings there
    are. left_out: why others are not played -> how many.
    """

    kept: Kept
    index: Index = field(default_factory=Index)
    follows: Mapping[str, str] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    played: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    redactor: Redactor | None = None

    def ask(
        self, method: str, target: str, body: bytes, content_encoding: str | None
    ) -> tuple[Question, Entry | None]:
        """What is asked, and the next recording of it; a HEAD is answered as its GET would be."""
        if self.redactor is not None:
            target = self.redactor.target(target)
            body = self.redactor.request_body(body, content_encoding)
        asked = question(method, target, body, content_encoding, follows=self.follows)
        entry = self.index.take(asked)
        if entry is None and method == "HEAD":
            entry = self.index.take(question("GET", target, body, content_encoding), keep=True)
        return asked, entry

    def playback(self, entry: Entry) -> Playback:
        """The answer to play. Errors as Kept.get()."""
        [recorded] = self.kept.get([entry.answer])
        return playback(recorded, entry.answer)

    def near(self, asked: Question) -> list[Near]:
        """At most three recordings that come nearest, fewest differences first. Errors as Kept.get()."""
        slots = nearest.nearest(asked, self.index.slots.values())
        calls = self.kept.get([slot.entries[0].asked for slot in slots])
        found = [
            Near(slot.entries[0].asked, nearest.differences(_asked(call), asked))
            for slot, call in zip(slots, calls, strict=True)
        ]
        return sorted(found, key=lambda near: len(near.differences))


def load(chosen: Chosen, kept: Kept, redactor: Redactor | None = None) -> Library:
    """Reads all that was chosen, once. Errors as Kept.get()."""
    library = Library(kept, follows=chosen.follows, redactor=redactor)
    models: dict[str, None] = {}
    for asked in _added(library, chosen.entries):
        named = asked.value.get("model") if isinstance(asked.value, dict) else None
        if isinstance(named, str):
            models.setdefault(named)
    library.models = list(models)
    catalogue = [Entry(each, each) for each in chosen.catalogue]
    for _ in _added(library, [each for each in catalogue if each not in chosen.entries], new=True):
        pass
    return library


def _added(library: Library, entries: Sequence[Entry], *, new: bool = False) -> Iterator[Question]:
    """Puts recordings into the library; `new`: only answers to what none is there for yet."""
    start, count = 0, _FEWEST
    while start < len(entries):
        part = entries[start : start + count]
        start += len(part)
        ids = list(dict.fromkeys(each for entry in part for each in (entry.asked, entry.answer)))
        calls = dict(zip(ids, library.kept.get(ids), strict=True))
        for entry in part:
            asked = _put(library, entry, calls, new=new)
            if asked is not None:
                yield asked
        size = sum(map(size_of, calls.values())) // len(part)
        count = min(max(_BYTES_AT_ONCE // max(size, 1), _FEWEST), _MOST)


def _put(
    library: Library, entry: Entry, calls: Mapping[str, Recorded], *, new: bool
) -> Question | None:
    """Puts one recording into the library; None where it is not played."""
    try:
        _check(calls[entry.asked], calls[entry.answer], entry)
    except UnplayableError as error:
        if not new:
            library.left_out[str(error)] += 1
        return None
    asked = _asked(calls[entry.asked])
    if new and asked.key in library.index.slots:
        return None
    slot = library.index.add(asked, entry)
    slot.sketch = slot.sketch or nearest.sketch(asked)
    library.played += not new
    return asked


def _check(asked: Recorded, answered: Recorded, entry: Entry) -> None:
    if asked.request_truncated:
        raise UnplayableError("its request is longer than the recording limit")
    playback(answered, entry.answer)


def _asked(call: Recorded) -> Question:
    codings = [value for name, value in call.request_headers if name.lower() == "content-encoding"]
    return question(call.method, call.target, call.request_body, ", ".join(codings))
