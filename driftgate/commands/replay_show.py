"""`driftgate replay show`: what a run was, and what each arm answered to a call of it."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from driftgate.commands import options
from driftgate.commands.output import bold, room
from driftgate.commands.portrait import folded, wrapped
from driftgate.commands.replay_call import as_object, find
from driftgate.commands.replay_diff import heading
from driftgate.commands.replay_list import as_object as run_object
from driftgate.commands.table import render
from driftgate.commands.values import as_json as to_json
from driftgate.commands.when import local
from driftgate.proxy.harmless import one_line
from driftgate.proxy.units import span
from driftgate.replay.arm import Arm

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader
    from driftgate.replay.case import Case
    from driftgate.replay.decide.decision import Decision
    from driftgate.replay.run.kept import Run

EXAMPLES = (
    "driftgate replay show last",
    "driftgate replay show last 019ab3f2-7c41 --full",
    "driftgate replay show 0190a0a0 --json",
)
_ARMS = (
    "SELECT arm, count(DISTINCT replay_of), count(*), count(*) FILTER (served), "
    "count(*) FILTER (verdict = 'pass'), count(*) FILTER (verdict = 'fail'), "
    "sum(output_tokens)::BIGINT, median(total_ms) FROM ("
    "SELECT run_id, arm, replay_of, outcome = 'completed' AND status < 400 AS served, verdict, "
    "output_tokens, total_ms FROM replays UNION ALL "
    "SELECT run_id, arm, replay_of, failure IS NULL, check_verdict, output_tokens, total_ms "
    "FROM trajectories) WHERE run_id = ?::UUID GROUP BY arm ORDER BY arm"
)
_COUNTS = ("arm", "cases", "answers", "served", "passed", "failed", "tokens", "median")
_VALUE = 300  # characters of a setting or a fact
_LABEL = 13
_UNSET: tuple[Any, ...] = (None, "", [], {})


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its start, or 'last'.")],
    call: Annotated[
        str | None, typer.Argument(metavar="CALL", help="A recorded call's id, or its start.")
    ] = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="Do not fold long texts.")] = False,
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """What a run was: selection, both configurations, both fingerprints, answers of each arm.

    With a call: what every arm answered to it.
    """
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.replay import results  # noqa: PLC0415 - likewise

    with open_history(options.existing(history)) as reader:
        if call is not None:
            which, case = find(reader, call, run)
            told, lines = case_object(which, case), list(_case(which, case, full=full))
        else:
            which = results.run(reader, run)
            decision, counts = results.decision(reader, which.run_id), _counts(reader, which)
            told, lines = _object(which, decision, counts), list(_run(which, decision, counts))
    if as_json:
        sys.stdout.write(to_json(told, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in wrapped(lines, room(sys.stdout)))


def _counts(reader: "Reader", run: "Run") -> list[dict[str, Any]]:
    rows = reader.ask(_ARMS, [run.run_id]).rows
    return [dict(zip(_COUNTS, row, strict=True)) for row in rows]


def _object(
    run: "Run", decision: "Decision | None", counts: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    verdict = None if decision is None else decision.verdict.value
    return {
        **run_object(run, verdict, None if decision is None else decision.sentence),
        "baseline_hash": run.baseline_hash,
        "candidate_hash": run.candidate_hash,
        "baseline_fingerprint": run.baseline_fingerprint,
        "candidate_fingerprint": run.candidate_fingerprint,
        "policy": run.policy,
        "arms": [
            {**{name: each[name] for name in _COUNTS[:-1]}, "median_ms": each["median"]}
            for each in counts
        ],
    }


def case_object(run: "Run", case: "Case") -> dict[str, Any]:
    """A call of a run as `--json` gives it."""
    answers = [as_object(each) for arm in Arm for each in case.of(arm)]
    return {
        "run_id": run.run_id,
        "call_id": case.call_id,
        "session": case.session,
        "slices": {kind: list(values) for kind, values in case.slices.items()},
        "prompt": case.prompt,
        "answers": answers,
    }


def _fact(label: str, text: str) -> Iterator[str]:
    if text:
        yield f"{label:<{_LABEL - 1}} {one_line(text)}"


def _run(
    run: "Run", decision: "Decision | None", counts: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    yield f"run {one_line(run.run_id)}  {local(run.started_at)}"
    yield from _fact("kind", " ".join(filter(None, (run.kind, run.name))))
    yield from _fact("verdict", _verdict(decision))
    yield from _fact("selection", f"{run.selection_id or '-'}: {run.selection}")
    yield from _fact("cases", f"{run.cases:,}, {run.k} answers of each arm, seed {run.seed}")
    yield from _fact("driftgate", run.version)
    for arm, settings, told, key in (
        ("baseline", run.baseline, run.baseline_fingerprint, run.baseline_hash),
        ("candidate", run.candidate, run.candidate_fingerprint, run.candidate_hash),
    ):
        yield from ("", f"== {arm} {one_line(key)}".rstrip())
        yield from _settings(settings)
        yield from ("", f"== what the {arm}'s server said of itself") if told else ()
        yield from _table(told)
    yield from ("", "== answers", *_arms(counts))


def _verdict(decision: "Decision | None") -> str:
    from driftgate.replay.report.words import rest_of  # noqa: PLC0415 - keeps help fast

    if decision is None:
        return "undecided"
    word = decision.verdict.value.replace("_", " ")
    return f"{word}: {rest_of(decision.sentence, decision.verdict)}"


def _settings(given: Mapping[str, Any]) -> Iterator[str]:
    """What a configuration sets; the rest is as it was recorded."""
    set_here = {name: value for name, value in given.items() if value not in _UNSET}
    yield from _table({**dict.fromkeys(("upstream", "model"), "as recorded"), **set_here})


def _table(facts: Mapping[str, Any]) -> Iterator[str]:
    for name, value in facts.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        more = f" [... {len(text) - _VALUE:,} more characters; --json shows all]"
        yield f"{one_line(str(name)):<{_LABEL - 1}} " + one_line(
            text if len(text) <= _VALUE else text[:_VALUE] + more
        )


def _arms(counts: Sequence[Mapping[str, Any]]) -> list[str]:
    if not counts:
        return ["none yet"]
    cells = [
        [
            one_line(str(each["arm"])),
            *("-" if each[name] is None else f"{each[name]:,}" for name in _COUNTS[1:-1]),
            span(each["median"]) or "-",
        ]
        for each in counts
    ]
    right = [name != "arm" for name in _COUNTS]
    return render(_COUNTS, cells, right=right, bold=bold(sys.stdout))


def _case(run: "Run", case: "Case", *, full: bool) -> Iterator[str]:
    from driftgate.replay.compare.readable import shown  # noqa: PLC0415 - keeps help fast

    yield f"call {one_line(case.call_id)}  run {one_line(run.run_id)}"
    yield from _fact("session", case.session)
    slices = [f"{kind}={value}" for kind, values in case.slices.items() for value in values]
    yield from _fact("slices", ", ".join(slices))
    yield from _fact("asked", case.prompt)
    for arm in Arm:
        for answer in case.of(arm):
            yield from ("", f"== {heading(answer)}")
            if answer.reasoning:
                yield from ("reasoning", *folded(answer.reasoning, full=full), "answer")
            yield from folded(shown(answer), full=full)
