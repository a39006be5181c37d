"""v1 and Plus have the same paths; the header of the API key distinguishes them (contract.md, One gallery)."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from visavis.api.dialect import path_in_app
from visavis.api.nhn.v1 import V1

_V1_PATHS = [compile_path(operation.path)[0] for operation in V1.operations]


def v1_or_plus(v1: ASGIApp, plus: ASGIApp) -> ASGIApp:
    """An application that passes requests with an API key, or a path that v1 lacks, to `plus`; others to `v1`."""

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        path = path_in_app(scope)
        keyless = "x-nhn-apikey" not in Headers(scope=scope)
        speaks_v1 = keyless and any(pattern.match(path) for pattern in _V1_PATHS)
        await (v1 if speaks_v1 else plus)(scope, receive, send)

    return choose
