"""The contracts that judge an arm: those of its configuration, else those in force."""

from driftgate.contracts.contract_set import ContractSet
from driftgate.contracts.load import load
from driftgate.contracts.problems import ContractError
from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.model import DEFAULT_CONTRACTS, Settings
from driftgate.replay.candidate.config import Configuration


def contracts_of(configuration: Configuration, settings: Settings) -> ContractSet:
    """The set.

    Raises:
        UsageError: one of them cannot be used, or the folder is not there.
    """
    folder = configuration.contracts or settings.contracts
    if not folder.is_dir():
        if folder == DEFAULT_CONTRACTS:
            return load(None)
        raise UsageError(f"contracts: there is no folder {folder}; create it, or name another")
    try:
        return load(folder)
    except ContractError as error:
        raise UsageError(str(error)) from error
