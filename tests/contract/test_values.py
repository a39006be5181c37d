"""What the values in answers mean: counts, fractions, scales, order, times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from . import pictures
from .answers import Answer, values_at
from .ground import Ground
from .scene import Scene, unique
from .tables import IMAGE_OPERATIONS, Operation

COUNTS = {
    "groupCount": "groups",
    "faceDetailCount": "faceDetails",
    "addedFaceCount": "addedFaces",
    "notAddedFaceCount": "notAddedFaces",
    "faceCount": "faces",
    "matchFaceCount": "matchFaces",
    "matchedFaceDetailCount": "matchedFaceDetails",
    "unmatchedFaceDetailCount": "unmatchedFaceDetails",
}


def _faces_of(data: Any) -> list[dict[str, Any]]:
    """Every object with a bounding box in an answer."""
    if isinstance(data, list):
        return [face for element in data for face in _faces_of(element)]
    if not isinstance(data, dict):
        return []
    below = [face for value in data.values() for face in _faces_of(value)]
    return [data, *below] if "bbox" in data else below


@pytest.mark.parametrize("name", ["list_groups", "list_faces", "search_by_face_id"])
def test_counts_of_listings_are_the_lengths_of_their_arrays(name: str, scene: Scene) -> None:
    _assert_counts(scene.send(scene.call(name)))


@pytest.mark.parametrize("operation", IMAGE_OPERATIONS, ids=str)
def test_answers_about_pictures_have_true_counts_boxes_inside_and_percentages(
    operation: Operation, scene: Scene
) -> None:
    last = len(operation.images) - 1
    answer = scene.send(scene.call(operation).with_picture(pictures.as_object(pictures.sheet()), last))
    _assert_counts(answer)
    faces = _faces_of(answer.data)
    assert faces
    for face in faces:
        box = face["bbox"]
        assert 0 <= box["x0"] < box["x1"] <= 1
        assert 0 <= box["y0"] < box["y1"] <= 1
        assert 1 < face["confidence"] <= 100


def test_confidence_is_a_fraction_where_the_operator_wants_it_so(ground: Ground) -> None:
    scene = ground.small
    for call in (scene.call("detect"), scene.call("list_faces").put("path", "group-id", ground.full_group)):
        faces = _faces_of(scene.send(call).data)
        assert faces
        assert all(0 < face["confidence"] <= 1 for face in faces)


def _assert_counts(answer: Answer) -> None:
    arrays = {count: array for count, array in COUNTS.items() if array in answer.data}
    for count, array in arrays.items():
        assert answer.data[count] == len(answer.data[array])


def test_a_face_has_five_landmarks_inside_its_box_left_before_right(scene: Scene) -> None:
    face = scene.send(scene.call("detect")).data["faceDetails"][0]
    points = {point["type"]: point for point in face["landmarks"]}
    assert len(face["landmarks"]) == 5
    assert points.keys() == {"leftEye", "rightEye", "nose", "leftLip", "rightLip"}
    box = face["bbox"]
    for point in points.values():
        assert box["x0"] < point["x"] < box["x1"]
        assert box["y0"] < point["y"] < box["y1"]
    assert points["leftEye"]["x"] < points["nose"]["x"] < points["rightEye"]["x"]
    assert points["leftLip"]["x"] < points["rightLip"]["x"]
    assert points["leftEye"]["y"] < points["nose"]["y"] < points["leftLip"]["y"]


def test_faces_are_reported_largest_first(scene: Scene) -> None:
    call = scene.call("detect").with_picture(pictures.as_object(pictures.sheet()))
    boxes = [face["bbox"] for face in scene.send(call).data["faceDetails"]]
    areas = [(box["x1"] - box["x0"]) * (box["y1"] - box["y0"]) for box in boxes]
    assert len(areas) == 16
    assert areas == sorted(areas, reverse=True)


def test_a_group_tells_when_it_was_made_in_utc_and_how_many_faces_it_has(scene: Scene) -> None:
    before = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    group = scene.new_group()
    after = datetime.now(UTC).replace(tzinfo=None)
    details = scene.call("group_details").put("path", "group-id", group)
    data = scene.send(details).data
    assert data["groupId"] == group
    assert data["faceCount"] == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", data["createTime"])
    assert before <= datetime.fromisoformat(data["createTime"]) <= after
    scene.registered(group, pictures.sheet(), limit=3)
    assert scene.send(details).data["faceCount"] == 3


def test_registered_faces_share_the_image_id_and_are_detailed_in_the_same_order(scene: Scene) -> None:
    call = scene.call("register").put("json", "limit", 4).put("json", "externalImageId", "sheet.jpg")
    data = scene.send(call.with_picture(pictures.as_object(pictures.sheet()))).data
    added = data["addedFaces"]
    assert data["addedFaceCount"] == 4
    assert data["addedFaceCount"] + data["notAddedFaceCount"] == 16
    assert len({face["imageId"] for face in added}) == 1
    assert len({face["faceId"] for face in added}) == 4
    assert {face["externalImageId"] for face in added} == {"sheet.jpg"}
    assert [face["bbox"] for face in added] == [face["bbox"] for face in data["addedFaceDetails"]]
    assert all(str(UUID(face["faceId"])) == face["faceId"] for face in added)


def test_a_listed_face_is_what_its_registration_said(scene: Scene) -> None:
    group = scene.new_group()
    call = scene.call("register").put("path", "group-id", group).put("json", "externalImageId", "a:b")
    added = scene.send(call).data["addedFaces"]
    listed = scene.send(scene.call("list_faces").put("path", "group-id", group)).data["faces"]
    assert listed == added


def test_faces_are_listed_newest_first(scene: Scene) -> None:
    group = scene.new_group()
    faces = [scene.registered(group, picture)[0] for picture in (pictures.portrait(1), pictures.portrait(2))]
    assert scene.face_ids(group) == faces[::-1]


def test_a_search_by_face_finds_the_other_picture_first_and_not_itself(scene: Scene) -> None:
    data = scene.send(scene.call("search_by_face_id").put("query", "threshold", "1")).data
    matches = data["matchFaces"]
    assert matches[0]["face"]["externalImageId"] == "selfie-1"
    assert scene.face not in [match["face"]["faceId"] for match in matches]
    _assert_ranked(matches, threshold=1)


@pytest.mark.parametrize("threshold", [1, 50, 90])
def test_a_search_by_image_ranks_by_similarity_down_to_the_threshold(threshold: int, scene: Scene) -> None:
    call = scene.call("search_by_image").put("json", "threshold", threshold)
    matches = scene.send(call).data["matchFaces"]
    assert matches[0]["face"]["externalImageId"] == "portrait-1"
    _assert_ranked(matches, threshold)


def test_a_search_answers_no_more_than_its_limit(scene: Scene) -> None:
    call = scene.call("search_by_image").put("json", "threshold", 1)
    assert scene.send(call).data["matchFaceCount"] > 1
    assert scene.send(call.put("json", "limit", 1)).data["matchFaceCount"] == 1


def _assert_ranked(matches: list[dict[str, Any]], threshold: int) -> None:
    similarities = [match["similarity"] for match in matches]
    assert similarities == sorted(similarities, reverse=True)
    assert all(threshold <= similarity <= 100 for similarity in similarities)


def test_a_comparison_splits_the_target_faces_at_the_threshold(scene: Scene) -> None:
    target = pictures.as_object(pictures.pair(1, 2))
    data = scene.send(scene.call("compare").with_picture(target, 1)).data
    assert data["matchedFaceDetailCount"] == data["unmatchedFaceDetailCount"] == 1
    matched, unmatched = data["matchedFaceDetails"][0], data["unmatchedFaceDetails"][0]
    assert matched["faceDetail"]["bbox"]["x1"] < 0.5 < unmatched["faceDetail"]["bbox"]["x0"]
    assert unmatched["similarity"] < 90 <= matched["similarity"]


def test_a_verification_tells_the_same_person_from_another(scene: Scene) -> None:
    same = scene.send(scene.call("verify").with_picture(pictures.as_object(pictures.selfie()))).data
    other = scene.send(scene.call("verify").with_picture(pictures.as_object(pictures.portrait(2)))).data
    assert same["face"]["faceId"] == other["face"]["faceId"] == scene.face
    assert 0 <= other["similarity"] < same["similarity"] <= 100


def test_pictures_without_a_face_are_no_error_where_faces_are_counted(scene: Scene) -> None:
    blank = pictures.as_object(pictures.blank())
    detected = scene.send(scene.call("detect").with_picture(blank)).data
    registered = scene.send(scene.call("register").with_picture(blank)).data
    compared = scene.send(scene.call("compare").with_picture(blank, 1)).data
    assert detected == {"faceDetailCount": 0, "faceDetails": []}
    assert registered["addedFaceCount"] == registered["notAddedFaceCount"] == 0
    assert registered["addedFaces"] == registered["addedFaceDetails"] == registered["notAddedFaces"] == []
    assert compared["matchedFaceDetailCount"] == compared["unmatchedFaceDetailCount"] == 0
    assert "bbox" in compared["sourceFace"]


def test_group_ids_are_shown_as_they_were_given(scene: Scene) -> None:
    names = ["-", "0", "a" * 255, f"--{unique()}--"]
    for name in names:
        scene.new_group(name)
        answer = scene.send(scene.call("group_details").put("path", "group-id", name))
        assert list(values_at(answer.body, "data.groupId")) == [name]
