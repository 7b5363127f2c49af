"""What of a configuration may be stored and shown: nothing that is secret.

Secrets have no place in a candidate's file: keys come from the environment. A person may still write
one into a text or a patch, so these are looked through: for the values of the variables that are
named, for what stands under names that are secrets by `driftgate.proxy.redact.names`, for bearer
tokens, and for names and passwords in addresses. Reads the environment and contracts' files.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from driftgate.contracts.load import ContractError, load_files
from driftgate.proxy.errors import UsageError
from driftgate.proxy.redact.names import is_secret_header, is_secret_parameter
from driftgate.proxy.settings.upstream import without_userinfo
from driftgate.replay.candidate.values import secret

REDACTED = "redacted"
SHORTEST = 8  # characters; shorter values of variables are words, and would be masked everywhere

_BEARER = re.compile(r"\b(?P<scheme>bearer|basic)(?P<gap>[ \t]+)[\w.~+/=-]{8,}", re.IGNORECASE)
_PARAMETER = re.compile(r"(?P<mark>[?&])(?P<name>[^\s=&?#\"']{1,80})=(?P<value>[^\s&#\"']+)")


def secret_values(names: Iterable[str], environ: Mapping[str, str] | None = None) -> list[str]:
    """The values of these variables that can be told from words, the longest first."""
    found = {secret(name, environ) or "" for name in names}
    return sorted((value for value in found if len(value) >= SHORTEST), key=len, reverse=True)


def secret_free(value: Any, secrets: Iterable[str] = ()) -> Any:
    """A JSON value without secrets; lists for tuples.

    Args:
        value: what was configured.
        secrets: texts that must not stand in it, as `secret_values` gives them.
    """
    return _free(value, tuple(secrets))


def contract_versions(folder: Path | None) -> dict[str, str] | None:
    """Each contract in force with this folder, by name, with its content hash; None: no folder.

    Raises:
        UsageError: one of them cannot be used.
    """
    if folder is None:
        return None
    try:
        return {loaded.contract.name: loaded.contract.id for loaded in load_files(folder)}
    except ContractError as error:
        raise UsageError(str(error)) from None


def _free(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return _text(value, secrets)
    if isinstance(value, list | tuple):
        return [_free(each, secrets) for each in value]
    if isinstance(value, dict):
        free = {
            _text(str(key), secrets): _member(key, each, secrets) for key, each in value.items()
        }
        # of an operation of a patch, the pointer's last part names what the value is
        if _is_secret(str(value.get("path", "")).rpartition("/")[2]) and "value" in free:
            free["value"] = REDACTED
        return free
    return value


def _member(key: Any, value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str) and _is_secret(str(key)):
        return REDACTED
    return _free(value, secrets)


def _is_secret(name: str) -> bool:
    lower = name.strip().lower()
    return is_secret_header(lower) or is_secret_parameter(lower)


def _text(text: str, secrets: tuple[str, ...]) -> str:
    for each in secrets:
        text = text.replace(each, REDACTED)
    text = _BEARER.sub(lambda found: f"{found['scheme']}{found['gap']}{REDACTED}", text)
    return _PARAMETER.sub(_parameter, without_userinfo(text))


def _parameter(found: re.Match[str]) -> str:
    if is_secret_parameter(unquote_plus(found["name"]).strip().lower()):
        return f"{found['mark']}{found['name']}={REDACTED}"
    return found[0]
