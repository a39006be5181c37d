"""Opens tracing if it is configured. Its packages are an extra, and slow to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import HttpUrl

from visavis.errors import SetupError

if TYPE_CHECKING:
    from visavis.web.tracing import Tracing


def open_tracing(endpoint: HttpUrl | None) -> Tracing | None:
    """Open tracing; None without an endpoint. Raises SetupError if its packages are not installed."""
    if endpoint is None:
        return None
    try:
        from visavis.web.tracing import Tracing  # noqa: PLC0415 - see above
    except ImportError as error:
        raise SetupError(
            "VISAVIS_TRACING_ENDPOINT is set, but the packages for tracing are not installed: "
            "pip install 'visavis[tracing]'."
        ) from error
    return Tracing(str(endpoint))
