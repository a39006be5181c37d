"""The connection data of both clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict
from urllib.parse import quote

import httpx

from visavis_client.calls import Call
from visavis_client.checks import require_base_url, require_key
from visavis_client.tokens import AccessKey, TokenAuth

_TOKEN_PATH = "/oauth2/token/create"  # noqa: S105 - a path


class HttpOptions(TypedDict):
    """Arguments for `httpx.Client` and `httpx.AsyncClient`."""

    base_url: str
    headers: dict[str, str]
    timeout: httpx.Timeout
    auth: httpx.Auth | None


@dataclass(frozen=True, slots=True)
class Connection:
    """The URL of the server, the keys of the app, and the timeout."""

    base_url: str
    app_key: str
    secret_key: str | None
    api_key: str | None
    timeout: float
    access_key: AccessKey | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a URL or a key that cannot be right."""
        require_base_url(self.base_url)
        if (self.secret_key is None) == (self.access_key is None):
            raise ValueError("give a secret_key, for v2.0, or an access_key, for v2.1")
        keys = {"app_key": self.app_key, "secret_key": self.secret_key, "api_key": self.api_key}
        if self.access_key is not None:
            keys |= {"access_key.id": self.access_key.id, "access_key.secret": self.access_key.secret}
        for name, key in keys.items():
            if key is not None:
                require_key(name, key)

    def __repr__(self) -> str:
        return f"Connection({self.base_url!r})"

    def http_options(self) -> HttpOptions:
        headers, auth, version = {}, None, "v2.0"
        base_url = self.base_url.rstrip("/")
        if self.secret_key is not None:
            headers["Authorization"] = self.secret_key
        if self.access_key is not None:
            token_url = self.access_key.token_url or f"{base_url}{_TOKEN_PATH}"
            auth, version = TokenAuth(self.access_key, token_url), "v2.1"
        if self.api_key is not None:
            headers["x-nhn-apikey"] = self.api_key
        url = f"{base_url}/{version}/appkeys/{quote(self.app_key, safe='')}"
        return {"base_url": url, "headers": headers, "timeout": httpx.Timeout(self.timeout), "auth": auth}


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
