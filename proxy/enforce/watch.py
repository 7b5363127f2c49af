"""The contracts in force in one worker: loaded at the start, and anew when a file changes."""

import logging
from collections.abc import Callable
from pathlib import Path

from driftgate.contracts.contract_set import ContractSet
from driftgate.contracts.load import load
from driftgate.contracts.problems import ContractError
from driftgate.proxy.errors import SettingsError
from driftgate.proxy.settings.model import DEFAULT_CONTRACTS, Settings

log = logging.getLogger("driftgate")

Stamp = tuple[tuple[str, int, int], ...]  # file, modified at (ns), bytes
_FILES = frozenset({".toml", ".json"})


def load_contracts(
    settings: Settings, *, was_there: bool = False, enforced: bool = True
) -> ContractSet:
    """The contracts that these settings mean: the folder's, and those that come with driftgate.

    was_there: the folder has been there before, so that its absence means no contracts by mistake only.
    enforced: their fallbacks are used, and must be there.

    Raises:
        SettingsError: one of them cannot be used, or the folder was named and is not there.
    """
    folder = settings.contracts
    if not folder.is_dir():
        if folder != DEFAULT_CONTRACTS or was_there:
            raise SettingsError(
                f"contracts: there is no folder {folder}; create it, or name another with --contracts"
            )
        return load(None)
    try:
        contracts = load(folder)
    except ContractError as error:
        raise SettingsError(str(error)) from error
    if enforced:
        _check_fallbacks(contracts, settings)
    return contracts


def _check_fallbacks(contracts: ContractSet, settings: Settings) -> None:
    for contract in contracts.contracts:
        for number, each in enumerate(contract.fallback):
            if each.upstream is not None and each.upstream not in settings.upstreams:
                known = ", ".join(settings.upstreams)
                raise SettingsError(
                    f"contract '{contract.name}': fallback[{number}].upstream: there is no upstream "
                    f"'{each.upstream}'; known are: {known}"
                )


class Watch:
    """Holds the set in force; a new one that is bad is said, and the old one stays.

    tell: gets each set that comes into force. enforced: they do more than judge.
    bad: what is wrong with the files now, if anything.
    """

    def __init__(
        self, settings: Settings, tell: Callable[[ContractSet], None], *, enforced: bool = True
    ) -> None:
        self._settings, self._tell, self._enforced = settings, tell, enforced
        self._stamp = self._look()
        self.contracts = load_contracts(settings, enforced=enforced)
        self._was_there = settings.contracts.is_dir()
        self.bad: str | None = None

    def look(self, *, anyway: bool = False) -> None:
        """Loads anew if a file has changed since the last time, or anyway."""
        stamp = self._look()
        if stamp == self._stamp and not anyway:
            return
        self._stamp = stamp
        try:
            contracts = load_contracts(
                self._settings, was_there=self._was_there, enforced=self._enforced
            )
        except SettingsError as error:
            self.bad = str(error)
            log.error("the contracts in force stay as they are: %s", error)  # noqa: TRY400 - the line says it all
            return
        self._was_there = self._was_there or self._settings.contracts.is_dir()
        if self.bad is not None and contracts.id == self.contracts.id:
            log.warning("the contracts are sound again; those in force stay")
        self.bad = None
        if contracts.id != self.contracts.id:
            self.contracts = contracts
            self._tell(contracts)
            named = [
                f"{each.name} {each.version} ({each.mode.value})" for each in contracts.contracts
            ]
            log.warning("contracts loaded anew: %s", ", ".join(named))

    def _look(self) -> Stamp:
        try:
            found = sorted(Path(self._settings.contracts).iterdir())
        except OSError:  # there is no such folder
            return ()
        return tuple(_stamp(path) for path in found if path.suffix in _FILES)


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        stat = path.stat()
    except OSError:  # a link to nowhere, or it has just gone: the other files count all the same
        return path.name, 0, -1
    return path.name, stat.st_mtime_ns, stat.st_size
