"""Every path that a server answers is written about, apart from what pages fetch by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fastapi import APIRouter, FastAPI
from pydantic import SecretStr
from starlette.routing import BaseRoute, Mount

from visavis.app import DIALECTS, create_app
from visavis.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md"))


def paths(routes: list[BaseRoute], prefix: str = "") -> Iterator[str]:
    """Of this application and of those mounted in it, dialects aside: `tests/unit/test_docs.py` has them."""
    for route in routes:
        if isinstance(included := getattr(route, "original_router", None), APIRouter):
            yield from paths(included.routes, prefix)
        elif isinstance(route, Mount):
            if isinstance(route.app, FastAPI) and route.path not in {dialect.prefix for dialect in DIALECTS}:
                yield from paths(route.app.routes, route.path)
        else:
            yield f"{prefix}{getattr(route, 'path', '')}".replace(":path}", "}")


def test_every_path_is_named_on_a_page(tmp_path: Path) -> None:
    token = SecretStr("a token that is long enough")
    app = create_app(Settings(data_dir=tmp_path / "data", metrics_token=token, admin_token=token))
    found = {path for path in paths(app.routes) if not path.startswith(("/console/", "/docs/assets"))}
    assert {"/livez", "/readyz", "/metrics", "/docs", "/console", "/admin/apps"} <= found
    nameless = {path for path in found - {"/"} if not re.search(rf"{re.escape(path)}(?![\w/{{-])", TEXT)}
    described = {path for path in nameless if re.match(r"/(?:docs|openapi)/", path)}  # by index.md, all together
    assert nameless - described == set()
    assert len(described) <= 2 * len(DIALECTS)
