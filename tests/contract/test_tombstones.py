"""Deleted groups: gone for every operation, and their ids are free again."""

from __future__ import annotations

import pytest

from . import pictures
from .answers import assert_error
from .servers import Servers
from .session import Session
from .tables import OPERATIONS, Operation

ON_GROUPS = [operation for operation in OPERATIONS if "{group-id}" in operation.path]


@pytest.fixture(scope="module")
def deleted(servers: Servers) -> str:
    """The id of a group that had a face and was deleted."""
    session = servers.main
    group = session.new_group()
    session.registered(group, pictures.portrait())
    assert session.send(session.call("delete_group").put("path", "group-id", group)).code == 0
    return group


@pytest.mark.parametrize("operation", ON_GROUPS, ids=str)
def test_a_deleted_group_is_not_found(operation: Operation, deleted: str, session: Session) -> None:
    assert_error(session.send(session.call(operation).put("path", "group-id", deleted)), -40030)


def test_a_deleted_group_is_not_listed(deleted: str, speaker: Session) -> None:
    listed = speaker.send(speaker.call("list_groups").having("limit", 200)).data["groups"]
    assert deleted not in [group["groupId"] for group in listed]


def test_the_id_of_a_deleted_group_is_free_and_its_faces_do_not_come_back(speaker: Session) -> None:
    group = speaker.new_group()
    speaker.registered(group, pictures.portrait())
    assert speaker.send(speaker.call("delete_group").put("path", "group-id", group)).code == 0
    assert speaker.new_group(group) == group
    assert speaker.face_ids(group) == []
    search = speaker.call("search_by_image").put("path", "group-id", group).having("threshold", 1)
    assert speaker.send(search).data["matchFaceCount"] == 0
