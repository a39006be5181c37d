"""A picture may be a path, bytes, an open file, a URL, a Pillow image or a NumPy array."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.conftest import OpenPeoplePicture
from tests.contract.picture_host import serving_pictures
from visavis_client import Client, Face, Image, InvalidImageFile


@pytest.fixture
def portrait(openpeople_picture: OpenPeoplePicture) -> bytes:
    return openpeople_picture("P001", "studio_portrait")


@pytest.fixture
def forms(portrait: bytes, tmp_path: Path) -> dict[str, Image]:
    path = tmp_path / "portrait.jpg"
    path.write_bytes(portrait)
    picture = PIL.Image.open(io.BytesIO(portrait))
    return {
        "text path": str(path),
        "path": path,
        "file": io.BytesIO(portrait),
        "bytearray": bytearray(portrait),
        "memoryview": memoryview(portrait),
        "Pillow": picture,
        "NumPy": np.asarray(picture.convert("RGB")),
    }


def centre(face: Face) -> tuple[float, float]:
    return (face.box.x0 + face.box.x1) / 2, (face.box.y0 + face.box.y1) / 2


def test_every_form_shows_the_same_face(client: Client, portrait: bytes, forms: dict[str, Image]) -> None:
    (expected,) = client.detect(portrait)
    for form, image in forms.items():
        (face,) = client.detect(image)
        assert centre(face) == pytest.approx(centre(expected), abs=0.01), form


def test_a_url_is_fetched_by_the_server(client: Client, portrait: bytes) -> None:
    with serving_pictures() as host:
        url = host.url("portrait.jpg")
        assert len(client.detect(url)) == 1
        assert len(client.compare(url, portrait).matched) == 1
        client.create_group("staff")
        (face,) = client.register("staff", url).added
        assert client.verify("staff", face.face_id, url).similarity == pytest.approx(100)


def test_a_phone_picture_keeps_its_orientation(client: Client, portrait: bytes) -> None:
    lying = PIL.Image.open(io.BytesIO(portrait)).rotate(90, expand=True)
    lying.getexif()[0x0112] = 6  # to be shown turned clockwise
    file = io.BytesIO()
    lying.save(file, "JPEG", exif=lying.getexif())
    (face,) = client.detect(PIL.Image.open(file))
    (expected,) = client.detect(portrait)
    assert centre(face) == pytest.approx(centre(expected), abs=0.02)


@pytest.mark.parametrize("wrong", [3, None, np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.float32)])
def test_what_is_no_picture_is_refused_before_it_is_sent(client: Client, wrong: object) -> None:
    with pytest.raises(TypeError, match="picture"):
        client.detect(wrong)  # type: ignore[arg-type]


def test_a_file_that_is_no_picture_is_refused_by_the_server(client: Client) -> None:
    with pytest.raises(InvalidImageFile) as refused:
        client.detect(b"not a picture")
    assert refused.value.code == -45080
    assert refused.value.detail


def test_pictures_have_a_type_where_neither_numpy_nor_pillow_is_installed() -> None:
    script = (
        "import sys, typing; sys.modules |= {'numpy': None, 'PIL': None};"
        "from visavis_client import Client, Image;"
        "print(typing.get_type_hints(Client.detect)['image'] == Image, bytearray in typing.get_args(Image))"
    )
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)  # noqa: S603
    assert ran.stdout.strip() == "True True"
