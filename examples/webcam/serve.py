"""A page that takes a picture with the webcam and verifies who is in front of it.

The browser talks to this script, and this script to Visavis: the keys stay here. Keys and addresses come from the
environment, see examples/README.md. Needs nothing but Python and `visavis_client`.
"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from visavis_client import Client, GroupNotFound, ImageError, InvalidParameter, Spoofing, VisavisError

THRESHOLD = 90
"""One stranger in 10,000 reaches it. Take 96 or 99 where a mistake costs more than a second attempt."""
FACES_TRIED = 5
"""Registered pictures of a person, the newest."""
MAX_BYTES = 3_000_000

PAGES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def verify(client: Client, group: str, name: str, picture: bytes) -> dict[str, object]:
    """What the page is told: whether this is the person, or what is wrong with the picture.

    A name that nobody has is answered like a face that is not theirs: nobody learns who is registered.
    """
    try:
        faces = list(islice(client.faces(group, external_image_id=name), FACES_TRIED))
        [*seen] = client.detect(picture, spoofing=Spoofing.BALANCED)
        if not seen:
            return {"problem": "No face was found. Come closer, and look into the camera."}
        if seen[0].spoofing:
            return {"problem": "This looks like a picture of a face. Try again in better light."}
        similarities = [client.verify(group, face.face_id, picture).similarity for face in faces]
    except (ImageError, InvalidParameter):
        return {"problem": "The picture or the name could not be used."}
    return {"verified": max(similarities, default=0.0) >= THRESHOLD}


class Handler(BaseHTTPRequestHandler):
    """The three files of the page, and one operation."""

    def __init__(self, client: Client, group: str, *arguments: object) -> None:
        self._client = client
        self._group = group
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Send a file of the page."""
        file, kind = PAGES.get(self.path, (None, ""))
        if file is None:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"Not here.")
        else:
            self._answer(HTTPStatus.OK, kind, Path(__file__).with_name(file).read_bytes())

    def do_POST(self) -> None:
        """Verify the picture that was sent.

        Pages of other sites cannot send this type without asking first, and are not allowed to.
        """
        url = urlsplit(self.path)
        [name] = parse_qs(url.query).get("name", [""])[:1]
        length = self.headers.get("Content-Length", "")
        if url.path != "/verify" or self.headers.get("Content-Type") != "image/jpeg":
            return self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"Not here.")
        if not length.isdecimal() or not 0 < int(length) <= MAX_BYTES or not name:
            return self._answer(HTTPStatus.BAD_REQUEST, "text/plain", b"A name and a picture are needed.")
        try:
            told = verify(self._client, self._group, name, self.rfile.read(int(length)))
        except VisavisError as error:
            print(error, file=sys.stderr)
            return self._answer(HTTPStatus.BAD_GATEWAY, "text/plain", b"The face server cannot be asked now.")
        return self._answer(HTTPStatus.OK, "application/json", json.dumps(told).encode())

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for header, value in HEADERS.items():
            self.send_header(header, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve the page on this machine alone."""
    group, port = os.environ["VISAVIS_GROUP"], int(os.environ.get("PORT", "8080"))
    url = os.environ.get("VISAVIS_URL", "http://127.0.0.1:8000")
    with Client(url, os.environ["VISAVIS_APP_KEY"], os.environ["VISAVIS_SECRET_KEY"]) as client:
        try:
            client.group(group)
        except GroupNotFound:
            sys.exit(f"There is no group {group!r}.")
        with ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, client, group)) as server:
            print(f"http://127.0.0.1:{server.server_port}", flush=True)
            server.serve_forever()


if __name__ == "__main__":
    main()
