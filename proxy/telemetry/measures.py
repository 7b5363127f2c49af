"""What is measured of calls: names, buckets, and the values of each call. Pure.

Source of names and buckets: https://github.com/open-telemetry/semantic-conventions-genai,
docs/gen-ai/gen-ai-metrics.md, and https://opentelemetry.io/docs/specs/semconv/http/http-metrics/.
Attributes take few values: models and contracts beyond a number are told as one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from driftgate.proxy.history.prepare import PreparedCall
from driftgate.proxy.history.table import Row
from driftgate.proxy.telemetry.attempts import Made, end_of
from driftgate.proxy.telemetry.calls import method_of
from driftgate.proxy.telemetry.failing import error_type
from driftgate.proxy.telemetry.gen_ai import operation_of, provider_of
from driftgate.proxy.telemetry.span import Attributes, filled

NAMES_LIMIT = 100  # distinct models, and contracts, of one process
OTHER = "_OTHER"
_NAME_LIMIT = 200  # characters

_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = tuple(4**power for power in range(14))
_FIRST = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1),
    *(0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
_EACH = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
_HTTP = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

DURATION, USAGE = "gen_ai.client.operation.duration", "gen_ai.client.token.usage"
FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk"
FIRST_TOKEN, PER_TOKEN = "gen_ai.server.time_to_first_token", "gen_ai.server.time_per_output_token"
SERVED, VERDICTS = "http.server.request.duration", "driftgate.verdicts"


@dataclass(frozen=True, slots=True)
class Instrument:
    """buckets: upper bounds of a histogram; (): it is a counter."""

    unit: str
    about: str
    buckets: tuple[float, ...] = ()


INSTRUMENTS = {
    DURATION: Instrument("s", "Time of an attempt at a model", _SECONDS),
    USAGE: Instrument("{token}", "Tokens of an attempt, as the backend counts them", _TOKENS),
    FIRST_CHUNK: Instrument("s", "Time to the first bytes of a streamed answer", _FIRST),
    FIRST_TOKEN: Instrument("s", "Time to the first token of a streamed answer", _FIRST),
    PER_TOKEN: Instrument("s", "Time for each token behind the first", _EACH),
    SERVED: Instrument("s", "Time of a call, driftgate's part included", _HTTP),
    VERDICTS: Instrument("{call}", "Verdicts on calls"),
}


class Measure(NamedTuple):
    """One value of an instrument."""

    name: str
    value: float
    attributes: Attributes


class Names:
    """Lets the first so many names pass, and gives OTHER for those behind."""

    def __init__(self, limit: int = NAMES_LIMIT) -> None:
        self._limit, self._known = limit, set[str]()

    def of(self, name: str | None) -> str | None:
        """The name, or OTHER; None stays None."""
        if name is None or name in self._known:
            return name
        if len(self._known) >= self._limit or len(name) > _NAME_LIMIT:
            return OTHER
        self._known.add(name)
        return name


class Measuring:
    """Measures calls."""

    def __init__(self) -> None:
        self._models, self._contracts = Names(), Names()

    def of(self, call: PreparedCall, row: Row, made: Sequence[Made]) -> Iterator[Measure]:
        """What is measured of a call; see `spans_of`."""
        served = {
            "http.request.method": method_of(row),
            "http.response.status_code": row.get("status"),
            "url.scheme": "http",
            "error.type": error_type(row, server=True),
        }
        yield Measure(SERVED, (end_of(call, row) - call.started_ns) / 1e9, filled(served))
        if row.get("verdict") and row.get("contract"):
            judged = {"driftgate.contract": self._contracts.of(row["contract"])}
            judged["driftgate.verdict"] = row["verdict"]
            yield Measure(VERDICTS, 1, filled({**judged}))
        for each in made:
            yield from self._attempt(each)

    def _attempt(self, made: Made) -> Iterator[Measure]:
        row, operation = made.row, operation_of(made.row, made.place)
        if operation is None:
            return
        about = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": provider_of(row, made.place),
            **made.place.server,
            **filled({"gen_ai.request.model": self._models.of(row.get("model"))}),
        }
        error = error_type(row)
        failed = about if error is None else {**about, "error.type": error}
        yield Measure(DURATION, max(0, made.end_ns - made.start_ns) / 1e9, failed)
        for kind in ("input", "output"):
            if (tokens := row.get(f"{kind}_tokens")) is not None:
                yield Measure(USAGE, tokens, {**about, "gen_ai.token.type": kind})
        if row.get("stream"):
            yield from _streamed(made, about, failed=error is not None)


def _streamed(made: Made, about: Attributes, *, failed: bool) -> Iterator[Measure]:
    byte_ns, token_ns, start_ns = made.first_byte_ns, made.first_token_ns, made.start_ns
    if byte_ns is not None:
        yield Measure(FIRST_CHUNK, max(0, byte_ns - start_ns) / 1e9, about)
    if token_ns is None or failed:
        return
    yield Measure(FIRST_TOKEN, max(0, token_ns - start_ns) / 1e9, about)
    more = (made.row.get("output_tokens") or 0) - 1
    if more > 0:
        yield Measure(PER_TOKEN, max(0, made.end_ns - token_ns) / 1e9 / more, about)
