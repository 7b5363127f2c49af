"""The candidate that live traffic is shadowed to, in the settings."""

from collections.abc import Mapping

from pydantic import Field, field_validator

from driftgate.proxy.settings.part import Part
from driftgate.proxy.settings.upstream import Upstream, checked_url

SHADOW = "shadow"  # the name under which a candidate of its own address is recorded


class Shadow(Part):
    """A candidate that a share of the calls is sent to as well, once the client was answered."""

    upstream: str | None = Field(
        default=None,
        description="Address of the candidate, or the name of one of the upstreams; not given: "
        "nothing is sent.",
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        description="Model that the candidate is asked for; not given: the same as the client asked.",
    )
    share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Part of the calls that is sent, 0 to 1; of a session all calls or none.",
    )
    seed: int = Field(
        default=0, ge=0, lt=1 << 63, description="Another seed chooses other sessions."
    )
    concurrency: int = Field(
        default=1, ge=1, le=256, description="Calls that a worker sends to the candidate at a time."
    )
    queue: int = Field(
        default=16,
        ge=0,
        le=10_000,
        description="Calls that may wait for that in a worker; what comes beyond is left out and "
        "counted.",
    )
    max_body_mb: int = Field(
        default=4, ge=1, description="Longest request that is sent, in MB; it waits in memory."
    )
    api_key_env: str | None = Field(
        default=None,
        description="Environment variable with the candidate's API key. Without it the client's "
        "own credentials are sent only to where the client sent them.",
    )
    connect_timeout_s: float = Field(
        default=5, gt=0, description="Seconds until a connection must stand; of an address."
    )
    first_byte_timeout_s: float = Field(
        default=600, gt=0, description="Seconds until the answer must begin; of an address."
    )
    idle_timeout_s: float = Field(
        default=300, gt=0, description="Seconds that an answer may stand still; of an address."
    )
    verify_tls: bool = Field(
        default=True, description="Whether the certificate is checked; of an https address."
    )

    @field_validator("upstream")
    @classmethod
    def _check_upstream(cls, upstream: str | None) -> str | None:
        return checked_url(upstream) if upstream is not None and "://" in upstream else upstream

    @property
    def on(self) -> bool:
        """Whether anything is sent."""
        return self.upstream is not None and self.share > 0

    @property
    def name(self) -> str:
        """The upstream's name in the history."""
        return SHADOW if "://" in (self.upstream or "") else self.upstream or SHADOW

    def candidate(self, upstreams: Mapping[str, Upstream]) -> Upstream:
        """The upstream that is asked.

        Raises:
            ValueError: there is none of that name, it is an agent, or its name is taken.
        """
        if self.upstream is not None and "://" in self.upstream:
            if SHADOW in upstreams:
                raise ValueError(f"an upstream named {SHADOW!r} would be taken for the candidate")
            limits = ("connect_timeout_s", "first_byte_timeout_s", "idle_timeout_s", "verify_tls")
            return Upstream(url=self.upstream, **{name: getattr(self, name) for name in limits})
        found = upstreams.get(self.upstream or "")
        if found is None:
            known = ", ".join(upstreams)
            raise ValueError(
                f"upstream {self.upstream!r} is no address and none of the upstreams ({known})"
            )
        if found.codex is not None:
            raise ValueError(
                f"upstream {self.upstream!r} is an agent, whose turns act; a candidate is a model "
                "server: name another one"
            )
        return found
