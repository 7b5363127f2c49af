"""The contracts in force together, and as the journal carries them."""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from typing import Any

from pydantic import ValidationError

from driftgate.contracts.contract import Contract, Mode
from driftgate.contracts.exchange import Asked
from driftgate.contracts.json_values import canonical, content_hash
from driftgate.contracts.match import applies, could_apply, name_in, prompt_allowance

log = logging.getLogger("driftgate")


class Reach(Enum):
    """Whether a contract could be enforced on a request."""

    NO = "no"
    IF_NAMED = "if_named"  # only if the request's metadata names one
    YES = "yes"


@dataclass(frozen=True)
class ContractSet:
    """Contracts of different names. Made by `of`: the ones that apply first come first."""

    contracts: tuple[Contract, ...] = ()

    @classmethod
    def of(cls, contracts: Iterable[Contract]) -> "ContractSet":
        """Put in the order in which they are tried: by priority, then by name."""
        return cls(tuple(sorted(contracts, key=lambda each: (-each.priority, each.name))))

    @cached_property
    def id(self) -> str:
        """The hash of what they all say, as the text of a UUID."""
        return content_hash(sorted(contract.id for contract in self.contracts))

    @cached_property
    def enforcing(self) -> bool:
        """Whether one of them does more than observe."""
        return any(contract.mode is Mode.ENFORCE for contract in self.contracts)

    def by_name(self, name: str) -> Contract | None:
        """The contract of this name."""
        return self._named.get(name)

    def match(self, asked: Asked) -> Contract | None:
        """The contract that a request is judged by: the one it names, else the first that applies.

        What is enforced stays so: naming one that only observes lifts nothing. A name that nobody
        knows counts as none; `unknown_name` tells it.
        """
        named = self._named.get(name_in(asked) or "")
        if named is None:
            return self._first(asked)
        if named.mode is Mode.ENFORCE:
            return named
        return self._first(asked, Mode.ENFORCE) or named

    def reach(self, dialect: str, path: str, named: str | None) -> Reach:
        """Whether a contract could be enforced on a request, by what is known without its body.

        Args:
            dialect: of the request.
            path: as sent, with its query.
            named: the contract that its header names, if any.
        """
        if named is not None and named in self._enforced:
            return Reach.YES
        conditions = [each.applies for each in self._enforced.values()]
        if any(each is not None and could_apply(each, dialect, path) for each in conditions):
            return Reach.YES
        return Reach.IF_NAMED if self._enforced else Reach.NO

    def _first(self, asked: Asked, mode: Mode | None = None) -> Contract | None:
        allowance = prompt_allowance()
        for contract in self._unnamed:
            if contract.applies is None or (mode is not None and contract.mode is not mode):
                continue
            found = applies(contract.applies, asked, allowance)
            if found:
                return contract
            if found is None:
                self._say_slow(contract.name)
        return None

    def _say_slow(self, name: str) -> None:
        if name not in self._slow:
            self._slow.add(name)
            log.warning(
                "contract '%s' does not apply to a request, for the prompt patterns took too long on it;"
                " make applies.prompt simpler (this is said once)",
                name,
            )

    def unknown_name(self, asked: Asked) -> str | None:
        """The name of a contract that the request asks for and that is not here."""
        named = name_in(asked)
        return named if named is not None and named not in self._named else None

    def as_json(self) -> str:
        """What they say, as canonical JSON; `of_json` reads it back."""
        return self._json

    @classmethod
    def of_json(cls, text: str) -> "ContractSet":
        """Back from `as_json`. The last ones are kept, so that the next time is free.

        Raises:
            ValueError: it is not what `as_json` gives.
        """
        return _read(text)

    @cached_property
    def _named(self) -> dict[str, Contract]:
        return {contract.name: contract for contract in self.contracts}

    @cached_property
    def _enforced(self) -> dict[str, Contract]:
        return {each.name: each for each in self.contracts if each.mode is Mode.ENFORCE}

    @cached_property
    def _unnamed(self) -> tuple[Contract, ...]:
        """Those that apply without being named."""
        return tuple(each for each in self.contracts if each.applies is not None)

    @cached_property
    def _slow(self) -> set[str]:
        """The contracts of which it was said that their patterns take too long."""
        return set()

    @cached_property
    def _json(self) -> str:
        return canonical([contract.content() for contract in self.contracts])


@lru_cache(32)
def _read(text: str) -> ContractSet:
    try:
        contents: Any = json.loads(text)
        return ContractSet.of([Contract.of_content(each) for each in contents])
    except (ValidationError, TypeError, RecursionError) as error:
        raise ValueError(f"not a set of contracts: {error}") from None
