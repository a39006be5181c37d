"""Statements by the driver's own cursor say what the same statements say by SQLAlchemy, in both databases."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import bindparam, select

from harness.storage.faces import new_faces
from harness.storage.place import Place
from visavis.storage.database.direct import DirectStatement
from visavis.storage.database.schema import faces, groups


def test_values_have_the_types_of_their_columns(place: Place) -> None:
    storage = place.open()
    app = storage.apps.create_app("app", {})
    group = storage.gallery.create_group(app, "group", "sface", 10)
    storage.gallery.add(group, new_faces(3), quota=10)
    for table, column, value in ((groups, groups.c.id, group.id), (faces, faces.c.group_id, group.id)):
        statement = select(table).where(column == bindparam("key"))
        direct = storage.database.fetch(DirectStatement(statement), {"key": value})
        with storage.database.read() as connection:
            usual = [tuple(row) for row in connection.execute(statement, {"key": value})]
        assert [tuple(row) for row in direct] == usual
        assert [[type(each) for each in row] for row in direct] == [[type(each) for each in row] for row in usual]
    storage.close()


def test_parameters_are_converted_as_their_columns_say(place: Place) -> None:
    storage = place.open()
    app = storage.apps.create_app("app", {})
    group = storage.gallery.create_group(app, "group", "sface", 10)
    [face] = storage.gallery.add(group, new_faces(1), quota=10)
    until = DirectStatement(select(faces.c.face_id).where(faces.c.created_at <= bindparam("until")))
    assert storage.database.fetch(until, {"until": datetime.now(UTC)}) == [(face.face_id,)]
    assert storage.database.fetch(until, {"until": datetime(1, 1, 2, tzinfo=UTC)}) == []
    named = DirectStatement(select(faces.c.version).where(faces.c.face_id == bindparam("face")))
    assert storage.database.fetch(named, {"face": "a NUL\0 matches nothing"}) == []
    storage.close()
