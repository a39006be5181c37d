"""Serves the OpenAPI documents and the pages that show them. Nothing is loaded from other servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Reference:
    """An API that has a document and a page: `/openapi/{name}.json` and `/docs/{name}`."""

    name: str
    title: str
    document: Mapping[str, object]


def documentation(dialects: Sequence[Dialect], home: str = "docs", further: Sequence[Reference] = ()) -> APIRouter:
    """The routes `/openapi/{name}.json`, `/docs/{name}`, `/docs` and their files, without credentials.

    There is a document for each dialect and for each of `further`.

    `/` redirects to `home`, for people who open the server in a browser.
    """
    router = APIRouter()

    def serve(path: str, response: Callable[[], Response]) -> None:
        async def endpoint() -> Response:
            return response()

        router.add_api_route(path, endpoint, response_model=None)

    references = [*(Reference(each.name, each.title, document(each)) for each in dialects), *further]
    for reference in references:
        described = json.dumps(reference.document).encode()
        main = f'<main id="reference" data-document="../openapi/{reference.name}.json"></main>'
        page = _page(reference.title, main, assets="assets")
        serve(f"/openapi/{reference.name}.json", partial(Response, described, headers=_SECURITY, media_type=_JSON))
        serve(f"/docs/{reference.name}", partial(HTMLResponse, page, headers=_SECURITY))
    front = _page("API reference · Visavis", _list(references), assets="docs/assets")
    serve("/docs", partial(HTMLResponse, front, headers=_SECURITY))
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


def _list(references: Iterable[Reference]) -> str:
    items = [
        f'<li><a href="docs/{reference.name}">{escape(reference.title)}</a>'
        f'<a href="openapi/{reference.name}.json" class="document" '
        f'aria-label="OpenAPI: {escape(reference.title)}">OpenAPI</a></li>'
        for reference in references
    ]
    lead = "Every API of this server: its operations, to be read and tried, and its OpenAPI document."
    return f"<main class='list'><h1>API reference</h1><p>{lead}</p><ul>{''.join(items)}</ul></main>"


def _assets() -> list[Path]:
    ours = Path(__file__).parent / "static"
    theirs = Path(str(distribution(_SWAGGER_UI).locate_file("fastapi_swagger/resources")))
    return [
        ours / "page.css",
        ours / "page.js",
        theirs / "swagger-ui.css",
        theirs / "swagger-ui-bundle.js",
    ]
