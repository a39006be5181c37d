"""Every result code is an exception of its own, with the server's reason and without a key in it."""

from __future__ import annotations

import traceback

import pytest

from harness.servers import Keys, Server
from visavis.api.nhn.errors import V2_ERRORS, V2_UPLOAD_ERRORS
from visavis_client import (
    ApiError,
    Client,
    ConnectionFailed,
    DuplicateGroup,
    FaceNotFound,
    GroupNotFound,
    InvalidGroupId,
    InvalidImageUrl,
    InvalidParameter,
    Unauthorized,
)
from visavis_client.errors import error_class


@pytest.mark.parametrize(
    "error", {**V2_ERRORS, **{name: V2_UPLOAD_ERRORS[name] for name in V2_UPLOAD_ERRORS}}.values(), ids=str
)
def test_every_code_of_the_server_has_a_class(error: object) -> None:
    assert error_class(error.status, error.code) is not ApiError  # type: ignore[attr-defined]


def test_refusals_are_told_apart(client: Client) -> None:
    client.create_group("staff")
    with pytest.raises(DuplicateGroup):
        client.create_group("staff")
    with pytest.raises(InvalidGroupId):
        client.create_group("No Capitals")
    with pytest.raises(GroupNotFound):
        client.delete_group("nobody")
    with pytest.raises(FaceNotFound):
        client.delete_face("staff", "nobody")
    with pytest.raises(InvalidImageUrl):
        client.detect("http://127.0.0.1:1/picture.jpg")


@pytest.mark.parametrize("group_id", ["", ".", "..", "../other", "a b", "a/b", "콜렉션", "x" * 256])
def test_a_group_id_that_none_can_have_is_one_error_everywhere_and_never_sent(
    group_id: str, kind: type[Client]
) -> None:
    with kind("http://127.0.0.1:1", "app", "secret", attempts=1) as client:
        for call in (
            client.create_group,
            client.group,
            client.delete_group,
            lambda name: list(client.faces(name)),
        ):
            with pytest.raises(InvalidGroupId) as refused:
                call(group_id)
            assert not isinstance(refused.value, ValueError)
            assert (refused.value.status, refused.value.code) == (0, -40010)


@pytest.mark.parametrize("face_id", ["", ".", "..", "../../staff"])
def test_an_id_that_would_name_another_path_is_never_sent(client: Client, face_id: str) -> None:
    client.create_group("staff")
    with pytest.raises(ValueError, match="cannot be an id"):
        client.delete_face("staff", face_id)
    assert client.group("staff").face_count == 0


def test_the_reason_is_in_the_message(client: Client) -> None:
    with pytest.raises(InvalidParameter, match="limit") as refused:
        client.register("staff", "http://example.com/a.jpg", limit=21)
    assert refused.value.code == -40000
    assert refused.value.detail is not None


def test_a_wrong_key_is_refused_and_stays_secret(kind: type[Client], server: Server, keys: Keys) -> None:
    wrong = "a-secret-that-must-not-be-seen"
    with (
        kind(server.url, keys.appKey, wrong) as client,
        pytest.raises(Unauthorized) as refused,
    ):
        list(client.groups())
    assert wrong not in "".join(traceback.format_exception(refused.value)) + repr(client)


def test_no_server_is_an_error_of_its_own(kind: type[Client]) -> None:
    with (
        kind("http://127.0.0.1:1", "app", "secret", attempts=1) as client,
        pytest.raises(ConnectionFailed),
    ):
        client.group("staff")
