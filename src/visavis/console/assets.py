"""Styles, scripts, icons and samples, under a path with their version, so that browsers may cache them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from visavis.console.refusals import Refused

_HOME = Path(__file__).parent
_FOLDERS = (_HOME / "static", _HOME.parent / "assets")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".jpg": "image/jpeg", ".svg": "image/svg+xml"}
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


class Assets:
    """The static files. Scripts import each other by relative paths, and so always have the same version."""

    def __init__(self) -> None:
        paths = sorted(path for folder in _FOLDERS for path in folder.iterdir() if path.suffix in _TYPES)
        self._files = {path.name: path for path in paths}
        whole = hashlib.sha256()
        for path in self._files.values():
            whole.update(path.name.encode() + b"\0" + path.read_bytes())
        self.version = whole.hexdigest()[:16]

    def path(self, name: str) -> str:
        """The path of a file below that of the console. Raises KeyError if there is none of this name."""
        return f"/static/{self.version}/{self._files[name].name}"

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/static/{version}/{name}", include_in_schema=False)
        async def asset(version: str, name: str) -> FileResponse:
            path = self._files.get(name)
            if path is None or version != self.version:
                raise Refused(404)
            return FileResponse(path, headers=_FOR_GOOD, media_type=_TYPES[path.suffix])

        return router
