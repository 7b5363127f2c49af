"""Which upstream a call goes to: by path prefix, by model pattern, else the first. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from driftgate.proxy import failures
from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.dialects.scan import scan
from driftgate.proxy.settings.model import Upstream

PREFIX = "/u/"
MODEL_KEYS = ("model", "name")  # Ollama's /api/pull and /api/show once called it `name`


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
            next((name for name, each in upstreams.items() if each.codex is None), ""),
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
        """The first upstream whose patterns match, else the first without patterns.

        Where all have some: the first that is no agent.
        """
        if model is not None:
            for name, upstream in self._upstreams.items():
                if upstream.serves(model):
                    return Route(name, target)
        return Route(self._default, target)


def named_model(body: bytes, coding: str | None, limit: int) -> str | None:
    """The model that a JSON body names; None: it names none, or the body is not at hand.

    coding: its content coding. limit: bytes that a coded one may unfold to.
    """
    plain, _ = decode(body, coding, limit)
    values = scan(plain).fields.values
    names = (values.get(key) for key in MODEL_KEYS)
    return next((name for name in names if isinstance(name, str)), None)
