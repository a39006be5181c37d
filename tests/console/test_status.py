"""The page on the state of the server, and the audit trail: what happened is there, and nobody else sees it."""

from __future__ import annotations

from uuid import uuid4

from harness.console.person import Crowd, Person
from harness.console.pictures import upload
from harness.servers import Server


def test_the_state_of_the_server_is_there_for_everybody_who_may_sign_in(
    server: Server, viewer: Person, operator: Person
) -> None:
    keys = server.create_app(f"app-{uuid4().hex[:8]}")
    with server.v2(keys) as client:
        assert client.get("/groups", params={"limit": 1}).json()["header"]["isSuccessful"]
        client.get("/groups/no-such-group")
    for person, sees_errors in ((viewer, False), (operator, True)):
        page = person.get("/status")
        assert page.status_code == 200
        assert "Requests of the last hour" in page.text
        assert "yunet-2023mar" in page.text
        assert "Apache-2.0" in page.text
        assert "of 1,024 MB" in page.text
        assert ("There is no group of this id." in page.text) is sees_errors
    assert keys.appKey not in operator.get("/status").text


def test_a_group_that_is_searched_is_loaded_into_memory(operator: Person) -> None:
    name = f"loaded-{uuid4().hex[:8]}"
    operator.post("/apps/1/groups", name=name)
    upload(operator, name, external_id="ines")
    status, answer = upload(operator, name, action="search")
    assert (status, len(answer["matches"])) == (200, 1)
    assert "0 groups loaded" not in operator.get("/status").text


def test_what_people_do_in_the_console_is_on_record_under_their_names(crowd: Crowd, administrator: Person) -> None:
    person = crowd.newcomer("operator")
    name = f"recorded-{uuid4().hex[:8]}"
    person.post("/apps/1/groups", name=name)
    person.post("/apps/1/groups", name=name)
    crowd.sign_in(person.name, person.password)
    page = administrator.get(f"/audit?group={name}").text
    assert page.count(">create_group<") == page.count(person.name) == 1
    refused = administrator.get("/audit?operation=create_group").text
    assert "invalid_parameter" in refused
    signed = administrator.get("/audit?operation=sign_in").text
    assert person.name in signed
    opened = administrator.get("/audit?operation=open_account").text
    assert f"user {person.name}: operator" in opened


def test_a_failed_attempt_to_sign_in_is_on_record_without_what_was_typed(
    crowd: Crowd, administrator: Person
) -> None:
    typed = f"my secret instead of a name {uuid4().hex}"
    crowd.sign_in(typed, "some wrong password or other")
    page = administrator.get("/audit?operation=sign_in").text
    assert "unauthorized" in page
    assert typed not in page


def test_the_audit_trail_is_for_administrators(operator: Person) -> None:
    assert operator.get("/audit").status_code == 403
    assert 'href="/console/audit"' not in operator.get("/").text


def test_the_audit_trail_goes_back_page_by_page(administrator: Person) -> None:
    page = administrator.get("/audit?before=3").text
    assert ">2<" in page.replace(" ", "").replace("\n", "")
    assert ">3</td>" not in page
    assert "No record agrees with all of this." in administrator.get("/audit?app=no-such-app").text
