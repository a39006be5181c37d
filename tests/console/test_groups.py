"""Groups: made, found, set up, filled, searched and deleted, in the browser of somebody who has read nothing."""

from __future__ import annotations

import re
from importlib import resources
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from harness.console.browser import signed_in
from harness.console.person import Person
from harness.console.pictures import upload
from harness.servers import Server

ASSETS = Path(str(resources.files("visavis"))) / "assets"


@pytest.fixture
def desk(context: BrowserContext, manager: Person) -> Page:
    """A page of a manager's browser."""
    return signed_in(context, manager)


@pytest.fixture
def group(manager: Person) -> str:
    """A new group of the first app."""
    name = f"group-{uuid4().hex[:8]}"
    assert manager.post("/apps/1/groups", name=name).status_code == 303
    return name


def test_a_group_is_made_found_and_deleted(desk: Page, manager: Person) -> None:
    name = f"made-{uuid4().hex[:8]}"
    manager.post("/apps/1/groups", name="another-group")
    desk.goto("/console/")
    desk.get_by_role("link", name="Groups", exact=True).click()
    desk.get_by_role("button", name="New group").click()
    desk.get_by_label("Group id").fill(name)
    desk.get_by_role("button", name="Create", exact=True).click()
    expect(desk.get_by_role("heading", name=name)).to_be_visible()
    expect(desk.get_by_role("status").filter(has_text="The group was created.")).to_be_visible()
    expect(desk.get_by_text("No faces yet")).to_be_visible()

    desk.get_by_role("link", name="Groups").first.click()
    desk.get_by_label("Find a group").fill(name[:9].upper())
    desk.get_by_role("button", name="Search").click()
    expect(desk.get_by_role("row")).to_have_count(2)
    desk.get_by_role("link", name=name).click()

    desk.get_by_role("link", name="Settings").click()
    desk.get_by_role("button", name="Delete group").click()
    desk.get_by_label(f"Confirm by typing {name}").fill("something else")
    desk.get_by_role("button", name="Delete for good").click()
    expect(desk.get_by_text("This is not the group's id.")).to_be_visible()
    desk.get_by_label(f"Confirm by typing {name}").fill(name)
    desk.get_by_role("button", name="Delete for good").click()
    expect(desk.get_by_role("status").filter(has_text="The group was deleted.")).to_be_visible()
    assert manager.get(f"/apps/1/groups/{name}").status_code == 404


def test_a_group_that_cannot_be_made_says_why_beside_the_field(desk: Page, manager: Person, group: str) -> None:
    desk.goto("/console/apps/1/groups")
    desk.get_by_role("button", name="New group").click()
    desk.get_by_label("Group id").fill(group)
    desk.get_by_role("button", name="Create", exact=True).click()
    expect(desk.get_by_label("Group id")).to_have_attribute("aria-invalid", "true")
    expect(desk.get_by_label("Group id")).to_have_value(group)
    assert manager.post("/apps/1/groups", name="Not A Group!").status_code == 422


def test_several_pictures_are_registered_at_once_each_with_what_became_of_it(
    desk: Page, manager: Person, group: str, tmp_path: Path
) -> None:
    broken, empty = tmp_path / "broken.png", tmp_path / "a view.jpg"
    broken.write_bytes(b"no picture at all")
    empty.write_bytes(_without_a_face())
    text = tmp_path / "notes.txt"
    text.write_text("no picture either")
    desk.goto(f"/console/apps/1/groups/{group}/add")
    files = [ASSETS / "ines-portrait.jpg", ASSETS / "omar-selfie.jpg", empty, broken, text]
    desk.locator("#drop input").set_input_files(files)
    expect(desk.get_by_role("heading", name="5 pictures")).to_be_visible()
    expect(desk.get_by_label("Name of the person").nth(2)).to_have_value("a view")
    desk.get_by_label("Name of the person").nth(1).fill("omar")
    expect(desk.get_by_text("New · id omar", exact=True)).to_be_visible()
    expect(desk.get_by_text("People to identify first")).to_have_count(0)
    desk.get_by_role("button", name="Register").click()
    expect(desk.locator("[data-summary]")).to_contain_text(
        "Done. Faces registered: 2 · pictures not registered: 3"
    )
    states = [row.locator(".state").inner_text() for row in desk.locator(".pictures li").all()]
    assert [state.partition(" ·")[0] for state in states[:2]] == ["Registered", "Registered"]
    assert states[2:] == [
        "No face of at least 60 x 60 pixels was found.",
        "The bytes are not an image.",
        "This file is not a picture.",
    ]
    expect(desk.locator("[data-face-count]")).to_have_text("2 faces")

    desk.get_by_role("link", name="Faces", exact=True).click()
    expect(desk.get_by_role("row")).to_have_count(3)
    expect(desk.get_by_text("Pictures are not stored, so none can be shown.")).to_be_visible()
    desk.get_by_label("Find by external id").fill("OMAR")
    desk.get_by_role("button", name="Search").click()
    expect(desk.get_by_role("row")).to_have_count(2)
    desk.get_by_role("button", name="Delete omar").click()
    desk.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(desk.get_by_role("status").filter(has_text="The face was deleted.")).to_be_visible()
    assert manager.get(f"/apps/1/groups/{group}").text.count("ines-portrait") > 0
    assert "omar" not in manager.get(f"/apps/1/groups/{group}").text


def test_a_similarity_is_rounded_down_where_a_group_is_searched(desk: Page, manager: Person, group: str) -> None:
    probe = {"box": [0.3, 0.2, 0.7, 0.5], "quality": 75, "defect": None}
    answer = {"probe": probe, "matches": [{"faceId": "any", "externalId": "ines", "similarity": 95.98}]}
    upload(manager, group, external_id="ines")
    desk.goto(f"/console/apps/1/groups/{group}/search")
    desk.route(lambda url: url.endswith("/search"), lambda route: route.fulfill(json=answer))
    desk.locator("#drop input").set_input_files(ASSETS / "ines-selfie.jpg")
    expect(desk.locator(".match .score")).to_have_text("95.9")


def test_a_group_is_searched_by_a_picture(desk: Page, manager: Person, group: str) -> None:
    upload(manager, group, external_id="ines")
    desk.goto(f"/console/apps/1/groups/{group}/search")
    desk.locator("#drop input").set_input_files(ASSETS / "ines-selfie.jpg")
    expect(desk.get_by_role("heading", name="1 match")).to_be_visible()
    match = desk.locator(".match")
    expect(match).to_contain_text("ines")
    assert float(match.locator(".score").inner_text()) > 95
    desk.locator("#drop input").set_input_files(ASSETS / "omar-selfie.jpg")
    expect(desk.get_by_text("Nobody in this group resembles the face that much.")).to_be_visible()
    desk.get_by_role("slider").fill("1")
    expect(desk.get_by_role("heading", name="1 match")).to_be_visible()


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"min_quality": "40", "retention": "30", "unit": "days"}, {"min_quality": "40", "retention": "30"}),
        ({"similarity": "95.5", "liveness_threshold": "60", "liveness": "on"}, {"similarity": "95.5"}),
        ({"retention": "36", "unit": "hours"}, {"retention": "36"}),
        ({"retention": ""}, {"retention": ""}),
    ],
)
def test_settings_are_kept(manager: Person, group: str, fields: dict[str, str], kept: dict[str, str]) -> None:
    whole = {
        "min_quality": "0",
        "min_comparability": "50",
        "similarity": "90",
        "liveness_threshold": "50",
        "retention": "",
    } | fields
    assert manager.post(f"/apps/1/groups/{group}/settings", **whole).status_code == 303
    page = manager.get(f"/apps/1/groups/{group}/settings").text
    for name, value in kept.items():
        assert re.search(rf'name="{name}" type="number" value="{re.escape(value)}"', page)
    assert (" checked>" in page) is ("liveness" in fields)
    if "unit" in fields:
        assert f'value="{fields["unit"]}" selected' in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_quality", "101"),
        ("min_quality", "-1"),
        ("min_comparability", "101"),
        ("similarity", "nan"),
        ("similarity", ""),
        ("liveness_threshold", "much"),
        ("retention", "-1"),
        ("retention", "1.5"),
        ("retention", "9999999"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_beside_its_field(
    manager: Person, group: str, field: str, value: str
) -> None:
    whole = {
        "min_quality": "0",
        "min_comparability": "50",
        "similarity": "90",
        "liveness_threshold": "50",
        "retention": "7",
    }
    answer = manager.post(f"/apps/1/groups/{group}/settings", **(whole | {field: value}))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'value="7"' not in manager.get(f"/apps/1/groups/{group}/settings").text


def test_the_quality_that_a_group_asks_for_keeps_faces_out_and_says_so(manager: Person, group: str) -> None:
    strict = {
        "min_quality": "99",
        "min_comparability": "50",
        "similarity": "90",
        "liveness_threshold": "50",
        "retention": "",
    }
    manager.post(f"/apps/1/groups/{group}/settings", **strict)
    status, answer = upload(manager, group)
    assert status == 200
    assert answer["added"] == []
    assert [face["why"] for face in answer["notAdded"]] == ["Its quality is below the group's minimum."]


@pytest.mark.parametrize(
    ("picture", "fields", "why"),
    [
        (b"", {}, "not an image"),
        (b"no picture", {}, "not an image"),
        (b"x" * 7_500_001, {}, "the limit is 7,500,000"),
        (None, {"external_id": "no spaces"}, "An external id has 1 to 255 characters"),
        (None, {"limit": "21"}, "Limit is a number from 1 to 20"),
    ],
)
def test_what_cannot_be_registered_leaves_no_trace_and_a_sentence(
    manager: Person, group: str, picture: bytes | None, fields: dict[str, str], why: str
) -> None:
    status, answer = upload(manager, group, picture=picture, **fields)
    assert status == 422
    assert why in answer["error"]
    assert "No faces yet" in manager.get(f"/apps/1/groups/{group}").text


def test_pictures_wait_for_nobody_who_may_not_send_them(viewer: Person, group: str) -> None:
    status, answer = upload(viewer, group)
    assert (status, answer) == (403, {"error": "Your role does not allow this. Ask an administrator."})


def test_an_app_sees_its_own_groups_alone(server: Server, administrator: Person, group: str) -> None:
    server.create_app(f"other-{group}")
    page = administrator.get("/").text
    [other] = re.findall(rf'/apps/(\d+)/groups"><span>other-{group}</span>', page)
    assert administrator.get(f"/apps/{other}/groups/{group}").status_code == 404
    assert group not in administrator.get(f"/apps/{other}/groups?q={group}").text.partition("<main")[2].replace(
        f"other-{group}", ""
    )
    assert administrator.get("/apps/987654/groups").status_code == 404


def test_long_lists_come_in_pages(administrator: Person, server: Server) -> None:
    app = server.create_app(f"many-{uuid4().hex[:8]}")
    with server.v2(app) as client:
        for number in range(60):
            client.post("/groups", json={"groupId": f"numbered-{number:03}"})
    [path] = re.findall(rf'(/apps/\d+/groups)"><span>{app.name}</span>', administrator.get("/").text)
    first, second = administrator.get(path).text, administrator.get(f"{path}?page=2").text
    assert re.findall(r"numbered-\d+(?=</a>)", first) == [f"numbered-{number:03}" for number in range(50)]
    assert re.findall(r"numbered-\d+(?=</a>)", second) == [f"numbered-{number:03}" for number in range(50, 60)]
    assert "1 \u2013 50 of 60" in first
    assert "51 \u2013 60 of 60" in second
    assert "51 \u2013 60 of 60" in administrator.get(f"{path}?page=99999").text


def _without_a_face() -> bytes:
    """A JPEG of nothing."""
    file = BytesIO()
    Image.new("RGB", (300, 300), "steelblue").save(file, "JPEG")
    return file.getvalue()
