"""Where a call is to be asked again, and with which model: the fields of a form, made a configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.settings.upstream import checked_url
from driftgate.replay.candidate.config import Configuration

ONCE = 0  # retries: what fails is shown, and asked again by hand
_SCHEMES = ("http://", "https://")
_MODEL = 1_000  # characters


@dataclass(frozen=True, slots=True)
class Wanted:
    """name: of the server, as records and people have it. configuration: how it is asked."""

    name: str
    configuration: Configuration

    @property
    def url(self) -> str:
        """Its address."""
        return self.configuration.upstream or ""

    @property
    def model(self) -> str:
        """What is asked for; empty: the recorded model."""
        return self.configuration.model or ""


def wanted(fields: Mapping[str, str], settings: Settings) -> Wanted:
    """What a form asks for.

    Args:
        fields: `upstream`, the name of a configured one or an address; `address`, which goes before
            it; `model`, empty for the recorded one.
        settings: of the site.

    Raises:
        UsageError: there is no such upstream, or it is none that can be asked.
    """
    where = fields.get("address", "").strip() or fields.get("upstream", "").strip()
    model = fields.get("model", "").strip() or None
    if not where:
        raise UsageError("no upstream is named; choose one, or give an address (http://...)")
    if model is not None and len(model) > _MODEL:
        raise UsageError(f"the model's name has more than {_MODEL:,} characters")
    if where.startswith(_SCHEMES):
        configuration = _checked(where, model)
        return Wanted(urlsplit(configuration.upstream or "").netloc or where, configuration)
    known = settings.upstreams.get(where)
    if known is None:
        named = ", ".join(choices(settings)) or "none"
        raise UsageError(
            f"there is no upstream '{where[:100]}' here (there are: {named}), and an address begins with http://"
        )
    if known.codex is not None:
        raise UsageError(
            f"'{where}' is an agent, which runs tools: `driftgate gate` asks it again, this page asks models"
        )
    more = {} if model is None else {"model": model}
    return Wanted(where, Configuration.of_upstream(known, retries=ONCE, **more))


def choices(settings: Settings) -> dict[str, str]:
    """Names of the upstreams that can be asked, and their addresses."""
    return {name: each.url for name, each in settings.upstreams.items() if each.codex is None}


def _checked(url: str, model: str | None) -> Configuration:
    try:
        return Configuration(upstream=checked_url(url), model=model, retries=ONCE)
    except ValueError as error:
        raise UsageError(f"that address cannot be used: {error}") from None
