"""Folders of real pictures of people who do not exist."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.conftest import OpenPeoplePicture

PICTURES: dict[str, tuple[str, ...]] = {
    "P001": ("studio_portrait", "amateur_selfie"),
    "P002": ("studio_portrait", "amateur_selfie"),
    "P003": ("studio_portrait",),
}


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory, openpeople_picture: OpenPeoplePicture) -> Path:
    """Three people: two with two pictures, one with one and two files that show no face."""
    folder = tmp_path_factory.mktemp("people")
    for name, kinds in PICTURES.items():
        (folder / name).mkdir()
        for number, kind in enumerate(kinds):
            (folder / name / f"{number}.jpg").write_bytes(openpeople_picture(name, kind))
    (folder / "P003" / "1.jpg").write_bytes(wall())
    (folder / "P003" / "2.jpg").write_bytes(b"no picture at all")
    (folder / "P003" / "notes.txt").write_text("not looked at")
    return folder


def wall() -> bytes:
    """A picture without a face, JPEG."""
    noise = np.random.default_rng(0).integers(90, 160, (300, 400, 3)).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", cv2.GaussianBlur(noise, (0, 0), 5))[1])
