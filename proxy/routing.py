"""Which upstream a call goes to: by path prefix, by model pattern, else the first. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from driftgate.proxy import failures
from driftgate.proxy.settings.model import Upstream

PREFIX = "/u/"


@dataclass(frozen=True, slots=True)
class Route:
    """The upstream's name and the path that it is asked for."""

    upstream: str
    target: str


class Router:
    """Chooses among the upstreams of the settings.

    needs_model: whether the model name can decide, so that the body must be looked at.
    """

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        self._upstreams = upstreams
        self._default = next(
            (name for name, upstream in upstreams.items() if not upstream.models),
            next(iter(upstreams)),
        )
        self.needs_model = len(upstreams) > 1 and any(u.models for u in upstreams.values())

    def by_path(self, target: str) -> Route | None:
        """The upstream that the path names (`/u/<name>/...`), or None where it names none.

        Raises:
            ClientError: it names one that does not exist.
        """
        if not target.startswith(PREFIX):
            return None
        name, slash, rest = target[len(PREFIX) :].partition("/")
        if not slash and "?" in name:
            name, _, query = name.partition("?")
            rest = f"?{query}"
        if name not in self._upstreams:
            raise failures.no_upstream(name, list(self._upstreams))
        return Route(name, f"/{rest}")

    def by_model(self, target: str, model: str | None) -> Route:
        """The first upstream whose patterns match, else the first without patterns."""
        if model is not None:
            for name, upstream in self._upstreams.items():
                if upstream.serves(model):
                    return Route(name, target)
        return Route(self._default, target)
