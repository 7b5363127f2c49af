"""The dashboard and `/metrics` in the settings."""

import re
from pathlib import Path

from pydantic import Field, field_validator

from driftgate.proxy.loopback import address_of
from driftgate.proxy.settings.part import Part

_NAME = re.compile(r"[\w-]+(\.[\w-]+)*\.?", re.ASCII)


class Dashboard(Part):
    """The pages at `/_driftgate/`, and Prometheus' `/metrics`."""

    on: bool = Field(
        default=True, description="Whether the proxy serves them; the history is kept either way."
    )
    metrics: bool = Field(
        default=True,
        description="Whether `/metrics` is driftgate's own; without it the path goes to the upstream, "
        "as `/u/NAME/metrics` does in any case.",
    )
    hosts: list[str] = Field(
        default=[],
        description="Further names under which browsers may reach it, such as a reverse proxy's.",
    )
    token_file: Path | None = Field(
        default=None,
        description="File with the token that is asked for where the proxy listens beyond this "
        "machine; not given: one is made beside the journal.",
    )
    sql_timeout_s: float = Field(
        default=10, gt=0, le=600, description="Seconds that a query typed into it may take."
    )
    sql_rows: int = Field(
        default=1000, ge=1, le=100_000, description="Most rows of such a query that are shown."
    )

    @field_validator("hosts")
    @classmethod
    def _check(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            if not _NAME.fullmatch(host) and address_of(host) is None:
                raise ValueError(
                    f"{host!r} is no name such as flight.example: no scheme, port or pattern belongs here"
                )
        return hosts

    @field_validator("token_file")
    @classmethod
    def _expand(cls, path: Path | None) -> Path | None:
        return path.expanduser() if path is not None else None
