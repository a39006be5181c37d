"""Every operation of the API is a method, and does what the server does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.conftest import OpenPeoplePicture
from visavis_client import Client, GroupNotFound, Spoofing


@pytest.fixture
def portrait(openpeople_picture: OpenPeoplePicture) -> bytes:
    return openpeople_picture("P001", "studio_portrait")


@pytest.fixture
def selfie(openpeople_picture: OpenPeoplePicture) -> bytes:
    return openpeople_picture("P001", "amateur_selfie")


def test_a_registered_person_is_found_verified_and_deleted(
    client: Client, portrait: bytes, selfie: bytes, stranger: bytes
) -> None:
    client.create_group("staff")
    registered = client.register("staff", portrait, external_image_id="p001")
    (face,) = registered.added
    assert (face.external_image_id, registered.quota_exceeded) == ("p001", False)
    assert registered.added_details[0].box == face.box

    (match,) = client.search("staff", selfie).matches
    assert match.face == face
    assert match.similarity > 90
    assert client.search("staff", stranger).matches == ()
    assert client.search_by_face_id("staff", face.face_id).matches == ()

    # A search that is sure by the first view of a face does not look at its mirror image, as a verification does.
    assert client.verify("staff", face.face_id, selfie).similarity == pytest.approx(match.similarity, abs=0.1)
    assert client.verify("staff", face.face_id, stranger).similarity < 90

    client.delete_face("staff", face.face_id)
    assert list(client.faces("staff")) == []
    client.delete_group("staff")
    with pytest.raises(GroupNotFound):
        client.group("staff")


def test_faces_that_were_not_added_come_with_the_reason(
    client: Client, openpeople_picture: OpenPeoplePicture
) -> None:
    client.create_group("crowd")
    registered = client.register("crowd", openpeople_picture("P001", "emotions_sheet"), limit=3)
    assert len(registered.added) == 3
    assert len(registered.not_added) == len(registered.not_added_reasons) > 0
    assert set(registered.not_added_reasons) <= {"limit", "pose"}


def test_a_group_tells_its_age_and_size(client: Client, portrait: bytes) -> None:
    client.create_group("staff")
    client.register("staff", portrait)
    group = client.group("staff")
    assert (group.group_id, group.face_count) == ("staff", 1)
    assert abs((datetime.now(UTC) - group.created_at).total_seconds()) < 600


def test_detection_reports_what_is_asked_for(client: Client, portrait: bytes) -> None:
    (face,) = client.detect(portrait, spoofing=Spoofing.BALANCED)
    assert face.orientation is not None
    assert abs(face.orientation.roll) < 15
    assert (face.mask, face.spoofing) == (False, False)
    assert {landmark.type for landmark in face.landmarks} == {"leftEye", "rightEye", "nose", "leftLip", "rightLip"}
    (bare,) = client.detect(portrait, orientation=False, mask=False)
    assert (bare.orientation, bare.mask, bare.spoofing) == (None, None, None)


def test_spoofing_has_an_operation_of_its_own(client: Client, portrait: bytes) -> None:
    (face,) = client.check_spoofing(portrait, sensitivity=Spoofing.WEAK)
    assert face.spoofing is False


def test_two_pictures_are_compared(client: Client, portrait: bytes, selfie: bytes, stranger: bytes) -> None:
    same = client.compare(portrait, selfie)
    assert [face.similarity > 90 for face in same.matched] == [True]
    other = client.compare(portrait, stranger)
    assert (other.matched, len(other.unmatched)) == ((), 1)


def test_lists_go_on_beyond_one_page(client: Client) -> None:
    names = [f"group-{number:03}" for number in range(203)]
    for name in names:
        client.create_group(name)
    assert list(client.groups()) == names


def test_faces_are_listed_by_their_external_id(client: Client, portrait: bytes, stranger: bytes) -> None:
    client.create_group("staff")
    client.register("staff", portrait, external_image_id="p001")
    client.register("staff", stranger, external_image_id="astronaut")
    assert [face.external_image_id for face in client.faces("staff")] == ["astronaut", "p001"]
    assert [face.external_image_id for face in client.faces("staff", external_image_id="p001")] == ["p001"]
