"""A contract's rules on parameters: what it sets, what it allows, what it refuses.

In `enforce` mode the pinned values are set before the request goes out, so that nothing is left to
find; in `observe` mode nothing is changed, and what is not as pinned is a violation. What the
dialect has no word for cannot be set in either.
"""

from collections.abc import Iterator
from typing import Any

from driftgate.contracts.contract import Contract, Mode
from driftgate.contracts.contract_parts import MORE_SAMPLING, PARAMETERS
from driftgate.contracts.contract_rules import Rules
from driftgate.contracts.exchange import Asked
from driftgate.contracts.json_values import number
from driftgate.contracts.sampling import Sent, settable
from driftgate.contracts.verdict import Severity, Source, Violation

SHOWN = 60  # characters of a value in a reason


def pinned(contract: Contract, asked: Asked) -> dict[str, Any]:
    """The values to set: by neutral name, those of `always`, and of `default` what is absent.

    What already is so is left out, and what the dialect has no word for.
    """
    rules = contract.parameters
    return _pinned(rules, Sent(asked), asked.dialect) if rules.always or rules.default else {}


def parameter_findings(contract: Contract, asked: Asked) -> list[Violation]:
    """What the request's parameters break."""
    rules, sent = contract.parameters, Sent(asked)
    found = list(_not_settable(rules, asked.dialect))
    sets = _pinned(rules, sent, asked.dialect)
    if contract.mode is not Mode.ENFORCE:
        found += [_not_set(rules, sent, name) for name in sets]
        sets = {}
    found += _out_of_range(rules, sent, sets)
    found += _refused(rules, sent, sets)
    return found


def _pinned(rules: Rules, sent: Sent, dialect: str) -> dict[str, Any]:
    absent = {k: v for k, v in rules.default.items() if not sent.values(k)}
    wanted = {**absent, **rules.always}
    return {k: v for k, v in wanted.items() if settable(dialect, k) and not _is(sent, k, v)}


def _is(sent: Sent, name: str, wanted: Any) -> bool:
    values = sent.values(name)
    return bool(values) and all(_same(value, wanted) for value in values)


def _violation(
    name: str, keyword: str, reason: str, severity: Severity = Severity.ERROR
) -> Violation:
    return Violation(Source.CONTRACT, keyword, f"parameters/{name}", reason, severity)


def _not_settable(rules: Rules, dialect: str) -> Iterator[Violation]:
    """A warning: the request is as good as it can be."""
    for name in {**rules.default, **rules.always}:
        if not settable(dialect, name):
            keyword = "always" if name in rules.always else "default"
            yield _violation(name, keyword, f"{name} cannot be set in {dialect}", Severity.WARNING)


def _not_set(rules: Rules, sent: Sent, name: str) -> Violation:
    values = sent.values(name)
    if name in rules.always:
        came = f"is {_shown(values[0])}" if values else "is not set"
        wanted = _shown(rules.always[name])
        return _violation(name, "always", f"{name} must be {wanted}, and {came}")
    reason = f"{name} is not set; the contract's default is {_shown(rules.default[name])}"
    return _violation(name, "default", reason, Severity.WARNING)


def _out_of_range(rules: Rules, sent: Sent, sets: dict[str, Any]) -> Iterator[Violation]:
    for name, (least, most) in rules.range.items():
        values = (sets[name],) if name in sets else sent.values(name)
        for value in values:
            if isinstance(value, int | float) and not least <= value <= most:
                low, high, is_now = number(least), number(most), number(value)
                reason = f"{name} must be between {low} and {high}, and is {is_now}"
                yield _violation(name, "range", reason)


def _refused(rules: Rules, sent: Sent, sets: dict[str, Any]) -> Iterator[Violation]:
    refuse, only = rules.refuse, rules.only
    if not refuse and only is None:
        return
    pins = {**rules.default, **rules.always}
    for name in refuse if only is None else (*PARAMETERS, *MORE_SAMPLING):
        # A value that the contract itself sets is in order, whoever wrote it.
        ours = name in sets or (name in pins and _is(sent, name, pins[name]))
        if ours or name in (only or ()) or not sent.values(name):
            continue
        if only is None:
            yield _violation(name, "refuse", f"{name} must not be set")
        else:
            allowed = ", ".join(only) or "none"
            yield _violation(name, "only", f"{name} must not be set; allowed: {allowed}")


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, list | tuple):
        wanted = [wanted] if isinstance(wanted, str) else wanted
        return isinstance(wanted, list | tuple) and list(value) == list(wanted)
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _shown(value: Any) -> str:
    return repr(value)[:SHOWN]
