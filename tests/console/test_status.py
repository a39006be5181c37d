"""The page on the state of the server, and the audit log: what happened is there, and nobody else sees it."""

from __future__ import annotations

import re
from uuid import uuid4

from harness.console.person import Crowd, Person
from harness.console.pictures import OMAR, upload
from harness.servers import Server


def test_the_state_of_the_server_is_there_for_administrators(server: Server, administrator: Person) -> None:
    keys = server.create_app(f"app-{uuid4().hex[:8]}")
    with server.v2(keys) as client:
        assert client.get("/groups", params={"limit": 1}).json()["header"]["isSuccessful"]
        client.get("/groups/no-such-group")
    page = administrator.get("/status")
    assert page.status_code == 200
    assert "Requests of the last hour" in page.text
    assert re.search(r"Besides these, [1-9]\d* actions? in the console", page.text)
    assert "yunet-2023mar" in page.text
    assert "Apache-2.0" in page.text
    assert "of 1,024 MB" in page.text
    assert "There is no group with this id." in page.text
    assert keys.appKey not in page.text
    korean = administrator.get("/status", headers={"Accept-Language": "ko"})
    assert "이 ID의 그룹이 없습니다." in korean.text
    assert "There is no group with this id." not in korean.text


def test_a_group_that_is_searched_is_loaded_into_memory(manager: Person, administrator: Person) -> None:
    name = f"loaded-{uuid4().hex[:8]}"
    manager.post("/apps/1/groups", name=name)
    upload(manager, name, external_id="ines")
    status, answer = upload(manager, name, action="search")
    assert (status, len(answer["matches"])) == (200, 1)
    assert "0 groups loaded" not in administrator.get("/status").text


def test_what_people_do_in_the_console_is_on_record_under_their_names(crowd: Crowd, administrator: Person) -> None:
    person = crowd.newcomer("manager")
    name = f"recorded-{uuid4().hex[:8]}"
    person.post("/apps/1/groups", name=name)
    person.post("/apps/1/groups", name=name)
    crowd.sign_in(person.name, person.password)
    [row] = rows(administrator, group=name)
    assert "Create group" in row
    assert person.name in row
    [row] = rows(administrator, who=f"user:{person.name}", operation="create_group", result="failed")
    assert "A value that is not valid" in row
    assert 'title="invalid_parameter"' in row
    signed = administrator.get("/audit?operation=sign_in").text
    assert person.name in signed
    opened = administrator.get("/audit?operation=open_account").text
    assert f"user {person.name}: member, manager in apps 1" in opened


def test_a_failed_attempt_to_sign_in_is_on_record_without_what_was_typed(
    crowd: Crowd, administrator: Person
) -> None:
    typed = f"my secret instead of a name {uuid4().hex}"
    crowd.sign_in(typed, "some wrong password or other")
    page = administrator.get("/audit?operation=sign_in").text
    assert "Wrong or missing credentials" in page
    assert typed not in page


def test_the_audit_trail_is_narrowed_by_what_there_is_to_choose_from(
    server: Server, administrator: Person, manager: Person
) -> None:
    name, who = f"narrowed-{uuid4().hex[:8]}", f"ines-{uuid4().hex[:8]}"
    manager.post("/apps/1/groups", name=name)
    upload(manager, name, external_id=who, name="이네스")
    upload(manager, name, picture=OMAR.read_bytes(), external_id="omar")
    page = administrator.get("/audit", params={"group": name, "person": who}).text
    for choice in ("default", name, f"user:{manager.name}", "register_faces", "failed"):
        assert f'<option value="{choice}"' in page
    [row] = rows(administrator, group=name, person=who)
    assert rows(administrator, group=name, person="이네스", who=f"user:{manager.name}") == [row]
    assert ">이네스</a>" in row
    face = re.findall(r'<span class="mono">([0-9a-f-]{36})</span>', row)[0]
    assert rows(administrator, person=face) == [row]
    assert rows(administrator, person=who, result="failed") == rows(administrator, person="nobody-at-all") == []
    assert rows(administrator, person=who, who="command") == rows(administrator, person=who, to="2020-01-01") == []
    manager.post(f"/apps/1/groups/{name}/person/delete?id={who}", id=who)
    assert rows(administrator, person=who) == []
    deleted, registered = rows(administrator, person=face)
    assert "Delete person" in deleted
    assert "이네스" not in registered


def test_whoever_reads_the_audit_trail_in_korean_reads_no_english(administrator: Person) -> None:
    page = administrator.get("/audit", headers={"Accept-Language": "ko"}).text
    for choice in ("operation", "result"):
        options = page.partition(f'<select id="{choice}"')[2].partition("</select>")[0]
        words = re.findall(r"<option[^>]*>([^<]+)<|label=\"([^\"]+)\"", options)
        assert len(words) > 2
        assert [each for each in words if not re.search("[가-힣]", "".join(each))] == []


def test_managers_read_the_records_of_their_app_in_korean_too(manager: Person) -> None:
    manager.post("/apps/1/groups", name=f"korean-{uuid4().hex[:8]}")
    page = manager.get("/apps/1/audit", headers={"Accept-Language": "ko"}).text
    assert "create_group" in page
    operations = re.findall(r'<td><span title="\w+">([^<]+)<', page)
    assert operations
    assert [each for each in operations if not re.search("[가-힣]", each)] == []


def rows(reader: Person, /, **filters: str) -> list[str]:
    page = reader.get("/audit", params=filters)
    assert page.status_code == 200
    return re.findall(r"<tr>(.*?)</tr>", page.text.partition("<tbody>")[2], re.DOTALL)


def test_the_whole_audit_trail_is_for_administrators(manager: Person) -> None:
    assert manager.get("/audit").status_code == 403
    assert 'href="/console/audit"' not in manager.get("/").text


def test_the_audit_trail_goes_back_page_by_page(administrator: Person) -> None:
    page = administrator.get("/audit?before=3").text
    assert ">2<" in page.replace(" ", "").replace("\n", "")
    assert ">3</td>" not in page
    assert "No record matches all of these filters." in administrator.get("/audit?app=no-such-app").text
