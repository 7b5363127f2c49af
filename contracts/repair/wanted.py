"""What a request and its contract want of the answer that is being repaired."""

from dataclasses import dataclass
from typing import Any

from driftgate.contracts.builtin.tools import Offered, offered
from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Asked
from driftgate.contracts.output import expects_json, find_json, place_of, schema_for
from driftgate.contracts.repair.offers import Tool, resolver
from driftgate.contracts.repair.tool_text import Resolve
from driftgate.contracts.schema import OutOfSteps, Schema


@dataclass(frozen=True, slots=True)
class Wanted:
    """json: whether JSON is wanted, `where` and by which schema.

    resolve: None: no tool may be called. ids: whether the dialect's tool calls have ids.
    """

    json: bool
    where: str
    schema: Schema | None
    resolve: Resolve | None
    ids: bool

    def fits(self, value: Any) -> bool:
        """Whether a value fits the schema; True without one."""
        if self.schema is None:
            return True
        try:
            return not self.schema.errors(value)
        except OutOfSteps:
            return False

    def given(self, text: str) -> bool:
        """Whether the JSON that is wanted is where it should be already."""
        if not self.json:
            return False
        found = find_json(text, self.where)
        return found is not None and self.fits(found.value)

    def placed(self, found: str) -> str:
        """A JSON text, put where it should be."""
        return f"```json\n{found}\n```" if self.where == "fenced" else found


def wanted_of(asked: Asked, contract: Contract) -> Wanted:
    """Read from the request and the contract."""
    where = place_of(contract)
    tools = _functions(offered(asked.tools))
    may_call = bool(tools) and asked.parameters.tool_choice != "none"
    return Wanted(
        json=expects_json(asked, contract),
        where="whole" if where == "none" else where,
        schema=schema_for(asked, contract),
        resolve=resolver(tools) if may_call else None,
        ids=not asked.dialect.startswith("ollama"),  # its native calls have none by design
    )


def _functions(offers: Offered) -> set[Tool]:
    """The functions on offer. What takes free text, or is hosted, is not called in JSON."""
    return {_tool(full, offers) for full, schema in offers.names.items() if schema is not None}


def _tool(full: str, offers: Offered) -> Tool:
    space, _, name = full.rpartition(".")
    return (space, name) if space and name in offers.bare else (None, full)
