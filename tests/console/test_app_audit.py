"""What the audit log says of an app: who changed whose role, and what managers get to read of it."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx

from harness.console.person import Crowd, Person
from harness.servers import Server
from tests.console.conftest import give


def rows_of(page: httpx.Response) -> list[str]:
    assert page.status_code == 200
    return page.text.partition("<tbody>")[2].split("<tr>")[1:]


def test_each_change_of_a_role_is_on_record_with_who_and_what(administrator: Person, crowd: Crowd) -> None:
    person = crowd.newcomer("viewer")
    give(administrator, person, "manager")
    [record] = [
        row
        for row in rows_of(administrator.get("/audit?operation=change_app_role"))
        if f"user {person.name}:" in row
    ]
    assert f"user {person.name}: manager, was viewer" in record
    assert administrator.name in record
    # The manager of the app sees it too.
    assert f"user {person.name}: manager, was viewer" in person.get("/apps/1/audit").text


def test_a_manager_reads_the_records_of_the_app_and_of_no_other(
    server: Server, administrator: Person, crowd: Crowd, lab: str
) -> None:
    name = f"audited-{uuid4().hex[:8]}"
    assert administrator.post(f"/apps/{lab}/groups", name=name).status_code == 303
    manager = crowd.newcomer("manager")
    for query in ("", "?app=", f"?group={name}", f"?app_id={lab}", "?operation=invite_user", "?before=999999"):
        page = manager.get(f"/apps/1/audit{query}")
        assert rows_of(page)
        assert not any(name in row or "invite_user" in row for row in rows_of(page))
    assert name in administrator.get(f"/apps/{lab}/audit").text


def test_an_app_does_not_inherit_the_records_of_one_that_had_its_name(
    server: Server, administrator: Person, crowd: Crowd
) -> None:
    name = f"twice-{uuid4().hex[:8]}"
    server.create_app(name)
    [first] = re.findall(rf'/apps/(\d+)">{name}</a>', administrator.get("/apps").text)
    administrator.post(f"/apps/{first}/groups", name="of-the-first")
    assert administrator.post(f"/apps/{first}/delete", confirmation=name).status_code == 303
    server.create_app(name)
    manager = crowd.newcomer("manager", apps=[name])
    [second] = re.findall(rf'/apps/(\d+)/groups"[^>]*><span>{name}</span>', manager.get("/").text)
    assert "of-the-first" in administrator.get(f"/audit?app={name}").text
    page = manager.get(f"/apps/{second}/audit")
    assert rows_of(page)
    assert "of-the-first" not in page.text


def test_reading_the_audit_trail_again_writes_no_further_record(crowd: Crowd, administrator: Person) -> None:
    reader = crowd.newcomer("administrator")
    for _ in range(6):
        for path in ("/audit", "/audit?operation=read_audit", "/apps/1/audit"):
            assert reader.get(path).status_code == 200
    rows = rows_of(administrator.get("/audit?operation=read_audit"))
    mine = [row for row in rows if reader.name in row]
    # One of all apps and one of the app, and as many again if an hour ended meanwhile.
    assert len(mine) in {2, 3, 4}
