"""`driftgate replay diff`: what baseline and candidate answered to one call, and what differs."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from driftgate.commands import options
from driftgate.commands.output import bold, room
from driftgate.commands.replay_call import as_object, find
from driftgate.commands.values import as_json as to_json
from driftgate.proxy.harmless import one_line
from driftgate.proxy.units import span
from driftgate.replay.arm import Arm

if TYPE_CHECKING:
    from driftgate.replay.answer import Answer
    from driftgate.replay.case import Case
    from driftgate.replay.report.diff import Line
    from driftgate.replay.run.kept import Run

EXAMPLES = (
    "driftgate replay diff 019ab3f2-7c41",
    "driftgate replay diff 019ab3f2-7c41 --run last --unified",
    "driftgate replay diff 019ab3f2-7c41 --record --json",
)


def command(
    call: Annotated[
        str, typer.Argument(metavar="CALL", help="A recorded call's id, or its start.")
    ],
    *,
    run: Annotated[
        str | None,
        typer.Option("--run", help="Of this run; without it the newest that has the call."),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Hold the candidate against what was recorded.")
    ] = False,
    unified: Annotated[
        bool, typer.Option("--unified", help="Below each other on a wide terminal too.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Show unchanged lines too.")] = False,
    as_json: options.AsJson = False,
    history: options.History = options.DEFAULT_HISTORY,
) -> None:
    """What baseline and candidate answered to one recorded call, line by line.

    Of several answers the first two that differ are shown. JSON is compared with its keys sorted.
    """
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB is slow to load
    from driftgate.replay.compare.first_difference import first_difference  # noqa: PLC0415 - keeps help fast
    from driftgate.replay.compare.readable import shown  # noqa: PLC0415 - likewise
    from driftgate.replay.report.diff import CONTEXT, WHOLE, diff  # noqa: PLC0415 - likewise

    with open_history(options.existing(history)) as reader:
        which, case = find(reader, call, run)
    left, right = first_difference(case, Arm.RECORD if record else Arm.BASELINE)
    lines = diff(shown(left), shown(right), context=None if full else CONTEXT, limit=WHOLE)
    if as_json:
        sys.stdout.write(to_json(_object(which, case, (left, right), lines), indent=2) + "\n")
        return
    sys.stdout.writelines(f"{line}\n" for line in _head(which, case, left, right))
    sys.stdout.writelines(f"{line}\n" for line in _body(lines, unified))


def _head(run: "Run", case: "Case", left: "Answer", right: "Answer") -> Iterator[str]:
    yield f"call {one_line(case.call_id)}  run {one_line(run.run_id)}"
    if case.prompt:
        yield f"asked: {one_line(case.prompt)}"
    for sign, answer in (("-", left), ("+", right)):
        yield f"{sign} {heading(answer)}"
    yield ""


def heading(answer: "Answer") -> str:
    """Who answered, how it ended, what contracts said, how much and how fast."""
    facts = (
        f"{answer.arm.value} {answer.repetition}",
        answer.call_id,
        answer.model,
        None if answer.served else f"failed: {answer.failure or answer.status}",
        answer.finish_reason and f"finish {answer.finish_reason}",
        answer.verdict and f"{answer.contract or 'contract'} {answer.verdict}",
        answer.violations and f"({', '.join(answer.violations)})",
        None if answer.output_tokens is None else f"{answer.output_tokens:,} tokens",
        span(answer.total_ms),
    )
    return "  ".join(one_line(str(each)) for each in facts if each)


def _body(lines: "Sequence[Line]", below: bool) -> Iterator[str]:
    from driftgate.replay.report.beside import LEAST_ROOM, beside  # noqa: PLC0415 - keeps help fast
    from driftgate.replay.report.diff import unified  # noqa: PLC0415 - likewise

    wide = room(sys.stdout)
    if all(line.same or line.skipped for line in lines):
        yield "the answers are alike"
    elif wide is None or wide < LEAST_ROOM or below:
        yield from (f"{sign} {text}".rstrip() for sign, text in unified(lines))
    else:
        yield from beside(lines, wide, bold=bold(sys.stdout))


def _object(
    run: "Run", case: "Case", answers: "tuple[Answer, Answer]", lines: "Sequence[Line]"
) -> dict[str, Any]:
    from driftgate.replay.report.diff import unified  # noqa: PLC0415 - keeps help fast

    return {
        "run_id": run.run_id,
        "call_id": case.call_id,
        "prompt": case.prompt,
        "same": all(line.same or line.skipped for line in lines),
        "left": as_object(answers[0]),
        "right": as_object(answers[1]),
        "diff": [f"{sign}{text}" for sign, text in unified(lines)],
    }
