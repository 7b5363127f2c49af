"""A contract's rules on parameters: what it sets, what it allows, what it refuses.

In `enforce` mode the pinned values are set before the request goes out, so that nothing is left to
find; in `observe` mode nothing is changed, and what is not as pinned is a violation.
"""

from collections.abc import Iterator
from typing import Any

from driftgate.contracts.contract import Contract, Mode
from driftgate.contracts.exchange import Parameters
from driftgate.contracts.json_values import number
from driftgate.contracts.verdict import Severity, Source, Violation

NAMES = (
    *("temperature", "top_p", "top_k", "min_p", "seed", "max_tokens", "stop", "num_ctx"),
    "reasoning_effort",
)
SHOWN = 60  # characters of a value in a reason


def pinned(contract: Contract, parameters: Parameters) -> dict[str, Any]:
    """The values to set: by neutral name, those of `always`, and of `default` what is absent.

    What already is so is left out.
    """
    rules = contract.parameters
    absent = {k: v for k, v in rules.default.items() if getattr(parameters, k, None) is None}
    wanted = {**absent, **rules.always}
    return {k: v for k, v in wanted.items() if not _same(getattr(parameters, k, None), v)}


def parameter_findings(contract: Contract, parameters: Parameters) -> list[Violation]:
    """What the request's parameters break."""
    rules = contract.parameters
    enforced = contract.mode is Mode.ENFORCE
    sets = pinned(contract, parameters) if rules.always or rules.default else {}
    found = [] if enforced else [_not_set(contract, parameters, name) for name in sets]
    if not (rules.range or rules.refuse or rules.only is not None):
        return found
    asked = {k: v for k in NAMES if (v := getattr(parameters, k)) is not None}
    if enforced:
        asked = {**asked, **sets}
    found += _out_of_range(contract, asked)
    found += _refused(contract, asked, sets if enforced else {})
    return found


def _violation(
    name: str, keyword: str, reason: str, severity: Severity = Severity.ERROR
) -> Violation:
    return Violation(Source.CONTRACT, keyword, f"parameters/{name}", reason, severity)


def _not_set(contract: Contract, parameters: Parameters, name: str) -> Violation:
    value = getattr(parameters, name, None)
    if name in contract.parameters.always:
        came = "is not set" if value is None else f"is {_shown(value)}"
        wanted = _shown(contract.parameters.always[name])
        return _violation(name, "always", f"{name} must be {wanted}, and {came}")
    wanted = _shown(contract.parameters.default[name])
    reason = f"{name} is not set; the contract's default is {wanted}"
    return _violation(name, "default", reason, Severity.WARNING)


def _out_of_range(contract: Contract, asked: dict[str, Any]) -> Iterator[Violation]:
    for name, limits in contract.parameters.range.items():
        value, least, most = asked.get(name), limits[0], limits[1]
        if isinstance(value, int | float) and not least <= value <= most:
            low, high, is_now = number(least), number(most), number(value)
            reason = f"{name} must be between {low} and {high}, and is {is_now}"
            yield _violation(name, "range", reason)


def _refused(
    contract: Contract, asked: dict[str, Any], sets: dict[str, Any]
) -> Iterator[Violation]:
    refuse, only = contract.parameters.refuse, contract.parameters.only
    if not refuse and only is None:
        return
    for name in asked:
        if name in sets:
            continue
        if name in refuse:
            yield _violation(name, "refuse", f"{name} must not be set")
        elif only is not None and name not in only:
            allowed = ", ".join(only) or "none"
            yield _violation(name, "only", f"{name} must not be set; allowed: {allowed}")


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, list | tuple):
        wanted = [wanted] if isinstance(wanted, str) else wanted
        return isinstance(wanted, list | tuple) and list(value) == list(wanted)
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _shown(value: Any) -> str:
    return repr(value)[:SHOWN]
