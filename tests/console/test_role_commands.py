"""Commands give, show and take away roles beside a running server, and say in a sentence what they cannot do."""

from __future__ import annotations

import subprocess
from uuid import uuid4

import pytest

from harness.console.person import Crowd, Person
from harness.servers import Server, visavis


def console(server: Server, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    place = ("--data-dir", str(server.data_dir))
    return visavis("console", *words, *place, check=check, settings=server.settings)


def test_a_role_is_shown_set_and_taken_away_and_holds_at_the_next_request(server: Server, crowd: Crowd) -> None:
    lab = server.create_app(f"lab-{uuid4().hex[:8]}").name
    person = crowd.newcomer("viewer", apps=["default", lab])
    assert console(server, "roles", person.name).stdout.splitlines() == [
        "member",
        "viewer in default",
        f"viewer in {lab}",
    ]
    assert person.get("/apps/1/analyze").status_code == 403
    done = console(server, "set-role", person.name, "--role", "operator", "--app", "default")
    assert done.stdout.strip() == f"{person.name}: member; operator in default; viewer in {lab}"
    assert person.get("/apps/1/analyze").status_code == 200
    console(server, "set-role", person.name, "--role", "none", "--app", "default")
    assert person.get("/apps/1/analyze").status_code == 404
    listed = console(server, "users").stdout
    assert f"{'member':<14} {person.name} (viewer in {lab})\n" in listed
    console(server, "set-role", person.name, "--role", "administrator")
    assert person.get("/users").status_code == 200
    done = console(server, "set-role", person.name, "--role", "member")
    assert done.stdout.strip() == f"{person.name}: member"
    assert person.get("/users").status_code == 403


def test_what_commands_do_to_roles_is_on_record(server: Server, administrator: Person, crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    console(server, "set-role", person.name, "--role", "door", "--app", "default")
    page = administrator.get("/apps/1/audit").text
    assert f"user {person.name}: door, was viewer" in page
    assert '<span title="change_app_role">Change role in app</span>' in page


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("invite", "--role", "viewer"), "Name the apps"),
        (("invite", "--app", "default"), "Administrators need no --app"),
        (("invite", "--role", "viewer", "--app", "no-such-app"), "no-such-app"),
        (("invite", "--role", "member"), "Invalid value for '--role'"),
        (("roles", "nobody-of-this-name"), "There is no user named 'nobody-of-this-name'."),
        (("set-role", "nobody-of-this-name", "--role", "member"), "There is no user named"),
        (("set-role", "nobody-of-this-name", "--role", "viewer"), "Name the app"),
        (("set-role", "nobody-of-this-name", "--role", "member", "--app", "default"), "leave --app out"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(server: Server, words: tuple[str, ...], why: str) -> None:
    failed = console(server, *words, check=False)
    assert failed.returncode != 0
    assert why in " ".join(failed.stderr.replace("│", " ").split())
    assert failed.stdout == ""
    assert "Traceback" not in failed.stderr


def test_an_administrator_gets_no_role_in_an_app(server: Server, administrator: Person) -> None:
    words = ("set-role", administrator.name, "--role", "viewer", "--app", "default")
    failed = console(server, *words, check=False)
    assert failed.returncode != 0
    assert "make it a member first" in " ".join(failed.stderr.split())
    assert administrator.get("/users").status_code == 200
