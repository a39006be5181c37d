"""Enrolling people in the browser: folders, ZIP files, lists; looked at first, nothing twice, all to be undone."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Playwright, expect

from harness.console.browser import signed_in
from harness.console.camera import with_camera, write_film
from harness.console.person import Person
from harness.console.pictures import OMAR, PORTRAIT, SELFIE, side_by_side, upload

OPENPEOPLE = Path(str(resources.files("openpeople"))) / "data" / "curated"
TEN = sorted(path.name for path in OPENPEOPLE.iterdir() if path.is_dir())
FOUND = TEN[4]


@pytest.fixture
def group(manager: Person) -> str:
    name = f"enrolled-{uuid4().hex[:8]}"
    assert manager.post("/apps/1/groups", name=name).status_code == 303
    return name


@pytest.fixture
def desk(context: BrowserContext, manager: Person, group: str) -> Page:
    """The page on which a manager registers pictures."""
    page = signed_in(context, manager)
    page.goto(f"/console/apps/1/groups/{group}/add")
    page.wait_for_load_state("networkidle")
    return page


def choose(page: Page, *files: Path) -> None:
    page.locator("#drop input").set_input_files(files)


def drop(page: Page, *paths: Path) -> None:
    """Drop files or folders, as from the desktop."""
    box = page.locator("#drop").bounding_box()
    assert box is not None
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    client = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": box["x"] + 20, "y": box["y"] + 20, "data": data}
        client.send("Input.dispatchDragEvent", event)


def zipped(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def names(page: Page) -> list[str]:
    """The names of the people to be registered."""
    return [field.input_value() for field in page.get_by_label("Name of the person").all()]


def people(manager: Person, group: str) -> list[str]:
    page = manager.get(f"/apps/1/groups/{group}/persons").text
    return sorted(re.findall(r'/person\?id=[^"]+">([^<]+)</a>', page))


def register(page: Page, faces: int) -> None:
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.locator("[data-summary]")).to_contain_text(f"Done. Faces registered: {faces}", timeout=120_000)


def states(page: Page) -> list[str]:
    return [state.inner_text() for state in page.locator(".pictures .state").all()]


def test_ten_people_are_enrolled_from_a_folder_found_by_camera_renamed_and_deleted(
    playwright: Playwright, manager: Person, group: str, tmp_path: Path
) -> None:
    folder = tmp_path / "people"
    for person in TEN:
        (folder / person).mkdir(parents=True)
        picture = (OPENPEOPLE / person / "assets" / "studio_portrait.jpg").read_bytes()
        (folder / person / "picture.jpg").write_bytes(picture)
    film = write_film(tmp_path / "one.mjpeg", (OPENPEOPLE / FOUND / "assets" / "amateur_selfie.jpg", 2))
    with with_camera(playwright, film) as browser:
        page = at_desk(browser, manager, group)
        drop(page, folder)
        expect(page.get_by_label("Name of the person")).to_have_count(10)
        assert sorted(names(page)) == TEN
        page.get_by_role("button", name="Register", exact=True).click()
        expect(page.get_by_text("Done.")).to_be_visible(timeout=120_000)
        # Some of these people, who do not exist, resemble each other: the console asks, and they are different.
        for _ in range(page.get_by_role("button", name="Register anyway").count()):
            page.get_by_role("button", name="Register anyway").first.click()
            expect(page.get_by_text("Done.")).to_be_visible()
        expect(page.get_by_text("Done. Faces registered: 10")).to_be_visible()
        assert people(manager, group) == TEN

        page.get_by_role("link", name="Search by picture").click()
        page.get_by_role("button", name="Use the camera").click()
        page.get_by_role("button", name="Take picture").click()
        page.locator(".match").get_by_role("link", name=FOUND).click()
        page.get_by_label("Name", exact=True).fill("김민수")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="김민수")).to_be_visible()

        page.get_by_role("link", name="People", exact=True).click()
        page.get_by_role("button", name="Delete 김민수").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_role("status").filter(has_text="The person was deleted.")).to_be_visible()
    assert people(manager, group) == [person for person in TEN if person != FOUND]


def at_desk(browser: Browser, manager: Person, group: str) -> Page:
    context = browser.new_context(base_url=manager.server.url, locale="en-GB")
    page = signed_in(context, manager)
    page.goto(f"/console/apps/1/groups/{group}/add")
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_zip_file_is_taken_as_the_folder_that_it_is(
    desk: Page, manager: Person, group: str, tmp_path: Path, method: int
) -> None:
    files = {
        "people/이영희/a.jpg": PORTRAIT.read_bytes(),
        "people/이영희/b.jpg": SELFIE.read_bytes(),
        "people/omar 2.jpg": OMAR.read_bytes(),
        "people/notes.txt": b"no picture",
        "__MACOSX/people/._omar.jpg": b"no picture either",
        "people/.hidden.jpg": b"nor this",
    }
    choose(desk, zipped(tmp_path / "people.zip", files, method))
    expect(desk.get_by_label("Name of the person")).to_have_count(2)
    assert names(desk) == ["이영희", "omar"]
    register(desk, 3)
    assert people(manager, group) == ["omar", "이영희"]


def test_korean_names_of_an_old_windows_are_read(desk: Page, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "old.zip", {"XXXXXX.jpg": PORTRAIT.read_bytes()})
    archive.write_bytes(archive.read_bytes().replace(b"XXXXXX", "김민수".encode("cp949")))
    choose(desk, archive)
    expect(desk.get_by_label("Name of the person")).to_have_value("김민수")


def test_paths_of_a_zip_file_are_names_and_nothing_else(desk: Page, tmp_path: Path) -> None:
    """One that climbs is left out, as what is hidden is."""
    files = {"../../etc/passwd/a.jpg": PORTRAIT.read_bytes(), "/root/b.jpg": OMAR.read_bytes()}
    choose(desk, zipped(tmp_path / "sly.zip", files))
    expect(desk.get_by_label("Name of the person")).to_have_count(1)
    assert names(desk) == ["root"]


def _bomb(folder: Path) -> Path:
    """A picture of 100 MB of nothing that says it is 1,000 bytes."""
    path = zipped(folder / "bomb.zip", {"bomb.jpg": bytes(100_000_000)})
    data = path.read_bytes().replace(struct.pack("<I", 100_000_000), struct.pack("<I", 1_000))
    path.write_bytes(data)
    return path


def test_what_a_zip_file_holds_too_much_of_is_not_unpacked(desk: Page, tmp_path: Path) -> None:
    choose(desk, _bomb(tmp_path), zipped(tmp_path / "honest.zip", {"huge.png": bytes(100_000_000)}))
    expect(desk.locator(".pictures li")).to_have_count(2)
    assert states(desk) == ["Larger than 7.5 MB. Make it smaller, or choose another one."] * 2
    expect(desk.get_by_role("button", name="Register", exact=True)).to_be_disabled()


def test_a_zip_file_of_too_many_files_is_refused(desk: Page, tmp_path: Path) -> None:
    choose(desk, zipped(tmp_path / "many.zip", {f"{number}.jpg": b"" for number in range(5_001)}))
    expect(desk.get_by_role("alert").filter(has_text="many.zip holds too much")).to_be_visible()
    expect(desk.locator(".pictures li")).to_have_count(0)


def _encrypted(whole: bytes) -> bytes:
    """Both headers say that the entry is encrypted."""
    local, central = whole.index(b"PK\x03\x04") + 6, whole.index(b"PK\x01\x02") + 8
    data = bytearray(whole)
    data[local] |= 1
    data[central] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda whole: whole[: len(whole) // 2], "is damaged, or not an ordinary ZIP file"),
        (lambda whole: b"no ZIP file at all", "is damaged, or not an ordinary ZIP file"),
        (lambda whole: b"", "is damaged, or not an ordinary ZIP file"),
        (lambda whole: whole[:60] + bytes(200) + whole[260:], "is damaged, or not an ordinary ZIP file"),
        (lambda whole: whole.replace(b"PK\x01\x02", b"PK\x01\x09"), "is damaged, or not an ordinary ZIP file"),
        (lambda whole: whole.replace(b"PK\x03\x04", b"PK\x03\x09"), "is damaged, or not an ordinary ZIP file"),
        (_encrypted, "is encrypted. Unpack it, and drop the folder."),
    ],
)
def test_a_zip_file_that_cannot_be_read_is_named(desk: Page, tmp_path: Path, damage: object, said: str) -> None:
    archive = zipped(tmp_path / "bad.zip", {"ines.jpg": PORTRAIT.read_bytes()})
    archive.write_bytes(damage(archive.read_bytes()))  # type: ignore[operator]
    choose(desk, archive)
    expect(desk.get_by_role("alert").filter(has_text=said)).to_be_visible()
    expect(desk.locator(".pictures li")).to_have_count(0)


def test_a_list_says_who_is_on_which_picture(desk: Page, manager: Person, group: str, tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    rows = ["path,external_image_id,name", "a.jpg,e-1207,김민수", '"b, c.jpg",,이영희', "gone.jpg,e-9,", ""]
    table.write_text("\r\n".join(rows), encoding="cp949")
    first, second = tmp_path / "a.jpg", tmp_path / "b, c.jpg"
    first.write_bytes(OMAR.read_bytes())
    second.write_bytes(PORTRAIT.read_bytes())
    choose(desk, first, second, table)
    expect(desk.get_by_text("Pictures of the list that are missing here: 1, the first gone.jpg.")).to_be_visible()
    assert names(desk) == ["김민수", "이영희"]
    expect(desk.get_by_text("id e-1207, from the list")).to_be_visible()
    register(desk, 2)
    assert people(manager, group) == ["김민수", "이영희"]
    assert manager.get(f"/apps/1/groups/{group}/person?id=e-1207").status_code == 200


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["file,who", "a.jpg,ines"], "a list has the columns path, external_image_id and name"),
        (["path", "a.jpg"], "a list has the columns path, external_image_id and name"),
        (["path,name", "a.jpg,"], "list.csv, line 2: a path is needed, and an id or a name."),
        (["path,name", 'a"b.jpg,ines'], "list.csv, line 2: a path is needed, and an id or a name."),
        (["path,external_image_id", "a.jpg,e 1"], "list.csv, line 2: an id has letters"),
    ],
)
def test_a_list_that_is_wrong_is_named_with_the_line(
    desk: Page, tmp_path: Path, rows: Sequence[str], said: str
) -> None:
    table = tmp_path / "list.csv"
    table.write_text("\n".join(rows))
    choose(desk, table)
    expect(desk.get_by_role("alert").filter(has_text=said)).to_be_visible()


def test_the_face_that_will_be_registered_is_shown_and_others_are_flagged(desk: Page, tmp_path: Path) -> None:
    both = tmp_path / "two of them.png"
    both.write_bytes(side_by_side(OMAR, PORTRAIT))
    choose(desk, both)
    row = desk.locator(".pictures li")
    expect(row.locator(".state")).to_have_text("2 faces: the largest, shown here, will be registered")
    expect(row.locator("canvas")).to_be_visible()
    desk.get_by_label("Every face in a picture").check()
    expect(row.locator(".state")).to_have_text("2 faces will be registered")


def test_a_picture_without_a_face_is_said_to_have_none_before_anything_is_registered(
    desk: Page, tmp_path: Path
) -> None:
    empty = tmp_path / "a view.png"
    Image.new("RGB", (300, 300), "steelblue").save(empty)
    choose(desk, empty)
    expect(desk.get_by_text("No face of at least 60 x 60 pixels was found.")).to_be_visible()
    expect(desk.get_by_role("button", name="Register", exact=True)).to_be_disabled()


def test_looking_at_a_picture_stores_nothing(manager: Person, group: str) -> None:
    status, seen = upload(manager, group, action="faces/look")
    assert status == 200
    assert len(seen["faces"]) == 1
    assert seen["known"] is None
    assert people(manager, group) == []


def test_one_picture_is_not_registered_twice(desk: Page, manager: Person, group: str, tmp_path: Path) -> None:
    for name in ("ines.jpg", "copy.jpg"):
        (tmp_path / name).write_bytes(PORTRAIT.read_bytes())
    choose(desk, tmp_path / "ines.jpg")
    choose(desk, tmp_path / "copy.jpg")
    expect(desk.get_by_text("The same picture as ines.jpg")).to_be_visible()
    register(desk, 1)
    assert people(manager, group) == ["ines"]

    desk.goto(f"/console/apps/1/groups/{group}/person?id=ines")
    desk.get_by_role("link", name="Add pictures").click()
    choose(desk, tmp_path / "ines.jpg")
    expect(desk.get_by_text("This picture is already registered as ines.")).to_be_visible()
    expect(desk.get_by_role("button", name="Register", exact=True)).to_be_disabled()

    # Whoever goes to another page meanwhile is asked first, and stays.
    questions: list[str] = []

    def stay(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.dismiss()

    desk.on("dialog", stay)
    desk.get_by_role("link", name="Overview").click()
    expect(desk.get_by_text("This picture is already registered as ines.")).to_be_visible()
    assert questions == ["beforeunload"]


def test_a_face_that_is_somebody_tells_so_before_it_is_registered(
    desk: Page, manager: Person, group: str, tmp_path: Path
) -> None:
    upload(manager, group, external_id="ines")
    (tmp_path / "another.jpg").write_bytes(SELFIE.read_bytes())
    choose(desk, tmp_path / "another.jpg")
    question = desk.get_by_text("This face is already registered as ines, with a similarity of 9")
    expect(question).to_be_visible()
    desk.get_by_label("Name of the person").fill("ines")
    desk.get_by_label("Who is ines?").select_option("ines, faces registered: 1")
    expect(question).to_have_count(0)
    register(desk, 1)
    assert people(manager, group) == ["ines"]


def test_a_picture_that_is_looked_at_by_a_busy_server_can_be_registered_all_the_same(
    desk: Page, manager: Person, group: str
) -> None:
    busy = {"status": 503, "json": {"error": "Busy."}}
    desk.route(lambda url: url.endswith("/faces/look"), lambda route: route.fulfill(**busy))
    choose(desk, OMAR)
    register(desk, 1)
    assert people(manager, group) == ["omar-selfie"]


def test_all_that_was_just_added_is_taken_back_at_once(desk: Page, manager: Person, group: str) -> None:
    upload(manager, group, external_id="before", picture=side_by_side(OMAR))
    choose(desk, PORTRAIT, OMAR)
    desk.get_by_role("button", name="Register anyway").click()
    register(desk, 2)
    desk.get_by_role("button", name="Undo all").click()
    expect(desk.get_by_text("Undone")).to_have_count(2)
    assert people(manager, group) == ["before"]


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "GIF", "BMP"])
def test_pictures_that_the_server_does_not_read_are_converted_by_the_browser(
    desk: Page, manager: Person, group: str, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"ines.{kind.lower()}"
    Image.open(PORTRAIT).save(path, kind)
    choose(desk, path)
    register(desk, 1)
    assert people(manager, group) == ["ines"]


def test_a_heic_that_this_browser_cannot_read_says_what_to_do(desk: Page, tmp_path: Path) -> None:
    path = tmp_path / "iphone.heic"
    path.write_bytes(b"\x00\x00\x00\x18ftypheic" + bytes(1000))
    choose(desk, path)
    expect(desk.get_by_text("Settings > Camera > Formats > Most Compatible")).to_be_visible()


@pytest.mark.parametrize("page", ["analyze", "compare"])
def test_a_picture_that_is_too_large_is_not_sent(
    context: BrowserContext, manager: Person, tmp_path: Path, page: str
) -> None:
    huge = tmp_path / "huge.jpg"
    huge.write_bytes(PORTRAIT.read_bytes() + bytes(60_000_000))
    desk = signed_in(context, manager)
    desk.goto(f"/console/apps/1/{page}")
    desk.wait_for_load_state("networkidle")
    sent: list[str] = []
    desk.on("request", lambda request: sent.append(request.method))
    desk.locator("input[type=file]").first.set_input_files(huge)
    expect(desk.get_by_text("Larger than 7.5 MB.").first).to_be_visible()
    assert "POST" not in sent
