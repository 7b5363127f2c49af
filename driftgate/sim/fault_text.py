"""Faults as people write them: in a header, an option, or a request's body."""

import difflib
from dataclasses import fields
from typing import Any

from driftgate.sim.faults import FAULTS, Fault

_PARAMETERS = {
    f.name.replace("_", "-"): f.name for f in fields(Fault) if f.name not in ("name", "one_of")
}
_LIMITS = {"seconds": 3600.0, "count": 10_000_000, "status": 599, "rate": 1.0}
_FRACTIONS = ("seconds", "rate")
_TEXTS = ("path", "key")


class FaultError(ValueError):
    """What was asked for is no fault; the message names the nearest thing to do."""


def parse(text: str) -> tuple[Fault, ...]:
    """The faults that a text names, in order.

    Raises:
        FaultError: an unknown name or parameter, or a value that is no number.
    """
    return tuple(_one(part) for part in text.split(",") if part.strip())


def _one(text: str) -> Fault:
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    words = [(key.strip().lower(), sign, value.strip()) for key, sign, value in pairs]
    bare = [key for key, sign, _ in words if not sign]  # `stall` is short for `fault=stall`
    names = next((value for key, sign, value in words if key == "fault" and sign), "") or (
        bare[0] if bare else ""
    )
    given = {k: v for k, sign, v in words if k != "fault" and (sign or k != names)}
    made = [_made(name.strip(), given) for name in names.split("|")]
    if len(made) == 1:
        return made[0]
    counts = {key: getattr(made[0], key) for key in ("times", "path", "rate", "key")}
    return Fault(names, **counts, one_of=tuple(made))


def _made(name: str, given: dict[str, str]) -> Fault:
    if name not in FAULTS:
        near = difflib.get_close_matches(name, FAULTS, 1)
        meant = f"; did you mean {near[0]}?" if near else ";"
        raise FaultError(f"no fault named {name!r}{meant} `driftgate sim --faults` lists them")
    values: dict[str, Any] = {_PARAMETERS[k]: v for k, v in FAULTS[name].takes.items()}
    for key, value in given.items():
        if key not in _PARAMETERS:
            known = ", ".join(_PARAMETERS)
            raise FaultError(f"no parameter {key!r} of fault {name}; there are: {known}")
        values[_PARAMETERS[key]] = value if key in _TEXTS else _number(key, value)
    return Fault(name, **values)


def _number(key: str, text: str) -> float:
    try:
        value = float(text) if key in _FRACTIONS else int(text)
    except ValueError:
        raise FaultError(f"{key} must be a number, not {text!r}") from None
    least, most = (200, 599) if key == "status" else (0, _LIMITS.get(key, 1 << 31))
    if not least <= value <= most:
        raise FaultError(f"{key} must be between {least} and {most:g}, not {text}")
    return value
