"""What was said up to each answer, so that `previous_response_id` goes on from there.

Only in memory, and only so much: a client whose answer is forgotten is told to send all of it.
"""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.dialects.ask_responses import conversation
from driftgate.proxy.agent.dialects.talk import Json
from driftgate.proxy.dialects.lenient import compact

MOST_BYTES = 32 << 20  # of JSON; as objects it is some times more
MOST_ANSWERS = 2_000


class Remembered:
    """Conversations by the id of the answer that ends them; the ones not asked for longest go first."""

    def __init__(self, most_bytes: int = MOST_BYTES, most_answers: int = MOST_ANSWERS) -> None:
        self._most_bytes = most_bytes
        self._most_answers = most_answers
        self._kept: OrderedDict[str, tuple[int, bytes, list[Json]]] = OrderedDict()
        self.bytes = 0  # of all that is kept

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, answer_id: str, owner: str | None = None) -> Sequence[Json] | None:
        """The items up to this answer's end; None: not remembered, or not for this client.

        owner: the client's authorization; an id alone opens nobody else's conversation.
        """
        found = self._kept.get(answer_id)
        if found is None or found[1] != _print(owner):
            return None
        self._kept.move_to_end(answer_id)
        return found[2]

    def keep(
        self, answer_id: str, asked: Asked, added: Sequence[Json], owner: str | None = None
    ) -> None:
        """Remember an answer, unless its client said `store: false`.

        Args:
            answer_id: as the client got it.
            asked: what it answers.
            added: what the turn added; `Writer.history()`.
            owner: the client's authorization; None: it sent none.
        """
        if asked.dialect != "responses" or asked.body.get("store") is False:
            return
        items = conversation(asked, added)
        size = len(compact(items) or "")
        if size > self._most_bytes:
            return
        self.forget(answer_id)
        self._kept[answer_id] = (size, _print(owner), items)
        self.bytes += size
        while self.bytes > self._most_bytes or len(self._kept) > self._most_answers:
            self.forget(next(iter(self._kept)))

    def forget(self, answer_id: str) -> None:
        """Forget one, if it is there."""
        size, *_ = self._kept.pop(answer_id, (0,))
        self.bytes -= size


def _print(owner: str | None) -> bytes:
    """The authorization itself is kept nowhere."""
    return blake2b((owner or "").encode("utf-8", "surrogateescape"), digest_size=16).digest()
