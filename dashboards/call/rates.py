"""How fast an answer streamed over its time: bytes and events for each second."""

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from driftgate.dashboards.chart import Chart, Series

BINS = 60  # at most
LEAST = 8  # parts, below which there is no rate to draw
_EVENT = re.compile(rb"(?:^|\n)data:(?! ?\[DONE\])")


def rates(row: Mapping[str, Any], response: bytes, *, plain: bool) -> tuple[Chart, ...]:
    """The charts of a call; none where it came at once.

    plain: whether the bytes are as the model server wrote them, without a content coding.
    """
    times, sizes = row["chunk_us"] or [], row["chunk_bytes"] or []
    if len(times) < LEAST or len(times) != len(sizes) or times[-1] <= times[0]:
        return ()
    bins = min(max(len(times) // 4, 4), BINS)
    width = (times[-1] - times[0]) / bins
    places = [min(int((at - times[0]) / width), bins - 1) for at in times]
    axis = [(times[0] + (place + 0.5) * width) / 1e6 for place in range(bins)]
    charts = [_chart("Bytes a second", "bytes", axis, _summed(places, sizes, width, bins))]
    events = _events(response, sizes) if plain and sum(sizes) == len(response) else []
    if any(events):
        title = "Events a second (with most servers each is a token)"
        charts.insert(0, _chart(title, "events", axis, _summed(places, events, width, bins)))
    return tuple(charts)


def _chart(title: str, name: str, axis: Sequence[float], values: Sequence[float]) -> Chart:
    series = (Series(f"{name} a second", values),)
    return Chart(title, axis, series, time=False, x_label="seconds into the call")


def _summed(places: Sequence[int], amounts: Sequence[int], width: float, bins: int) -> list[float]:
    sums = [0.0] * bins
    for place, amount in zip(places, amounts, strict=True):
        sums[place] += amount
    return [amount / width * 1e6 for amount in sums]


def _events(response: bytes, sizes: Sequence[int]) -> list[int]:
    """Events of each part: of an event stream, else lines of NDJSON."""
    stream = _EVENT.search(response[:1024]) is not None
    counts = []
    for end, size in zip(accumulate(sizes), sizes, strict=True):
        part = response[end - size : end]
        counts.append(len(_EVENT.findall(part)) if stream else part.count(b"\n"))
    return counts
