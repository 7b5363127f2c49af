"""OpenTelemetry in the settings."""

from pydantic import Field, field_validator

from driftgate.proxy.settings.part import Part
from driftgate.proxy.settings.upstream import checked_url


class Otel(Part):
    """Spans and metrics sent to a collector by OTLP over HTTP; needs the extra `driftgate[otel]`.

    Headers, certificates and the like are the standard's own variables, `OTEL_EXPORTER_OTLP_...`.
    """

    endpoint: str | None = Field(
        default=None,
        description="Address of the collector, such as http://127.0.0.1:4318; not given: nothing is sent.",
    )
    service_name: str = Field(
        default="driftgate", min_length=1, description="`service.name` of all that is sent."
    )
    content: bool = Field(
        default=False, description="Whether prompts and answers are sent along, too."
    )
    interval_s: float = Field(
        default=30, gt=0, description="Seconds between two exports of metrics; spans go sooner."
    )

    @field_validator("endpoint")
    @classmethod
    def _check(cls, endpoint: str | None) -> str | None:
        return checked_url(endpoint) if endpoint is not None else None
