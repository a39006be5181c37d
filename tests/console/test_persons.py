"""People in the console: enrolled from a folder, found, named, merged and deleted, never two under one id."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from harness.console.browser import signed_in
from harness.console.person import Person
from harness.console.pictures import upload

ASSETS = Path(str(resources.files("visavis"))) / "assets"


@pytest.fixture
def group(manager: Person) -> str:
    """A new group of the first app."""
    name = f"persons-{uuid4().hex[:8]}"
    assert manager.post("/apps/1/groups", name=name).status_code == 303
    return name


@pytest.fixture
def desk(context: BrowserContext, manager: Person) -> Page:
    """A page of a manager's browser."""
    return signed_in(context, manager)


def path_of(group: str) -> str:
    return f"/apps/1/groups/{group}"


def people(manager: Person, group: str) -> list[str]:
    """The links of the page of people: names, or ids of those who have none."""
    page = manager.get(f"{path_of(group)}/persons").text
    return re.findall(r'/person\?id=[^"]+">([^<]+)</a>', page)


def named_copies(folder: Path, sources: dict[str, str]) -> list[Path]:
    """Copies of pictures under other names."""
    copies = []
    for name, source in sources.items():
        copy = folder / name
        copy.write_bytes((ASSETS / f"{source}.jpg").read_bytes())
        copies.append(copy)
    return copies


def test_two_people_with_names_that_are_no_ids_never_share_one(
    desk: Page, manager: Person, group: str, tmp_path: Path
) -> None:
    files = named_copies(
        tmp_path,
        {"김민수 2.jpg": "omar-selfie", "이영희 2.jpg": "ines-selfie", "이영희.jpg": "ines-portrait"},
    )
    desk.goto(f"/console{path_of(group)}/add")
    desk.locator("#drop input").set_input_files(files)
    expect(desk.locator(".person")).to_have_count(2)
    expect(desk.locator(".person .who [role=status]").first).to_contain_text("New · id p-")
    desk.get_by_role("button", name="Register").click()
    expect(desk.locator("[data-summary]")).to_contain_text("Done. Faces registered: 3")
    assert sorted(people(manager, group)) == ["김민수", "이영희"]

    desk.goto(f"/console{path_of(group)}/search")
    desk.locator("#drop input").set_input_files(ASSETS / "ines-portrait.jpg")
    expect(desk.locator(".match")).to_have_count(1)
    desk.get_by_role("link", name="이영희").click()
    expect(desk.get_by_role("heading", name="이영희")).to_be_visible()
    expect(desk.locator(".stack").get_by_text("2 faces", exact=True)).to_be_visible()


def test_a_name_that_somebody_has_is_a_question(desk: Page, manager: Person, group: str, tmp_path: Path) -> None:
    upload(manager, group, external_id="ines")
    [file] = named_copies(tmp_path, {"ines.jpg": "omar-selfie"})
    desk.goto(f"/console{path_of(group)}/add")
    desk.locator("#drop input").set_input_files(file)
    expect(desk.get_by_text("People to identify first: 1")).to_be_visible()
    expect(desk.get_by_role("button", name="Register")).to_be_disabled()
    desk.get_by_label("Who is ines?").select_option("Somebody new")
    desk.get_by_role("button", name="Register").click()
    expect(desk.locator("[data-summary]")).to_contain_text("Done. Faces registered: 1")
    assert people(manager, group) == ["ines", "ines"]


def test_nobody_is_registered_without_a_name(desk: Page, group: str) -> None:
    desk.goto(f"/console{path_of(group)}/add")
    desk.locator("#drop input").set_input_files(ASSETS / "ines-portrait.jpg")
    desk.get_by_label("Name of the person").fill("  ")
    expect(desk.get_by_text("Enter the person's name.")).to_be_visible()
    expect(desk.get_by_role("button", name="Register")).to_be_disabled()


def test_a_face_that_is_there_as_somebody_else_is_a_question_and_can_be_taken_back(
    desk: Page, manager: Person, group: str, tmp_path: Path
) -> None:
    upload(manager, group, external_id="ines")
    [file] = named_copies(tmp_path, {"another.jpg": "ines-selfie"})
    desk.goto(f"/console{path_of(group)}/add")
    desk.locator("#drop input").set_input_files(file)
    expect(desk.get_by_text("This face is already registered as ines, with a similarity of")).to_be_visible()
    expect(desk.get_by_role("button", name="Register", exact=True)).to_be_disabled()
    desk.get_by_role("button", name="Register anyway").click()
    assert people(manager, group) == ["ines"]
    desk.get_by_role("button", name="Register", exact=True).click()
    expect(desk.locator("[data-summary]")).to_contain_text("Done. Faces registered: 1")
    assert sorted(people(manager, group)) == ["another", "ines"]
    desk.get_by_role("button", name="Undo").click()
    expect(desk.get_by_text("Undone")).to_be_visible()
    assert people(manager, group) == ["ines"]


def test_a_person_is_renamed_merged_and_deleted_in_three_steps(desk: Page, manager: Person, group: str) -> None:
    upload(manager, group, external_id="first")
    upload(manager, group, external_id="second")
    desk.goto(f"/console{path_of(group)}/persons")
    desk.get_by_role("link", name="first").click()
    desk.get_by_label("Name", exact=True).fill("박지성 선수")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("heading", name="박지성 선수")).to_be_visible()

    desk.get_by_label("Name", exact=True).fill("another name")
    desk.get_by_label("Person id").fill("second")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("Another person in the group has this id.")).to_be_visible()
    assert sorted(people(manager, group)) == ["second", "박지성 선수"]
    desk.get_by_label("“second” is the same person: merge the two").check()
    desk.get_by_role("button", name="Save").click()
    expect(desk.locator(".stack").get_by_text("2 faces", exact=True)).to_be_visible()
    assert people(manager, group) == ["박지성 선수"]

    desk.goto(f"/console{path_of(group)}/persons?q=박지")
    desk.get_by_role("button", name="Delete 박지성 선수").click()
    desk.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(desk.get_by_role("status").filter(has_text="The person was deleted.")).to_be_visible()
    assert people(manager, group) == []


def test_pictures_are_added_to_somebody_who_is_there(desk: Page, manager: Person, group: str) -> None:
    upload(manager, group, external_id="ines")
    desk.goto(f"/console{path_of(group)}/person?id=ines")
    desk.get_by_role("link", name="Add pictures").click()
    desk.locator("#drop input").set_input_files(ASSETS / "ines-selfie.jpg")
    desk.get_by_role("button", name="Register").click()
    expect(desk.locator("[data-summary]")).to_contain_text("Done. Faces registered: 1")
    assert people(manager, group) == ["ines"]


def test_a_viewer_sees_people_and_changes_none(viewer: Person, manager: Person, group: str) -> None:
    upload(manager, group, external_id="ines")
    assert "ines" in viewer.get(f"{path_of(group)}/persons").text
    page = viewer.get(f"{path_of(group)}/person?id=ines").text
    assert 'name="new_id"' not in page
    for action, fields in (
        ("person", {"id": "ines", "name": "x"}),
        ("person/delete", {"id": "ines"}),
        ("persons/resolve", {"names": "[]"}),
    ):
        assert viewer.post(f"{path_of(group)}/{action}", **fields).status_code == 403
    assert manager.get(f"{path_of(group)}/person?id=nobody").status_code == 404


@pytest.mark.parametrize("names", ["", "7", "[7]", json.dumps(["x"] * 101), "not JSON"])
def test_names_that_are_none_are_refused(manager: Person, group: str, names: str) -> None:
    assert manager.post(f"{path_of(group)}/persons/resolve", names=names).status_code == 422
