"""Which tool on offer a name that a model wrote means."""

from collections.abc import Set as AbstractSet

from driftgate.contracts.repair.tool_text import Resolve

Tool = tuple[str | None, str]  # (namespace, name)
_SEPARATORS = ("__", ".", ":", "/")
_PREFIXES = frozenset({"functions", "default_api", "tools", "function"})  # templates' own words


def resolver(offers: AbstractSet[Tool]) -> Resolve:
    """From a name as written to the tool on offer; the function gives None where none is meant.

    Namespaced tools are found as `namespace__name`, `namespace.name` and so on, and by their bare
    name where only one has it.
    """

    def resolve(written: str) -> Tool | None:
        found = next((each for each in _readings(written) if each in offers), None)
        return found or _bare(written, offers)

    return resolve


def _readings(written: str) -> list[Tool]:
    readings: list[Tool] = [(None, written)]
    for separator in _SEPARATORS:
        space, found, name = written.partition(separator)
        if found:
            readings.append((space, name))
            if space in _PREFIXES:
                readings.append((None, name))
    return readings


def _bare(written: str, offers: AbstractSet[Tool]) -> Tool | None:
    having = [tool for tool in offers if tool[1] == written]
    return having[0] if len(having) == 1 else None
