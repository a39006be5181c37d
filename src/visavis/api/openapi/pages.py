"""Serves the OpenAPI documents and the pages that show them. Nothing is loaded from other servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from html import escape
from importlib.metadata import distribution, version
from pathlib import Path
from string import Template

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from visavis import __version__
from visavis.api.dialect import Dialect
from visavis.api.openapi.document import document

_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="$assets/swagger-ui.css?$version">
<link rel="stylesheet" href="$assets/page.css?$version">
<script defer src="$assets/swagger-ui-bundle.js?$version"></script>
<script defer src="$assets/page.js?$version"></script>
<body>$body</body>
</html>
""")

_CACHED = {"Cache-Control": "public, max-age=86400"}
_JSON = "application/json"

_SWAGGER_UI = "fastapi-swagger"
"""The package with Swagger UI's files. Its code is never imported (decision 0012)."""


def documentation(dialects: Sequence[Dialect], home: str = "docs") -> APIRouter:
    """The routes `/openapi/{dialect}.json`, `/docs/{dialect}`, `/docs` and their files, without credentials.

    `/` redirects to `home`, for people who open the server in a browser.
    """
    router = APIRouter()

    def serve(path: str, response: Callable[[], Response]) -> None:
        async def endpoint() -> Response:
            return response()

        router.add_api_route(path, endpoint, response_model=None)

    for dialect in dialects:
        described = json.dumps(document(dialect)).encode()
        reference = f'<main id="reference" data-document="../openapi/{dialect.name}.json"></main>'
        page = _page(dialect.title, reference, assets="assets")
        serve(f"/openapi/{dialect.name}.json", partial(Response, described, headers=_SECURITY, media_type=_JSON))
        serve(f"/docs/{dialect.name}", partial(HTMLResponse, page, headers=_SECURITY))
    serve(
        "/docs", partial(HTMLResponse, _page("Visavis", _list(dialects), assets="docs/assets"), headers=_SECURITY)
    )
    serve("/", partial(RedirectResponse, home))
    if home.endswith("/"):  # without this, the path without its slash would be unknown
        serve(f"/{home.removesuffix('/')}", partial(RedirectResponse, home))
    for asset in _assets():
        serve(f"/docs/assets/{asset.name}", partial(FileResponse, asset, headers=_SECURITY | _CACHED))
    return router


def _page(title: str, body: str, *, assets: str) -> str:
    return _PAGE.substitute(
        title=escape(title), body=body, assets=assets, version=f"{__version__}-{version(_SWAGGER_UI)}"
    )


def _list(dialects: Iterable[Dialect]) -> str:
    items = [
        f'<li><a href="docs/{dialect.name}">{escape(dialect.title)}</a> '
        f'(<a href="openapi/{dialect.name}.json">OpenAPI</a>)</li>'
        for dialect in dialects
    ]
    return f"<main><h1>Visavis</h1><ul>{''.join(items)}</ul></main>"


def _assets() -> list[Path]:
    ours = Path(__file__).parent / "static"
    theirs = Path(str(distribution(_SWAGGER_UI).locate_file("fastapi_swagger/resources")))
    return [
        ours / "page.css",
        ours / "page.js",
        theirs / "swagger-ui.css",
        theirs / "swagger-ui-bundle.js",
    ]
