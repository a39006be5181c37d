"""Whom the audit page names: the person of the group that a record is about, and of no other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from harness.storage.faces import new_face, unit_rows
from tests.core.world import World
from visavis.console.audit_names import Names
from visavis.console.services import ConsoleServices
from visavis.core.apps import Apps
from visavis.core.persons import Persons


def test_a_face_that_an_archive_brought_into_another_group_is_called_what_it_is_in_each() -> None:
    world = World()
    for group, person in (("first", "e-12"), ("second", "e-99"), ("third", None)):
        face = new_face(unit_rows(1)[0], "one-id", external_image_id=person)
        world.gallery.add(world.group(group), [face], quota=10)
    apps, persons = Apps(world.storage.apps, world.clock, ()), Persons(world.storage.persons, world.groups)
    services = cast("ConsoleServices", SimpleNamespace(apps=apps, groups=world.groups, persons=persons))
    records = [record for record in world.recorded() if record.event.faces]
    names = Names.of(services, records)
    assert [(each.event.group, names.persons(each.event)) for each in records] == [
        ("first", {"one-id": ("e-12", "")}),
        ("second", {"one-id": ("e-99", "")}),
        ("third", {}),
    ]
