"""Whether what exporting needs is installed; imports nothing of it."""

from importlib.util import find_spec

from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.otel import Otel

_NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")


def check_extra(otel: Otel) -> None:
    """Says early what would fail later.

    Raises:
        UsageError: a collector is named, and the extra is not installed.
    """
    if otel.endpoint is not None and not all(_found(name) for name in _NEEDED):
        raise UsageError(
            f"otel.endpoint is {otel.endpoint}, but what exporting needs is not installed: "
            "pip install 'driftgate[otel]'"
        )


def _found(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ImportError:  # a package above it is missing
        return False
