"""What the form offers that asks a call again: servers by name, the recorded one, models."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from driftgate.dashboards.again.beside import Row
from driftgate.dashboards.again.wanted import choices
from driftgate.proxy.settings.model import Settings
from driftgate.replay.run.targets import recorded_upstreams

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

_PATTERN = frozenset("*?[")
_MOST = 100  # models


def then(reader: "Reader", call: Row, settings: Settings) -> dict[str, str]:
    """Name and address of the server that answered then, where the history knows it."""
    found = recorded_upstreams(reader, [call["call_id"]], settings, addresses=False)
    return {name: each.url for name, each in found.items() if each.codex is None}


def form(
    call: Row, recorded: dict[str, str], known: Sequence[str], settings: Settings
) -> dict[str, Any]:
    """The form's values.

    Args:
        call: the recorded call.
        recorded: see `then`.
        known: models that were asked for.
        settings: of the site.

    Returns:
        options: (value, label, address) of the servers; chosen: the value that stands first.
    """
    named = choices(settings)
    options = [(name, name, url) for name, url in named.items()]
    for name, url in recorded.items():
        if named.get(name) != url:
            options.append((url, f"{name}, as recorded", url))
    fixed = [
        model
        for each in settings.upstreams.values()
        for model in each.models
        if not _PATTERN & set(model)
    ]
    return {
        "id": call["call_id"],
        "model": call["model"],
        "options": options,
        "chosen": call["upstream"],
        "models": list(dict.fromkeys([*fixed, *known]))[:_MOST],
    }
