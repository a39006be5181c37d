"""What the values in answers mean: counts, fractions, scales, order, times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from . import pictures
from .answers import Answer
from .servers import Servers
from .session import Session, unique
from .tables import IMAGE_OPERATIONS, OPERATIONS, V2, V2_1, Operation

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
def test_counts_of_listings_are_the_lengths_of_their_arrays(name: str, speaker: Session) -> None:
    _assert_counts(speaker.send(speaker.call(name)))


@pytest.mark.parametrize("operation", IMAGE_OPERATIONS, ids=str)
def test_answers_about_pictures_have_true_counts_boxes_inside_and_percentages(
    operation: Operation, session: Session
) -> None:
    last = len(operation.images) - 1
    answer = session.send(session.call(operation).with_picture(pictures.pair(1, 2), last))
    _assert_counts(answer)
    faces = _faces_of(answer.data)
    assert faces
    for face in faces:
        box = face["bbox"]
        assert 0 <= box["x0"] < box["x1"] <= 1
        assert 0 <= box["y0"] < box["y1"] <= 1
        assert 1 < face["confidence"] <= 100


def test_confidence_is_a_fraction_where_the_operator_wants_it_so(servers: Servers) -> None:
    session = servers.small
    for call in (session.call("detect"), session.call("list_faces").put("path", "group-id", servers.full_group)):
        faces = _faces_of(session.send(call).data)
        assert faces
        assert all(0 < face["confidence"] <= 1 for face in faces)


def _assert_counts(answer: Answer) -> None:
    arrays = {count: array for count, array in COUNTS.items() if array in answer.data}
    assert arrays or answer.operation.name == "verify"
    for count, array in arrays.items():
        assert answer.data[count] == len(answer.data[array])


def test_a_face_has_five_landmarks_inside_its_box_left_before_right(speaker: Session) -> None:
    face = speaker.send(speaker.call("detect")).data["faceDetails"][0]
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


def test_faces_are_reported_largest_first(speaker: Session) -> None:
    call = speaker.call("detect").with_picture(pictures.sheet())
    boxes = [face["bbox"] for face in speaker.send(call).data["faceDetails"]]
    areas = [(box["x1"] - box["x0"]) * (box["y1"] - box["y0"]) for box in boxes]
    assert len(areas) == 16
    assert areas == sorted(areas, reverse=True)


def _details(session: Session, group: str) -> dict[str, Any]:
    """What is told of a group: the data itself in v2.0 and v2.1, the one element of an array in v1.0 and Plus."""
    data: dict[str, Any] = session.send(session.call("group_details").put("path", "group-id", group)).data
    if session.dialect in {V2, V2_1}:
        return data
    assert data.keys() == {"groupCount", "groups"}
    assert data["groupCount"] == 1
    [details] = data["groups"]
    return dict(details)


def test_a_group_tells_when_it_was_made_in_utc_and_how_many_faces_it_has(speaker: Session) -> None:
    before = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    group = speaker.new_group()
    after = datetime.now(UTC).replace(tzinfo=None)
    data = _details(speaker, group)
    assert data["groupId"] == group
    assert data["faceCount"] == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", data["createTime"])
    assert before <= datetime.fromisoformat(data["createTime"]) <= after
    speaker.registered(group, pictures.sheet(), limit=3)
    assert _details(speaker, group)["faceCount"] == 3


def test_registered_faces_share_the_image_id_and_are_detailed_in_the_same_order(speaker: Session) -> None:
    call = speaker.call("register").put("json", "limit", 4).put("json", "externalImageId", "sheet.jpg")
    data = speaker.send(call.with_picture(pictures.sheet())).data
    added = data["addedFaces"]
    assert data["addedFaceCount"] == 4
    assert data["addedFaceCount"] + data["notAddedFaceCount"] == 16
    assert len({face["imageId"] for face in added}) == 1
    assert len({face["faceId"] for face in added}) == 4
    assert {face["externalImageId"] for face in added} == {"sheet.jpg"}
    assert [face["bbox"] for face in added] == [face["bbox"] for face in data["addedFaceDetails"]]
    assert all(str(UUID(face["faceId"])) == face["faceId"] for face in added)


def test_a_listed_face_is_what_its_registration_said(speaker: Session) -> None:
    group = speaker.new_group()
    call = speaker.call("register").put("path", "group-id", group).put("json", "externalImageId", "a:b")
    added = speaker.send(call).data["addedFaces"]
    listed = speaker.send(speaker.call("list_faces").put("path", "group-id", group)).data["faces"]
    assert listed == added


def test_faces_are_listed_newest_first(speaker: Session) -> None:
    group = speaker.new_group()
    faces = [speaker.registered(group, picture)[0] for picture in (pictures.portrait(1), pictures.portrait(2))]
    assert speaker.face_ids(group) == faces[::-1]


def test_a_search_by_face_finds_the_other_picture_first_and_not_itself(speaker: Session) -> None:
    data = speaker.send(speaker.call("search_by_face_id").having("threshold", 1)).data
    matches = data["matchFaces"]
    assert matches[0]["face"]["externalImageId"] == "selfie-1"
    assert speaker.face not in [match["face"]["faceId"] for match in matches]
    _assert_ranked(matches, threshold=1)


@pytest.mark.parametrize("threshold", [1, 50, 90])
def test_a_search_by_image_ranks_by_similarity_down_to_the_threshold(threshold: int, speaker: Session) -> None:
    call = speaker.call("search_by_image").having("threshold", threshold)
    matches = speaker.send(call).data["matchFaces"]
    assert matches[0]["face"]["externalImageId"] == "portrait-1"
    _assert_ranked(matches, threshold)


def test_a_search_answers_no_more_than_its_limit(speaker: Session) -> None:
    call = speaker.call("search_by_image").having("threshold", 1)
    assert speaker.send(call).data["matchFaceCount"] > 1
    assert speaker.send(call.having("limit", 1)).data["matchFaceCount"] == 1


def _assert_ranked(matches: list[dict[str, Any]], threshold: int) -> None:
    similarities = [match["similarity"] for match in matches]
    assert similarities == sorted(similarities, reverse=True)
    assert all(threshold <= similarity <= 100 for similarity in similarities)


def test_a_comparison_splits_the_target_faces_at_the_threshold(speaker: Session) -> None:
    data = speaker.send(speaker.call("compare").with_picture(pictures.pair(1, 2), 1)).data
    assert data["matchedFaceDetailCount"] == data["unmatchedFaceDetailCount"] == 1
    matched, unmatched = data["matchedFaceDetails"][0], data["unmatchedFaceDetails"][0]
    assert matched["faceDetail"]["bbox"]["x1"] < 0.5 < unmatched["faceDetail"]["bbox"]["x0"]
    assert unmatched["similarity"] < 90 <= matched["similarity"]


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.name == "verify"], ids=str)
def test_a_verification_tells_the_same_person_from_another(operation: Operation, session: Session) -> None:
    same = session.send(session.call(operation).with_picture(pictures.selfie())).data
    other = session.send(session.call(operation).with_picture(pictures.portrait(2))).data
    assert same["face"]["faceId"] == other["face"]["faceId"] == session.face
    assert 0 <= other["similarity"] < same["similarity"] <= 100


def test_pictures_without_a_face_are_no_error_where_faces_are_counted(speaker: Session) -> None:
    blank = pictures.blank()
    detected = speaker.send(speaker.call("detect").with_picture(blank)).data
    registered = speaker.send(speaker.call("register").with_picture(blank)).data
    compared = speaker.send(speaker.call("compare").with_picture(blank, 1)).data
    assert detected == {"faceDetailCount": 0, "faceDetails": []}
    assert registered["addedFaceCount"] == registered["notAddedFaceCount"] == 0
    assert registered["addedFaces"] == registered["addedFaceDetails"] == registered["notAddedFaces"] == []
    assert compared["matchedFaceDetailCount"] == compared["unmatchedFaceDetailCount"] == 0
    assert "bbox" in compared["sourceFace"]
    if "spoofing" in speaker.dialect.operations:
        assert speaker.send(speaker.call("spoofing").with_picture(blank)).data == detected


def test_group_ids_are_shown_as_they_were_given(speaker: Session) -> None:
    for name in (f"-{unique()}", f"0{unique()}", unique().ljust(255, "a"), f"--{unique()}--"):
        speaker.new_group(name)
        assert _details(speaker, name)["groupId"] == name
