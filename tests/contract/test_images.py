"""Pictures that cannot be used, wherever they come from, and those at the edge that can."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from . import pictures
from .answers import assert_error, assert_success
from .picture_host import PictureHost
from .servers import Servers
from .session import Session
from .tables import IMAGE_OPERATIONS, Operation, Place

TOO_LARGE, BAD_FORMAT, BAD_URL, TIMEOUT, BAD_FILE = -45020, -45040, -45050, -45060, -45080
INVALID = -40000

FORM_OPERATIONS = [operation for operation in IMAGE_OPERATIONS if operation.files]

BAD_BASE64_TEXTS: dict[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "white space only": lambda _: " \n",
    "words": lambda _: "not base64!",
    "no padding": lambda _: "iVBORw0KGgo",
    "too much padding": lambda _: "AAAA====",
    "padding inside": lambda _: "AA==AAAA",
    "URL-safe alphabet": lambda _: "_-_-" * 100,
    "data URI": lambda text: f"data:image/jpeg;base64,{text}",
    "a letter beyond ASCII": lambda text: f"{text[:400]}\u00e9{text[401:]}",
    "full-width letters": lambda _: "\uff21\uff22\uff23\uff24" * 50,
    "white space beyond ASCII": lambda text: f"{text[:400]}\u00a0{text[400:]}",
    "percent-encoded": lambda text: text.replace("/", "%2F"),
    "stray byte": lambda text: f"{text[:400]}\x00{text[401:]}",
}

BAD_PICTURES: dict[str, tuple[Callable[[], bytes], int, int]] = {
    # name: picture, code in JSON and by URL, code as a file
    "words": (pictures.text, BAD_FORMAT, BAD_FILE),
    "GIF": (lambda: pictures.blank(kind="GIF"), BAD_FORMAT, BAD_FORMAT),
    "BMP": (lambda: pictures.blank(kind="BMP"), BAD_FORMAT, BAD_FORMAT),
    "TIFF": (lambda: pictures.blank(kind="TIFF"), BAD_FORMAT, BAD_FORMAT),
    "WebP": (lambda: pictures.blank(kind="WEBP"), BAD_FORMAT, BAD_FORMAT),
    "truncated JPEG": (lambda: pictures.truncated(pictures.portrait()), BAD_FORMAT, BAD_FILE),
    "truncated PNG": (
        lambda: pictures.truncated(pictures.as_png(pictures.portrait())),
        BAD_FORMAT,
        BAD_FILE,
    ),
    "JPEG signature alone": (lambda: b"\xff\xd8\xff", BAD_FORMAT, BAD_FILE),
    "PNG signature alone": (lambda: b"\x89PNG\r\n\x1a\n", BAD_FORMAT, BAD_FILE),
    "more than 50 megapixels": (lambda: pictures.huge(10_000, 5_001), TOO_LARGE, TOO_LARGE),
    "too narrow": (lambda: pictures.blank(79, 200), INVALID, INVALID),
    "too low": (lambda: pictures.blank(200, 79, "JPEG"), INVALID, INVALID),
    "one pixel": (lambda: pictures.blank(1, 1), INVALID, INVALID),
}


@pytest.mark.parametrize("operation", IMAGE_OPERATIONS, ids=str)
@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_picture_that_cannot_be_used_is_refused_in_json(
    operation: Operation, name: str, session: Session
) -> None:
    picture, code, _ = BAD_PICTURES[name]
    for which in range(len(operation.images)):
        call = session.call(operation).with_picture(picture(), which)
        assert_error(session.send(call), code, which)


@pytest.mark.parametrize("operation", FORM_OPERATIONS, ids=str)
@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_picture_that_cannot_be_used_is_refused_as_a_file(
    operation: Operation, name: str, session: Session
) -> None:
    picture, _, code = BAD_PICTURES[name]
    for which in range(len(operation.files)):
        call = session.call(operation, "form").with_picture(picture(), which)
        assert_error(session.send(call), code)


@pytest.mark.parametrize("operation", IMAGE_OPERATIONS, ids=str)
def test_a_picture_may_have_as_many_bytes_as_its_document_says_and_not_one_more(
    operation: Operation, session: Session
) -> None:
    limit = operation.dialect.max_image_bytes
    for body in operation.bodies:
        for which in range(len(operation.images)):
            call = session.call(operation, body).with_picture(pictures.padded(limit + 1), which)
            assert_error(session.send(call), TOO_LARGE, which)
        assert_success(session.send(call.with_picture(pictures.padded(limit), which)))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("text", BAD_FORMAT),
        ("gif", BAD_FORMAT),
        ("truncated", BAD_FORMAT),
        ("large", TOO_LARGE),
        ("tiny", INVALID),
        ("status/404", BAD_URL),
        ("status/500", BAD_URL),
        ("status/304", BAD_URL),
        ("silence", TIMEOUT),
    ],
)
def test_a_picture_by_url_is_refused_for_what_came_back(
    path: str, code: int, session: Session, host: PictureHost
) -> None:
    call = session.call("detect").with_image({"url": host.url(path)})
    assert_error(session.send(call), code)


@pytest.mark.parametrize("operation", IMAGE_OPERATIONS, ids=str)
@pytest.mark.parametrize("name", BAD_BASE64_TEXTS)
def test_bytes_that_are_no_base64_are_refused(operation: Operation, name: str, session: Session) -> None:
    text = BAD_BASE64_TEXTS[name](pictures.in_base64(pictures.portrait()))
    for which in range(len(operation.images)):
        call = session.call(operation).with_image({"bytes": text}, which)
        assert_error(session.send(call), operation.dialect.undecodable_base64, which)


BAD_URLS = {
    "empty": "",
    "words": "not a URL",
    "no scheme": "//127.0.0.1:{port}/portrait.jpg",
    "no host": "http:///portrait.jpg",
    "another scheme": "ftp://127.0.0.1:{port}/portrait.jpg",
    "a file": "file:///etc/hostname",
    "data": "data:image/png;base64,AAAA",
    "port below the range": "http://127.0.0.1:9999/portrait.jpg",
    "port above the range": "http://127.0.0.1:12001/portrait.jpg",
    "port 81": "http://127.0.0.1:81/portrait.jpg",
    "port 8080": "http://127.0.0.1:8080/portrait.jpg",
    "port 0": "http://127.0.0.1:0/portrait.jpg",
    "port too big for a port": "http://127.0.0.1:99999/portrait.jpg",
    "port a word": "http://127.0.0.1:http/portrait.jpg",
    "nobody there": "http://127.0.0.1:{closed}/portrait.jpg",
    "no such host": "http://no-such-host.invalid/portrait.jpg",
    "space in the host": "http://127.0.0.1 :{port}/portrait.jpg",
    "line end": "http://127.0.0.1:{port}/portrait.jpg\r\nX: y",
    "control character": "http://127.0.0.1:{port}/\x00",
    "unclosed bracket": "http://[::1/portrait.jpg",
    "redirect to a forbidden port": "http://127.0.0.1:{port}/to/http%3A%2F%2F127.0.0.1%3A9999%2Fa",
    "redirect to a file": "http://127.0.0.1:{port}/to/file%3A%2F%2F%2Fetc%2Fhostname",
    "redirect to itself": "http://127.0.0.1:{port}/loop",
    "too long a host": "http://" + "a" * 300 + ".example/portrait.jpg",
}


@pytest.mark.parametrize("name", BAD_URLS)
def test_a_url_that_leads_to_no_picture_is_refused(name: str, session: Session, host: PictureHost) -> None:
    url = BAD_URLS[name].replace("{port}", str(host.port)).replace("{closed}", str(host.closed_port))
    call = session.call("detect").with_image({"url": url})
    assert_error(session.send(call), BAD_URL)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/portrait.jpg",
        "http://localhost:{port}/portrait.jpg",
        "http://[::1]:{port}/portrait.jpg",
        "http://[::ffff:127.0.0.1]:{port}/portrait.jpg",
        "http://0.0.0.0:{port}/portrait.jpg",
        "http://2130706433:{port}/portrait.jpg",
        "http://0x7f.1:{port}/portrait.jpg",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/portrait.jpg",
        "http://192.168.0.1/portrait.jpg",
        "http://[fd00::1]/portrait.jpg",
        "http://[fe80::1]/portrait.jpg",
    ],
)
def test_a_url_inside_our_own_network_is_refused_unless_the_operator_allows_it(url: str, servers: Servers) -> None:
    call = servers.small.call("detect").with_image({"url": url.replace("{port}", str(servers.host.port))})
    assert_error(servers.small.send(call), BAD_URL)


@pytest.mark.parametrize("operation", IMAGE_OPERATIONS, ids=str)
def test_a_picture_by_url_is_as_good_as_one_by_value(
    operation: Operation, session: Session, host: PictureHost
) -> None:
    call = session.call(operation)
    for which in range(len(operation.images)):
        call = call.with_image({"url": host.url("portrait.jpg")}, which)
    assert_success(session.send(call))


def test_a_redirect_to_a_picture_is_followed(session: Session, host: PictureHost) -> None:
    target = host.url("portrait.jpg").replace("/", "%2F").replace(":", "%3A")
    call = session.call("detect").with_image({"url": host.url(f"to/{target}")})
    answer = session.send(call)
    assert_success(answer)
    assert answer.data["faceDetailCount"] == 1


@pytest.mark.parametrize(
    "picture",
    [
        lambda: pictures.blank(80, 80),
        lambda: pictures.blank(80, 80, "JPEG"),
        lambda: pictures.huge(10_000, 5_000),
        lambda: pictures.as_png(pictures.portrait()),
    ],
    ids=["80 x 80 PNG", "80 x 80 JPEG", "50 megapixels", "PNG"],
)
@pytest.mark.parametrize("body", ["json", "form"])
def test_a_picture_at_the_edge_is_accepted(picture: Callable[[], bytes], body: Place, session: Session) -> None:
    assert_success(session.send(session.call("detect", body).with_picture(picture())))


@pytest.mark.parametrize("operation", FORM_OPERATIONS, ids=str)
def test_an_empty_file_is_no_picture(operation: Operation, session: Session) -> None:
    assert_error(session.send(session.call(operation, "form").with_picture(b"")), BAD_FILE)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        (operation, body)
        for operation in IMAGE_OPERATIONS
        if operation.name in {"search_by_image", "verify", "compare"}
        for body in operation.bodies
    ],
    ids=str,
)
def test_a_probe_picture_without_a_face_is_refused_with_the_reason(
    operation: Operation, body: Place, session: Session
) -> None:
    answer = session.send(session.call(operation, body).with_picture(pictures.blank()))
    assert_error(answer, INVALID)
    assert "face" in answer.detail.lower()
    assert answer.detail.startswith("Source image: ") == (operation.name == "compare")


def test_a_face_below_sixty_pixels_is_not_reported(speaker: Session) -> None:
    answer = speaker.send(speaker.call("detect").with_picture(pictures.small_face()))
    assert answer.response.headers["X-Small-Faces"] == "1"
    assert_success(answer)
    assert answer.data["faceDetailCount"] == 0
