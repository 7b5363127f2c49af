"""What is observed of every call to one model of one upstream: its children, looked up once."""

from prometheus_client import Counter, Histogram
from prometheus_client.registry import CollectorRegistry

from driftgate.proxy.errors import Fault
from driftgate.proxy.history.table import Row
from driftgate.proxy.metrics import families
from driftgate.proxy.metrics.values import LENGTH, OTHER, Vocabulary

PLACES = 100  # pairs of upstream and model; beyond, the model is `other`
_LARGEST = 1e9  # a backend that says more than that, of anything, says nothing


class Place:
    """The children of one pair."""

    def __init__(self, made: "Places", upstream: str, model: str) -> None:
        """They are there from now on, at zero: the first one counts in `rate()` too."""
        place = (upstream, model)
        self._ok, self._error = (made.duration.labels(*place, each) for each in ("ok", "error"))
        self._first_token = made.first_token.labels(*place)
        self._first_byte = made.first_byte.labels(*place)
        self._speed = made.speed.labels(*place)
        self._overhead = made.overhead.labels(upstream)
        self._tokens = (
            ("input_tokens", made.tokens.labels(*place, "input")),
            ("output_tokens", made.tokens.labels(*place, "output")),
            ("cached_tokens", made.cached.labels(*place)),
            ("reasoning_tokens", made.reasoning.labels(*place)),
        )
        self._errors = {fault: made.errors.labels(*place, fault.value) for fault in Fault}

    def count(self, row: Row, fault: Fault | None) -> None:
        """One call; `row` as in `all_calls`."""
        get = row.get
        if fault is not None:
            self._errors[fault].inc()
        _seconds(self._ok if fault is None else self._error, get("total_ms"))
        _seconds(self._first_token, get("first_token_ms"))
        _seconds(self._first_byte, get("first_byte_ms"))
        _seconds(self._overhead, get("overhead_ms"))
        speed = get("tokens_per_second")
        if speed is not None and 0 <= speed <= _LARGEST:
            self._speed.observe(speed)
        for name, counter in self._tokens:
            tokens = get(name)
            if tokens is not None and 0 < tokens <= _LARGEST:
                counter.inc(tokens)


class Places:
    """All pairs; a bounded number of them."""

    def __init__(
        self, registry: CollectorRegistry, vocabulary: Vocabulary, *, limit: int = PLACES
    ) -> None:
        """Nothing is counted yet; limit: see PLACES."""
        self.duration: Histogram = families.DURATION.histogram(registry)
        self.first_token: Histogram = families.FIRST_TOKEN.histogram(registry)
        self.first_byte: Histogram = families.FIRST_BYTE.histogram(registry)
        self.speed: Histogram = families.SPEED.histogram(registry)
        self.overhead: Histogram = families.OVERHEAD.histogram(registry)
        self.tokens: Counter = families.TOKENS.counter(registry)
        self.cached: Counter = families.CACHED.counter(registry)
        self.reasoning: Counter = families.REASONING.counter(registry)
        self.errors: Counter = families.ERRORS.counter(registry)
        self._upstreams, self._models = vocabulary.of(("upstream", "model"))
        self._limit = limit
        self._places: dict[tuple[str, str], Place] = {}
        self._at_hand: dict[tuple[str, str | None], Place] = {}

    def of(self, upstream: str, model: str | None) -> Place:
        """The place of a call."""
        found = self._at_hand.get((upstream, model))
        return found if found is not None else self._find(upstream, model)

    def _find(self, upstream: str, model: str | None) -> Place:
        names = self._upstreams.admit(upstream), self._models.admit(model)
        if names not in self._places:
            if len(self._places) >= self._limit:
                names = names[0], OTHER
            if names not in self._places:
                self._places[names] = Place(self, *names)
        place = self._places[names]
        if len(model or "") <= LENGTH and len(self._at_hand) < 2 * self._limit:
            self._at_hand[upstream, model] = place
        return place


def _seconds(histogram: Histogram, milliseconds: float | None) -> None:
    if milliseconds is not None and 0 <= milliseconds <= _LARGEST:
        histogram.observe(milliseconds / 1e3)
