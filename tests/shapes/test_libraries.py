"""Requests as the HTTP libraries of several languages write them are all understood."""

from __future__ import annotations

import json

import pytest

from harness.servers import Keys, Server
from tests.contract import pictures
from tests.shapes.sending import Shape, answer

PICTURE = pictures.portrait()
JSON = json.dumps({"image": {"bytes": pictures.in_base64(PICTURE)}, "mask": False}).encode()
DETECT = "POST /v2.0/appkeys/{appKey}/faces/detect HTTP/1.1"


def part(boundary: str, headers: str, content: bytes) -> bytes:
    lines = "".join(f"{line.strip()}\r\n" for line in headers.strip().splitlines())
    return f"--{boundary}\r\n{lines}\r\n".encode() + content + b"\r\n"


def form(boundary: str, file: str, field: str) -> bytes:
    """A file and `mask=false`, under these headers."""
    return part(boundary, file, PICTURE) + part(boundary, field, b"false") + f"--{boundary}--\r\n".encode()


SHAPES = {
    "curl, form": Shape(
        f"""{DETECT}
        Host: 127.0.0.1:{{port}}
        User-Agent: curl/8.5.0
        Accept: */*
        Authorization: {{secretKey}}
        Content-Type: multipart/form-data; boundary=------------------------d74496d66958873e
        Expect: 100-continue""",
        form(
            "------------------------d74496d66958873e",
            """Content-Disposition: form-data; name="imageFile"; filename="face.jpg"
            Content-Type: image/jpeg""",
            'Content-Disposition: form-data; name="mask"',
        ),
    ),
    "Java HttpClient": Shape(
        f"""{DETECT}
        Connection: Upgrade, HTTP2-Settings
        Host: 127.0.0.1:{{port}}
        HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA
        Upgrade: h2c
        User-Agent: Java-http-client/17.0.15
        Authorization: {{secretKey}}
        Content-Type: application/json""",
        JSON,
    ),
    "Spring RestClient": Shape(
        f"""{DETECT}
        Connection: Upgrade, HTTP2-Settings
        Host: 127.0.0.1:{{port}}
        HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA
        Upgrade: h2c
        User-Agent: Java-http-client/21.0.4
        Accept: application/json, application/*+json
        Authorization: {{secretKey}}
        Content-Type: application/json""",
        JSON,
        chunked=True,
    ),
    "Spring RestTemplate, form": Shape(
        f"""{DETECT}
        Accept: application/json, application/*+json
        Authorization: {{secretKey}}
        Content-Type: multipart/form-data;boundary=zsYQ2y0y1cV8wTR8uHqNqQkMvS_p-bN1w
        User-Agent: Java/17.0.15
        Host: 127.0.0.1:{{port}}
        Connection: keep-alive""",
        form(
            "zsYQ2y0y1cV8wTR8uHqNqQkMvS_p-bN1w",
            f"""Content-Disposition: form-data; name="imageFile"; filename="face.jpg"
            Content-Type: image/jpeg
            Content-Length: {len(PICTURE)}""",
            """Content-Disposition: form-data; name="mask"
            Content-Type: text/plain;charset=UTF-8
            Content-Length: 5""",
        ),
    ),
    "OkHttp, form": Shape(
        f"""{DETECT}
        Authorization: {{secretKey}}
        Content-Type: multipart/form-data; boundary=0e8f3a51-5f2c-4b6e-9b8f-6f5c2f1d7a30
        Host: 127.0.0.1:{{port}}
        Connection: Keep-Alive
        Accept-Encoding: gzip
        User-Agent: okhttp/4.12.0""",
        form(
            "0e8f3a51-5f2c-4b6e-9b8f-6f5c2f1d7a30",
            f"""Content-Disposition: form-data; name="imageFile"; filename="face.jpg"
            Content-Type: image/jpeg
            Content-Length: {len(PICTURE)}""",
            """Content-Disposition: form-data; name="mask"
            Content-Length: 5""",
        ),
    ),
    "OkHttp, JSON": Shape(
        f"""{DETECT}
        Authorization: {{secretKey}}
        Content-Type: application/json; charset=utf-8
        Host: 127.0.0.1:{{port}}
        Connection: Keep-Alive
        Accept-Encoding: gzip
        User-Agent: okhttp/4.12.0""",
        JSON,
    ),
    ".NET HttpClient, form": Shape(
        f"""{DETECT}
        Host: 127.0.0.1:{{port}}
        Authorization: {{secretKey}}
        Content-Type: multipart/form-data; boundary="5f7d2c6e-8a35-4a1b-8f0e-3f4f5b6a7c8d"
        """,
        form(
            "5f7d2c6e-8a35-4a1b-8f0e-3f4f5b6a7c8d",
            """Content-Type: image/jpeg
            Content-Disposition: form-data; name=imageFile; filename=face.jpg; filename*=utf-8''face.jpg""",
            """Content-Type: text/plain; charset=utf-8
            Content-Disposition: form-data; name=mask""",
        ),
    ),
    ".NET JsonContent": Shape(
        f"""{DETECT}
        Host: 127.0.0.1:{{port}}
        Authorization: {{secretKey}}
        Content-Type: application/json; charset=utf-8""",
        JSON,
        chunked=True,
    ),
    ".NET StringContent with a byte order mark": Shape(
        f"""{DETECT}
        Host: 127.0.0.1:{{port}}
        Authorization: {{secretKey}}
        Content-Type: application/json; charset=utf-8""",
        b"\xef\xbb\xbf" + JSON,
    ),
    "PHP Guzzle, form": Shape(
        f"""{DETECT}
        Host: 127.0.0.1:{{port}}
        User-Agent: GuzzleHttp/7
        Authorization: {{secretKey}}
        Expect: 100-Continue
        Content-Type: multipart/form-data; boundary=b36a9c6e0a9f4d0fb8d1c4f5c3d5a2e1f7a0b9c8""",
        form(
            "b36a9c6e0a9f4d0fb8d1c4f5c3d5a2e1f7a0b9c8",
            f"""Content-Disposition: form-data; name="imageFile"; filename="face.jpg"
            Content-Length: {len(PICTURE)}
            Content-Type: image/jpeg""",
            """Content-Disposition: form-data; name="mask"
            Content-Length: 5""",
        ),
    ),
    "PHP curl, JSON": Shape(
        f"""{DETECT}
        Host: 127.0.0.1:{{port}}
        Accept: */*
        Authorization: {{secretKey}}
        Content-Type: application/json""",
        JSON,
    ),
    "axios, form": Shape(
        f"""{DETECT}
        Accept: application/json, text/plain, */*
        Content-Type: multipart/form-data; boundary=--------------------------515890814546601021194782
        Authorization: {{secretKey}}
        User-Agent: axios/1.7.7
        Accept-Encoding: gzip, compress, deflate, br
        Host: 127.0.0.1:{{port}}
        Connection: keep-alive""",
        form(
            "--------------------------515890814546601021194782",
            """Content-Disposition: form-data; name="imageFile"; filename="face.jpg"
            Content-Type: image/jpeg""",
            'Content-Disposition: form-data; name="mask"',
        ),
        chunked=True,
    ),
    "axios, JSON": Shape(
        f"""{DETECT}
        Accept: application/json, text/plain, */*
        Content-Type: application/json
        Authorization: {{secretKey}}
        User-Agent: axios/1.7.7
        Accept-Encoding: gzip, compress, deflate, br
        Host: 127.0.0.1:{{port}}
        Connection: keep-alive""",
        JSON,
    ),
    "fetch of Node, form": Shape(
        f"""{DETECT}
        host: 127.0.0.1:{{port}}
        connection: keep-alive
        authorization: {{secretKey}}
        content-type: multipart/form-data; boundary=----formdata-undici-046353014093
        accept: */*
        accept-language: *
        sec-fetch-mode: cors
        user-agent: node
        accept-encoding: gzip, deflate""",
        form(
            "----formdata-undici-046353014093",
            """Content-Disposition: form-data; name="imageFile"; filename="face.jpg"
            Content-Type: image/jpeg""",
            'Content-Disposition: form-data; name="mask"',
        ),
    ),
    "Python requests, form": Shape(
        f"""{DETECT}
        Host: 127.0.0.1:{{port}}
        User-Agent: python-requests/2.32.3
        Accept-Encoding: gzip, deflate
        Accept: */*
        Connection: keep-alive
        Authorization: {{secretKey}}
        Content-Type: multipart/form-data; boundary=0f24f0d0b86f4c1c9d25d3a8ce5bd1b0""",
        form(
            "0f24f0d0b86f4c1c9d25d3a8ce5bd1b0",
            'Content-Disposition: form-data; name="imageFile"; filename="face.jpg"',
            'Content-Disposition: form-data; name="mask"',
        ),
    ),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_request_is_understood_as_the_library_writes_it(shape: Shape, server: Server, keys: Keys) -> None:
    status, body = answer(server.port, shape, appKey=keys.appKey, secretKey=keys.secretKey)
    assert status == 200
    assert body["header"] == {"isSuccessful": True, "resultCode": 0, "resultMessage": "Success"}
    [face] = body["data"]["faceDetails"]
    assert "mask" not in face
