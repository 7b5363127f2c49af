"""The contracts that commands work on, and what people read about each in one line."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from driftgate.contracts.contract import Contract
from driftgate.contracts.load import ContractError, Loaded, load_files
from driftgate.proxy.errors import NotFoundError, UsageError

_LIMITS = ("min_chars", "max_chars", "max_tokens")


def files(folder: Path | None) -> list[Loaded]:
    """The shipped contracts and those of a folder, ordered by name.

    Raises:
        UsageError: one of them cannot be used; says where and why.
    """
    try:
        return load_files(folder)
    except ContractError as error:
        raise UsageError(str(error)) from None


def named(folder: Path | None, name: str) -> Loaded:
    """The contract of a name.

    Raises:
        NotFoundError: there is none; names the nearest.
    """
    found = {loaded.contract.name: loaded for loaded in files(folder)}
    if name in found:
        return found[name]
    near = get_close_matches(name, found, n=1)
    told = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(found)}"
    raise NotFoundError(f"no contract '{name}'; {told}")


def applies_to(contract: Contract) -> str:
    """What it applies to, in a few words."""
    conditions = contract.applies
    if conditions is None:
        return "calls that name it"
    told = []
    for key, value in conditions.model_dump(exclude_defaults=True).items():
        if key == "tags":
            told.append(" ".join(f"{tag}={text}" for tag, text in value.items()))
        elif key == "prompt":
            told.append(f"prompt ~ {value}")
        elif key != "everything":
            told.append(f"{key} {', '.join(value)}")
    return "; ".join(told) or "everything"


def demands(contract: Contract) -> str:
    """What it asks of an answer, in a few words."""
    output = contract.output
    told = []
    if output.schema_ is not None:
        told.append(f"schema ({output.json_ or 'whole'})")
    elif output.json_ not in (None, "none"):
        told.append(f"JSON ({output.json_})")
    told += [f"finish {' or '.join(output.finish)}"] if output.finish else []
    told += [f"{key} {limit}" for key in _LIMITS if (limit := getattr(output, key)) is not None]
    told += [f"forbids {len(output.forbid)}"] if output.forbid else []
    if output.tools.forbidden:
        told.append("no tools")
    elif output.tools != type(output.tools)():
        told.append("tools")
    return "; ".join(told) or "built-in checks"


def as_object(loaded: Loaded) -> dict[str, Any]:
    """A contract for programs: its content, its id and where it is from."""
    where = "shipped" if loaded.shipped else str(loaded.path)
    return {**loaded.contract.content(), "id": loaded.contract.id, "from": where}
