"""Roles in apps: what each allows in deed, what it hides, and that nobody gets more by any other way."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from harness.console.browser import signed_in
from harness.console.events import record_events
from harness.console.person import PASSWORD, Crowd, Person, csrf
from harness.console.pictures import OMAR, upload
from harness.servers import Server
from tests.console.conftest import give, number_of
from visavis import app as wiring
from visavis.console.routes import ROUTES
from visavis.core.accounts import INVITATION_LIFE, digest
from visavis.identities import AppRole, Role
from visavis.settings import Settings

RANKS = list(AppRole)
NO_ROLE = "Your role does not allow this. Ask an administrator."
NOT_THERE = "This page does not exist, or has been deleted."


@pytest.fixture(scope="module")
def people(crowd: Crowd) -> dict[AppRole, Person]:
    """A member of each role in the app `default`, which is number 1."""
    return {role: crowd.newcomer(role.value) for role in AppRole}


@pytest.fixture
def group(administrator: Person) -> str:
    """A group in which Ines is registered."""
    name = f"roles-{uuid4().hex[:8]}"
    assert administrator.post("/apps/1/groups", name=name).status_code == 303
    assert upload(administrator, name, external_id="e-1", name="이네스")[0] == 200
    return name


def persons(administrator: Person, group: str) -> str:
    return administrator.get(f"/apps/1/groups/{group}/persons").text


def face_of(administrator: Person, group: str) -> str:
    [face] = re.findall(r"/faces/([0-9a-f-]{36})/delete", administrator.get(f"/apps/1/groups/{group}").text)
    return str(face)


Deed = Callable[[Person, str], int]
DEEDS: list[tuple[AppRole, str, Deed]] = [
    (AppRole.DOOR, "look", lambda who, group: upload(who, group, "door/look")[0]),
    (AppRole.VIEWER, "search", lambda who, group: upload(who, group, "search")[0]),
    (AppRole.VIEWER, "list", lambda who, group: who.get(f"/apps/1/groups/{group}/persons").status_code),
    (AppRole.OPERATOR, "register", lambda who, group: upload(who, group, picture=OMAR.read_bytes())[0]),
    (
        AppRole.OPERATOR,
        "rename",
        lambda who, group: who.post(f"/apps/1/groups/{group}/person", id="e-1", name="다른 이름").status_code,
    ),
    (
        AppRole.OPERATOR,
        "delete a person",
        lambda who, group: who.post(f"/apps/1/groups/{group}/person/delete", id="e-1").status_code,
    ),
    (
        AppRole.MANAGER,
        "switch events on",
        lambda who, group: record_events(who, f"/apps/1/groups/{group}", events="on", event_days="7"),
    ),
    (
        AppRole.MANAGER,
        "delete a group",
        lambda who, group: who.post(f"/apps/1/groups/{group}/delete", confirmation=group).status_code,
    ),
]


@pytest.mark.parametrize("role", AppRole)
def test_a_role_allows_its_deeds_and_those_before_and_no_other(
    administrator: Person, people: dict[AppRole, Person], group: str, role: AppRole
) -> None:
    before = persons(administrator, group)
    for least, deed, act in sorted(DEEDS, key=lambda each: -RANKS.index(each[0])):
        if RANKS.index(role) < RANKS.index(least):
            assert (deed, act(people[role], group)) == (deed, 403)
    assert persons(administrator, group) == before
    for least, deed, act in DEEDS:
        if RANKS.index(role) >= RANKS.index(least):
            assert act(people[role], group) in {200, 303}, deed


def test_a_manager_has_the_keys_of_the_app_and_nothing_else_of_it(
    administrator: Person, people: dict[AppRole, Person]
) -> None:
    manager = people[AppRole.MANAGER]
    page = manager.get("/apps/1").text
    assert "/apps/1/keys" in page
    assert not any(f"/apps/1/{action}" in page for action in ("dialects", "rate", "delete"))
    made = manager.page_after("/apps/1/keys", overlap="24")
    assert "These are the new keys" in made.text or "shown only once" in made.text
    for action in ("dialects", "rate", "delete"):
        answer = manager.post(f"/apps/1/{action}", confirmation="default", rate="1", period="day")
        assert (answer.status_code, NO_ROLE in answer.text) == (403, True)
    assert "default" in administrator.get("/apps").text


def test_a_door_names_who_stands_there_and_shows_no_list_of_people(
    people: dict[AppRole, Person], group: str
) -> None:
    door = people[AppRole.DOOR]
    status, seen = upload(door, group, "door/look", threshold="0", limit="100")
    assert status == 200
    [match] = seen["matches"]
    assert match.keys() == {"faceId", "externalId", "name", "similarity"}
    assert match["name"] == "이네스"
    # Omar is nobody here, whatever similarity is asked for.
    assert upload(door, group, "door/look", OMAR.read_bytes(), threshold="0", limit="100")[1]["matches"] == []
    home, doors = door.get("/").text, door.get("/apps/1/doors").text
    assert f"/apps/1/groups/{group}/door" in doors
    for page in (home, doors, door.get(f"/apps/1/groups/{group}/door").text):
        assert "이네스" not in page
        assert "e-1" not in page
        assert not re.search(r'href="[^"]*/(groups|status|audit|analyze|compare|users)"', page)
        assert f'href="/console/apps/1/groups/{group}"' not in page


def test_a_door_has_the_server_fetch_nothing(people: dict[AppRole, Person], group: str) -> None:
    door = people[AppRole.DOOR]
    answer = door.client.post(
        f"/console/apps/1/groups/{group}/door/look",
        headers={"X-CSRF-Token": door.token(), "Accept": "application/json"},
        files={"other": b"x"},
        data={"picture_url": "http://192.0.2.1/ines.jpg"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")


def paths_of(app: str, group: str) -> Iterator[tuple[str, str]]:
    """Every route in an app."""
    ids = {"group_id": group, "face_id": "no-such-face", "key_id": "1", "user_id": "1"}
    for route in ROUTES:
        if route.path.startswith("/apps/{app_id}"):
            yield route.method, route.path.format(app_id=app, **ids)


@pytest.mark.parametrize("role", AppRole)
def test_an_app_without_a_role_is_not_there_whatever_is_asked_of_it(
    administrator: Person, people: dict[AppRole, Person], lab: str, role: AppRole
) -> None:
    person = people[role]
    token, unknown = person.token(), "987654"
    for (method, path), (_, other) in zip(paths_of(lab, "secret"), paths_of(unknown, "secret"), strict=True):
        given = {"data": {"csrf": token, "confirmation": "secret"}} if method == "POST" else {}
        answer = person.client.request(method, f"/console{path}", **given)  # type: ignore[arg-type]
        as_unknown = person.client.request(method, f"/console{other}", **given)  # type: ignore[arg-type]
        assert (path, answer.status_code) == (path, 404)
        assert NOT_THERE in answer.text
        assert answer.text.replace(path, "") == as_unknown.text.replace(other, "")
    assert "lab-" not in person.get("/").text
    assert administrator.get(f"/apps/{lab}/groups/secret").status_code == 200


def test_a_tab_from_before_the_role_was_taken_away_changes_nothing(
    administrator: Person, crowd: Crowd, group: str
) -> None:
    person = crowd.newcomer("operator")
    face, tab = face_of(administrator, group), person.get(f"/apps/1/groups/{group}")
    assert f"/faces/{face}/delete" in tab.text
    give(administrator, person, "viewer")
    sent = {"csrf": csrf(tab)}
    answer = person.client.post(f"/console/apps/1/groups/{group}/faces/{face}/delete", data=sent)
    assert (answer.status_code, NO_ROLE in answer.text) == (403, True)
    assert face_of(administrator, group) == face
    assert "/delete" not in person.get(f"/apps/1/groups/{group}").text
    give(administrator, person, "none")
    answer = person.client.post(f"/console/apps/1/groups/{group}/faces/{face}/delete", data=sent)
    assert (answer.status_code, NOT_THERE in answer.text) == (404, True)
    assert person.is_in()
    assert "You have no role in any app" in person.get("/").text
    assert "No role in any app" in person.get("/profile").text
    give(administrator, person, "operator")
    answer = person.client.post(f"/console/apps/1/groups/{group}/faces/{face}/delete", data=sent)
    assert answer.status_code == 303


@pytest.mark.parametrize("role", AppRole)
def test_nobody_gives_roles_but_administrators(
    administrator: Person, people: dict[AppRole, Person], role: AppRole
) -> None:
    person = people[role]
    number = number_of(administrator, person)
    for path, fields in (
        (f"/users/{number}/apps/1", {"role": "manager"}),
        (f"/users/{number}/role", {"role": "administrator"}),
        ("/users/invite", {"role": "administrator"}),
    ):
        answer = person.post(path, **fields)
        assert (answer.status_code, NO_ROLE in answer.text) == (403, True)
    assert person.get("/users").status_code == 403
    status = person.get("/apps/1").status_code
    assert status == (200 if role is AppRole.MANAGER else 403)


def test_a_role_that_was_written_into_the_database_is_noticed(
    server: Server, administrator: Person, crowd: Crowd, group: str
) -> None:
    person = crowd.newcomer("door")
    number = number_of(administrator, person)
    with altered(server, number, "1 manager"):
        for path in ("/", f"/apps/1/groups/{group}", "/apps/1"):
            answer = person.get(path)
            assert answer.status_code == 500
            assert "이네스" not in answer.text
        assert upload(person, group, "door/look")[0] == 500
    assert person.get("/apps/1").status_code == 403
    assert upload(person, group, "door/look")[0] == 200


@contextmanager
def altered(server: Server, number: str, roles: str) -> Iterator[None]:
    """Somebody without a key writes roles into a user's row, and in the end what was there."""
    write = "UPDATE users SET app_roles = ? WHERE id = ?"
    with closing(sqlite3.connect(server.data_dir / "visavis.db", timeout=30)) as connection:
        (before,) = connection.execute("SELECT app_roles FROM users WHERE id = ?", (number,)).fetchone()
        connection.execute(write, (roles, number))
        connection.commit()
        try:
            yield
        finally:
            connection.execute(write, (before, number))
            connection.commit()


def invited(administrator: Person, **fields: str) -> str:
    """The secret of an invitation that was made on the page."""
    answer = administrator.post("/users/invite", **fields)
    assert answer.status_code == 303
    return answer.cookies["visavis-made"].rpartition("|")[2]


def accepted(crowd: Crowd, secret: str, **more: str) -> Person:
    """Somebody who has followed the link."""
    name, client = f"invited-{uuid4().hex[:8]}", crowd.browser()
    fields = {"csrf": csrf(client.get("/console/setup")), "code": secret, "name": name, "password": PASSWORD}
    assert client.post("/console/setup", data=fields | more).status_code == 303
    return Person(name, PASSWORD, client, crowd.server)


def test_an_invitation_into_one_app_is_good_for_nothing_in_another(
    administrator: Person, crowd: Crowd, lab: str
) -> None:
    secret = invited(administrator, role="manager", app_1="on")
    # What a newcomer adds to the form counts for nothing.
    person = accepted(crowd, secret, role="administrator", app_roles=f"{lab} manager", **{f"app_{lab}": "on"})
    assert person.get("/apps/1").status_code == 200
    assert person.get(f"/apps/{lab}").status_code == 404
    assert person.get(f"/apps/{lab}/groups/secret").status_code == 404
    assert person.get("/users").status_code == 403


def test_an_invitation_into_two_apps_gives_the_role_in_both(administrator: Person, crowd: Crowd, lab: str) -> None:
    person = accepted(crowd, invited(administrator, role="viewer", app_1="on", **{f"app_{lab}": "on"}))
    for app in ("1", lab):
        assert person.get(f"/apps/{app}/groups").status_code == 200
        assert person.get(f"/apps/{app}/analyze").status_code == 403


def test_an_invitation_takes_as_many_apps_as_a_large_server_has(administrator: Person, crowd: Crowd) -> None:
    gone = {f"app_{number}": "on" for number in range(900_000, 900_300)}
    assert (
        accepted(crowd, invited(administrator, role="viewer", app_1="on", **gone)).get("/apps/1/groups").is_success
    )


def test_an_invitation_into_no_app_is_refused_with_a_reason(administrator: Person) -> None:
    answer = administrator.post("/users/invite", role="viewer", app_987654="on")
    assert answer.status_code == 422
    assert "Choose at least one app for this role." in answer.text
    assert "visavis-made" not in answer.cookies


@pytest.mark.parametrize("role", ["", "administrator", "owner", "member"])
def test_a_role_in_an_app_is_one_that_there_is(
    administrator: Person, people: dict[AppRole, Person], role: str
) -> None:
    number = number_of(administrator, people[AppRole.VIEWER])
    assert administrator.post(f"/users/{number}/apps/1", role=role).status_code == 422
    assert administrator.post(f"/users/{number}/apps/987654", role="viewer").status_code == 404
    assert administrator.post("/users/987654/apps/1", role="viewer").status_code == 404
    assert administrator.get("/users/x/apps").status_code == 404


def test_an_administrator_has_no_roles_in_apps_to_be_set(administrator: Person, crowd: Crowd) -> None:
    other = crowd.newcomer("administrator")
    number = number_of(administrator, other)
    assert "Administrators can do everything in every app." in administrator.get(f"/users/{number}/apps").text
    answer = administrator.post(f"/users/{number}/apps/1", role="viewer")
    assert answer.status_code == 409
    assert "Only members have roles in apps." in answer.text
    assert administrator.post(f"/users/{number}/role", role="member").status_code == 303
    assert "You have no role in any app" in other.get("/").text


def of_before(server: Server, crowd: Crowd, role: Role) -> Person:
    """Somebody whose invitation is from before there were roles in apps."""
    secret = uuid4().hex
    with wiring.open_accounts(Settings(data_dir=server.data_dir)) as accounts:
        later = accounts.clock() + INVITATION_LIFE
        accounts._store.add_invitation(digest(secret), role, None, later)
    return accepted(crowd, secret)


def test_who_was_an_operator_before_there_were_roles_in_apps_keeps_that_until_a_role_is_set(
    server: Server, administrator: Person, crowd: Crowd, group: str, lab: str
) -> None:
    person = of_before(server, crowd, Role.FORMER_OPERATOR)
    for path in ("/status", f"/apps/{lab}/groups/secret", f"/apps/1/groups/{group}/add"):
        assert person.get(path).status_code == 200
    assert person.post("/apps/1/groups", name=f"former-{uuid4().hex[:8]}").status_code == 303
    assert person.get("/apps/1").status_code == person.get("/audit").status_code == 403
    page = administrator.get(f"/users/{number_of(administrator, person)}/apps").text
    assert "This account is from before there were roles in apps" in page
    give(administrator, person, "none", lab)
    assert person.get("/status").status_code == 403
    assert person.get(f"/apps/{lab}/groups/secret").status_code == 404
    assert person.get(f"/apps/1/groups/{group}/add").status_code == 200
    assert person.post("/apps/1/groups", name="not any more").status_code == 403


def test_who_was_a_viewer_before_there_were_roles_in_apps_searches_nothing(
    server: Server, crowd: Crowd, group: str
) -> None:
    person = of_before(server, crowd, Role.FORMER_VIEWER)
    assert person.get(f"/apps/1/groups/{group}/persons").status_code == 200
    assert person.get("/status").status_code == 200
    assert "There is no group of this id." not in person.get("/status").text
    assert upload(person, group, "search")[0] == upload(person, group, "door/look")[0] == 403


def test_roles_are_set_on_a_page_and_a_door_view_is_found_from_the_first_page(
    chromium: Browser, administrator: Person, crowd: Crowd, group: str
) -> None:
    person = crowd.newcomer("viewer")
    context = chromium.new_context(base_url=administrator.server.url, locale="en-GB", reduced_motion="reduce")
    desk = signed_in(context, administrator)
    desk.goto("/console/users")
    desk.get_by_role("link", name=f"Roles of {person.name} in apps").click()
    desk.get_by_label("Role in default", exact=True).select_option("Door")
    desk.get_by_role("button", name="Change the role in default", exact=True).click()
    expect(desk.get_by_role("status").filter(has_text="The role was changed.")).to_be_visible()
    expect(desk.get_by_label("Role in default", exact=True)).to_have_value("door")
    for width in (1280, 390):
        desk.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(desk)
        assert found.violations_count == 0, found.generate_report()
        assert desk.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
    tablet = chromium.new_context(base_url=administrator.server.url, locale="ko-KR", reduced_motion="reduce")
    door = signed_in(tablet, person)
    door.goto("/console/")
    assert Axe().run(door).violations_count == 0
    door.get_by_role("main").get_by_role("link", name="출입문 화면").click()
    expect(door.get_by_role("heading", name="출입문 화면")).to_be_visible()
    assert Axe().run(door).violations_count == 0
    door.get_by_role("link", name=group).click()
    expect(door.get_by_role("heading", name=group)).to_be_visible()
    door.get_by_role("link", name="나가기").click()
    expect(door).to_have_url(f"{administrator.server.url}/console/apps/1/doors")
    tablet.close()
