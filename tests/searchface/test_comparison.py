"""Two pictures are compared without any collection: their largest faces, on a scale from 0 to 1."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract import pictures

from .client import SearchFaceClient
from .errors import assert_error

NO_FACE = "No face of at least 60 x 60 pixels was found in the image."
NOWHERE = {"isAvailable": False, "boundingBox": {"Width": 0, "Height": 0, "Left": 0, "Top": 0}, "confidence": 0}


def compared(client: SearchFaceClient, origin: bytes, target: bytes) -> tuple[dict[str, Any], str]:
    """The result, and what the detail header says."""
    ask = client.ask("compare_faces").put("originFace", pictures.in_base64(origin))
    response = ask.put("targetFace", pictures.in_base64(target)).send(client.server)
    assert response.status_code == 200
    return response.json()["result"], response.headers.get("X-Error-Detail", "")


def test_two_pictures_of_one_person_match(client: SearchFaceClient) -> None:
    result, detail = compared(client, pictures.portrait(1), pictures.selfie(1))
    assert result["similarity"]["threshold"] == 0.8
    assert 0.9 <= result["similarity"]["score"] <= 1
    assert result["similarity"]["isMatch"] is True
    assert detail == ""


def test_pictures_of_two_people_do_not(client: SearchFaceClient) -> None:
    result, _ = compared(client, pictures.portrait(1), pictures.portrait(2))
    assert 0 <= result["similarity"]["score"] < 0.8
    assert result["similarity"]["isMatch"] is False


def test_the_score_is_a_hundredth_of_the_similarity_elsewhere(client: SearchFaceClient) -> None:
    one, other = pictures.portrait(1), pictures.selfie(1)
    images = {"sourceImage": one, "targetImage": other}
    body = {name: {"bytes": pictures.in_base64(picture)} for name, picture in images.items()}
    [match] = client.v2("POST", "/faces/compare", json=body)["matchedFaceDetails"]
    result, _ = compared(client, one, other)
    assert result["similarity"]["score"] * 100 == pytest.approx(match["similarity"])
    box, face = match["faceDetail"]["bbox"], result["targetFace"]
    assert face["boundingBox"]["Left"] == box["x0"]
    assert face["boundingBox"]["Top"] == box["y0"]
    assert face["boundingBox"]["Width"] == pytest.approx(box["x1"] - box["x0"])
    assert face["boundingBox"]["Height"] == pytest.approx(box["y1"] - box["y0"])
    assert face["confidence"] * 100 == pytest.approx(match["faceDetail"]["confidence"])


@pytest.mark.parametrize("picture", ["face", "targetFace"])
def test_a_picture_without_a_face_is_none_that_is_available(picture: str, client: SearchFaceClient) -> None:
    both = (
        [pictures.blank(), pictures.portrait()] if picture == "face" else [pictures.portrait(), pictures.blank()]
    )
    result, detail = compared(client, *both)
    assert result[picture] == NOWHERE
    assert result["similarity"] == {"score": 0, "threshold": 0.8, "isMatch": False}
    assert detail == f"{'Source' if picture == 'face' else 'Target'} image: {NO_FACE}"


def test_a_callback_is_not_called_and_no_error(client: SearchFaceClient) -> None:
    client.answer(client.ask("compare_faces").put("callbackUrl", "http://127.0.0.1:1/never"))


@pytest.mark.parametrize("name", ["originFace", "targetFace"])
@pytest.mark.parametrize("value", [None, "", 7, ["a"]], ids=str)
def test_both_pictures_are_required(name: str, value: object, client: SearchFaceClient) -> None:
    assert_error(client.ask("compare_faces").put(name, value).send(client.server), "compare_faces", 6032)


def test_the_reason_says_which_picture_is_wrong(client: SearchFaceClient) -> None:
    response = client.ask("compare_faces").put("targetFace", "!").send(client.server)
    assert_error(response, "compare_faces", 6037)
    assert response.headers["X-Error-Detail"].startswith("Target image: ")
