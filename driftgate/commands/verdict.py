"""What contracts found of one call, as lines of its page."""

from collections.abc import Iterator
from typing import Any

from driftgate.proxy.harmless import one_line
from driftgate.proxy.history.whole import Call
from driftgate.proxy.units import span

_SHOWN = 20  # violations of one attempt


def verdict_lines(call: Call) -> Iterator[str]:
    """The verdict, the attempts behind it, and what was wrong with each; harmless."""
    row = call.row
    if row["contract"] is None:
        return
    yield from ("", f"== verdict {one_line(_verdict(row))}")
    if row["fallback"]:
        yield one_line(f"!! FALLBACK: {row['fallback']} answered, not what was asked")
    managed = len(call.attempts) > 1 or any(_is_told(each) for each in call.attempts)
    told = {each["attempt"] for each in call.attempts} if managed else set()
    yield from _violations(call, {each["attempt"] for each in call.violations} - told)
    if managed:
        yield from attempt_lines(call)


def attempt_lines(call: Call) -> Iterator[str]:
    """Each attempt in a line, what was wrong with it below; harmless."""
    for attempt in call.attempts:
        yield one_line(_attempt(attempt))
        yield from _violations(call, {attempt["attempt"]})


def _verdict(row: dict[str, Any]) -> str:
    repairs = f", repaired: {', '.join(row['repairs'])}" if row["repairs"] else ""
    took = "" if row["judged_us"] is None else f", judged in {row['judged_us']} us"
    return f"{row['verdict']}, contract {row['contract']}{repairs}{took}"


def _is_told(attempt: dict[str, Any]) -> bool:
    """Whether an only attempt says more than the call itself does."""
    return bool(attempt["request_body"] or attempt["repairs"] or attempt["reason"] != "first")


def _attempt(attempt: dict[str, Any]) -> str:
    status = "no status" if attempt["status"] is None else attempt["status"]
    repairs = f"  repaired: {', '.join(attempt['repairs'])}" if attempt["repairs"] else ""
    where = f"{attempt['upstream']} {attempt['model'] or ''}"
    state = f"{attempt['outcome']} {status}  {attempt['verdict'] or 'unjudged'}"
    error = f"  {attempt['error']}" if attempt["error"] else ""
    head = f"[{attempt['attempt']}] {attempt['reason']}: {where}"
    return f"{head}  {state}  {span(attempt['total_ms'])}{repairs}{error}"


def _violations(call: Call, attempts: set[int]) -> Iterator[str]:
    found = [each for each in call.violations if each["attempt"] in attempts]
    for each in found[:_SHOWN]:
        told = "" if each["severity"] == "error" else f"{each['severity']}: "
        line = one_line(f"{told}{each['path']}: {each['reason']} ({each['keyword']})")
        yield f"    {line}"
    if len(found) > _SHOWN:
        yield f"    [... {len(found) - _SHOWN} more; the table violations has them]"
