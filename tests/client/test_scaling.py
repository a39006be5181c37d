"""A client that was told to scales pictures down to the limits of the API, and leaves all others as they are."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest

from harness.servers import Keys, Server
from tests.conftest import OpenPeoplePicture
from visavis_client import Client, ImageTooLarge
from visavis_client.images import Link, source
from visavis_client.scaling import MAX_BYTES, MAX_PIXELS, scaling

scaled_down = scaling(on=True)


def encoded(picture: PIL.Image.Image, kind: str, orientation: int = 1) -> bytes:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    picture.save(file, kind, exif=exif, **({"quality": 100} if kind == "JPEG" else {}))
    return file.getvalue()


def noise(width: int, height: int) -> PIL.Image.Image:
    """A picture that nothing compresses well."""
    return PIL.Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8))


def opened(data: object) -> PIL.Image.Image:
    assert isinstance(data, bytes)
    assert len(data) <= MAX_BYTES
    return PIL.Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_file_of_too_many_bytes_becomes_one_of_fewer(kind: str) -> None:
    large = encoded(noise(3000, 2000), kind, orientation=6)
    assert len(large) > MAX_BYTES
    smaller = opened(scaled_down(large))
    assert smaller.format == "JPEG"
    assert smaller.getexif()[0x0112] == 6
    assert smaller.width / smaller.height == pytest.approx(1.5, abs=0.01)


def test_a_picture_of_too_many_pixels_becomes_one_of_fewer() -> None:
    large = encoded(PIL.Image.new("RGB", (9000, 6000)), "PNG")
    assert len(large) < MAX_BYTES
    smaller = opened(scaled_down(large))
    assert 0.5 * MAX_PIXELS < smaller.width * smaller.height <= MAX_PIXELS


def test_what_is_within_the_limits_is_sent_as_it_is(openpeople_picture: OpenPeoplePicture) -> None:
    portrait = openpeople_picture("P001", "studio_portrait")
    assert scaled_down(portrait) == portrait
    assert source(scaled_down("https://example.org/a.jpg")) == Link("https://example.org/a.jpg")


def test_a_large_picture_is_registered_only_by_a_client_that_scales(
    kind: type[Client], server: Server, keys: Keys, openpeople_picture: OpenPeoplePicture
) -> None:
    portrait = PIL.Image.open(io.BytesIO(openpeople_picture("P001", "studio_portrait"))).convert("RGB")
    scene = noise(2000, 2000)
    scene.paste(portrait.resize((1000, 1000 * portrait.height // portrait.width)), (100, 100))
    large = encoded(scene, "PNG")
    with kind(server.url, keys.appKey, keys.secretKey) as client:
        client.create_group("staff")
        with pytest.raises(ImageTooLarge):
            client.register("staff", large)
    with kind(server.url, keys.appKey, keys.secretKey, scale_down=True) as client:
        assert len(client.register("staff", large).added) == 1
