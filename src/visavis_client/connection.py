"""The connection data of both clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict
from urllib.parse import quote

import httpx

from visavis_client.calls import Call
from visavis_client.checks import require_base_url, require_key


class HttpOptions(TypedDict):
    """Arguments for `httpx.Client` and `httpx.AsyncClient`."""

    base_url: str
    headers: dict[str, str]
    timeout: httpx.Timeout


@dataclass(frozen=True, slots=True)
class Connection:
    """The URL of the server, the keys of the app, and the timeout."""

    base_url: str
    app_key: str
    secret_key: str
    api_key: str | None
    timeout: float

    def __post_init__(self) -> None:
        """Raises ValueError for a URL or a key that cannot be right."""
        require_base_url(self.base_url)
        require_key("app_key", self.app_key)
        require_key("secret_key", self.secret_key)
        if self.api_key is not None:
            require_key("api_key", self.api_key)

    def __repr__(self) -> str:
        return f"Connection({self.base_url!r})"

    def http_options(self) -> HttpOptions:
        headers = {"Authorization": self.secret_key}
        if self.api_key is not None:
            headers["x-nhn-apikey"] = self.api_key
        url = f"{self.base_url.rstrip('/')}/v2.0/appkeys/{quote(self.app_key, safe='')}"
        return {"base_url": url, "headers": headers, "timeout": httpx.Timeout(self.timeout)}


def arguments(call: Call[Any]) -> dict[str, Any]:
    """The arguments of `request` for a call."""
    files = {name: ("image", data, "application/octet-stream") for name, data in (call.files or {}).items()}
    return {
        "method": call.method,
        "url": call.path,
        "params": call.params or None,
        "json": call.json,
        "data": call.form,
        "files": files or None,
    }
