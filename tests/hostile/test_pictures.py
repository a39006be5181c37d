"""Hostile pictures end as documented, in bounded memory: in the decoder, and at a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from harness.servers import Keys, Server, running_server
from visavis.errors import ErrorCode, ServiceError
from visavis.vision.decode import decode

from .corpus import Hostile, corpus

CODES: Final = {
    None: {0},
    ErrorCode.BROKEN_IMAGE: {-45080},
    ErrorCode.NOT_AN_IMAGE: {-45080},
    ErrorCode.UNSUPPORTED_IMAGE_FORMAT: {-45040},
    ErrorCode.IMAGE_TOO_LARGE: {-45020},
    ErrorCode.IMAGE_TOO_SMALL: {-40000},
}
MAX_MEGABYTES_A_PICTURE: Final = 1_200
"""More than the worst of them takes: 49 megapixels of 64 bits, in several copies for a moment."""


@pytest.fixture(scope="module")
def pictures() -> list[Hostile]:
    return list(corpus())


def test_there_are_hundreds_of_them(pictures: list[Hostile]) -> None:
    assert len({each.name for each in pictures}) == len(pictures) == 667


def test_every_hostile_picture_is_read_or_refused_as_it_should(pictures: list[Hostile]) -> None:
    wrong = [(each.name, code) for each in pictures if (code := outcome(each.data)) not in each.outcomes]
    assert wrong == []


def outcome(data: bytes) -> ErrorCode | None:
    """As a detection looks at a picture: first coarsely."""
    try:
        decode(data, lambda size: min(1.0, 640 / max(size.width, size.height)))
    except ServiceError as error:
        return error.code
    return None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("hostile"), {"LOG_LEVEL": "debug"}) as server:
        yield server


@pytest.fixture(scope="module")
def keys(server: Server) -> Keys:
    return server.create_app("victim")


def test_a_server_answers_them_all_as_documented_and_stays_small(
    server: Server, keys: Keys, pictures: list[Hostile]
) -> None:
    bombs = [each for each in pictures if each.name.startswith(("png of", "progressive jpeg of"))][-12:]
    sample = [*pictures[::7], *bombs]
    with server.v2(keys) as client:
        client.post("/faces/detect", files={"imageFile": pictures[-1].data})  # networks take what they take
        before = peak_megabytes(server.process.pid)
        for each in sample:
            response = client.post("/faces/detect", files={"imageFile": each.data})
            assert response.status_code == 200, each.name
            header = response.json()["header"]
            if len(each.data) > 3_000_000:
                assert header["resultCode"] == -45020, each.name
                continue
            allowed = set().union(*(CODES[code] for code in each.outcomes))
            assert header["resultCode"] in allowed, (each.name, header)
            assert header["isSuccessful"] or 0 < len(response.headers["X-Error-Detail"]) <= 200
        assert peak_megabytes(server.process.pid) - before < MAX_MEGABYTES_A_PICTURE
        assert client.get("/groups", params={"limit": 1}).json()["header"]["isSuccessful"]
    assert "Traceback" not in server.log.read_text()


def peak_megabytes(pid: int) -> float:
    """The most memory that the process ever had."""
    [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kilobytes) / 1000
