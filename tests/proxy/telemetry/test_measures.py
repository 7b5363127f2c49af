"""What is measured of a call, under the conventions' names, with few values of each attribute."""

import re
from typing import Any

import pytest
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics

from driftgate.proxy.record import Chunk, Outcome, Recorded
from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.telemetry.attempts import attempts_of
from driftgate.proxy.telemetry.measures import (
    DURATION,
    FIRST_CHUNK,
    FIRST_TOKEN,
    INSTRUMENTS,
    OTHER,
    PER_TOKEN,
    SERVED,
    USAGE,
    VERDICTS,
    Measure,
    Measuring,
    Names,
)
from driftgate.proxy.telemetry.places import Places
from tests.support.kept_calls import ASKED, MS, attempt, chunks, kept_call, recorded
from tests.support.processes import ROOT

PLACES = Places({"local": Upstream(url="http://127.0.0.1:8080")})
ABOUT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gemma4",
    "server.address": "127.0.0.1",
    "server.port": 8080,
}


def measures(call: Recorded, measuring: Measuring | None = None) -> list[Measure]:
    made = kept_call(call)
    row = made.kept
    return list((measuring or Measuring()).of(made, row, attempts_of(made, row, PLACES)))


def by_name(found: list[Measure], name: str) -> list[Any]:
    return [(each.value, each.attributes) for each in found if each.name == name]


def test_a_plain_call_is_measured() -> None:
    found = measures(recorded())
    served = {"http.request.method": "POST", "http.response.status_code": 200, "url.scheme": "http"}
    assert by_name(found, SERVED) == [(pytest.approx(0.030), served)]
    assert by_name(found, DURATION) == [(pytest.approx(0.029), ABOUT)]
    assert by_name(found, USAGE) == [
        (12, {**ABOUT, "gen_ai.token.type": "input"}),
        (3, {**ABOUT, "gen_ai.token.type": "output"}),
    ]
    judged = {"driftgate.contract": "builtin", "driftgate.verdict": "pass"}
    assert by_name(found, VERDICTS) == [(1, judged)]
    assert not by_name(found, FIRST_CHUNK)  # it is no stream


def test_a_stream_is_measured_to_its_first_bytes_and_tokens() -> None:
    usage = b'"usage":{"prompt_tokens":1,"completion_tokens":11}'
    event = b'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
    last = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],' + usage + b"}\n\n"
    head = b'data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n'
    pieces = [
        Chunk(11 * MS, head),
        Chunk(20 * MS, event),
        Chunk(29 * MS, last + b"data: [DONE]\n\n"),
    ]
    call = recorded(
        {**ASKED, "stream": True},
        chunks=pieces,
        first_byte_ns=11 * MS,
        response_headers=[("content-type", "text/event-stream")],
    )
    found = measures(call)
    assert by_name(found, FIRST_CHUNK) == [(pytest.approx(0.010), ABOUT)]
    assert by_name(found, FIRST_TOKEN) == [(pytest.approx(0.019), ABOUT)]
    assert by_name(found, PER_TOKEN) == [(pytest.approx(0.001), ABOUT)]


def test_a_failure_has_its_type_and_each_attempt_its_measure() -> None:
    tries = [attempt(1, "first", status=503, chunks=chunks(b"no")), attempt(2, "retry")]
    found = by_name(measures(recorded(attempts=tries)), DURATION)
    assert [attributes.get("error.type") for _, attributes in found] == ["503", None]
    refused = recorded(outcome=Outcome.UPSTREAM_TIMEOUT, status=504)
    ((_, about),) = by_name(measures(refused), DURATION)
    assert about["error.type"] == "upstream_timeout"


def test_what_asks_no_model_is_measured_as_http_alone() -> None:
    found = measures(recorded(target="/health", method="GET"))
    assert {each.name for each in found} == {SERVED}


def test_models_that_clients_make_up_are_told_as_one() -> None:
    measuring = Measuring()
    models = set()
    for number in range(300):
        found = measures(recorded({**ASKED, "model": f"m{number}"}), measuring)
        models.add(by_name(found, DURATION)[0][1]["gen_ai.request.model"])
    assert len(models) == 101
    assert OTHER in models
    assert (
        by_name(measures(recorded({**ASKED, "model": "m0"}), measuring), DURATION)[0][1][
            "gen_ai.request.model"
        ]
        == "m0"
    )
    assert Names().of("x" * 201) == OTHER
    assert Names().of(None) is None


def test_names_and_buckets_are_the_conventions_own() -> None:
    known = {value for value in vars(gen_ai_metrics).values() if isinstance(value, str)}
    ours = {name for name in INSTRUMENTS if name.startswith("gen_ai.")}
    assert ours <= known
    assert INSTRUMENTS[USAGE].buckets[-1] == 67108864
    for each in INSTRUMENTS.values():
        assert list(each.buckets) == sorted(set(each.buckets))


def test_the_page_names_every_metric_with_its_unit() -> None:
    text = (ROOT / "docs" / "traces.md").read_text(encoding="utf-8")
    part = text.split("## Metrics")[1].split("## Content")[0]
    named = dict(re.findall(r"(?m)^\| `([^`]+)` \| (\S+) \|", part))
    assert named == {name: each.unit for name, each in INSTRUMENTS.items()}
