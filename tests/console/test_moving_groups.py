"""An administrator moves a group to the newer recognition model, and is told what that changes."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, expect

from harness.console.browser import signed_in
from harness.console.person import Person
from harness.console.pictures import upload
from harness.servers import Server, visavis
from tests.packs import older_and_newer

ASSETS = Path(str(resources.files("visavis"))) / "assets"


@pytest.fixture
def group(server: Server, tmp_path: Path) -> str:
    """A group of the first app with a face in it, made while the older model was the one of new groups."""
    old, _ = older_and_newer()
    name = f"older-{uuid4().hex[:8]}"
    (tmp_path / "ines.jpg").write_bytes((ASSETS / "ines-portrait.jpg").read_bytes())
    where = ("--app", "default", "--group", name, "--create", "--data-dir", str(server.data_dir))
    visavis("import", str(tmp_path), *where, settings={"RECOGNITION_MODEL": old})
    return name


def test_the_button_asks_first_and_then_moves_the_group(
    context: BrowserContext, administrator: Person, group: str
) -> None:
    old, new = older_and_newer()
    page = signed_in(context, administrator)
    page.goto(f"/console/apps/1/groups/{group}/settings")
    expect(page.get_by_text(f"Model {old}")).to_be_visible()
    page.get_by_role("button", name=f"Move to {new}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Similarities are on a different scale afterwards")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name=f"Move to {new}").click()
    dialog.get_by_role("button", name="Move the group").click()
    expect(page.get_by_role("status").filter(has_text="The group was moved.")).to_be_visible()
    expect(page.get_by_text(f"Model {new}")).to_be_visible()
    expect(page.get_by_role("button", name=f"Move to {new}")).to_have_count(0)
    page.goto(f"/console/apps/1/groups/{group}/search")
    page.locator("#drop input").set_input_files(ASSETS / "ines-selfie.jpg")
    expect(page.get_by_role("heading", name="1 match")).to_be_visible()


def test_a_move_is_on_record_under_the_name_of_who_made_it(administrator: Person, group: str) -> None:
    old, new = older_and_newer()
    answer = administrator.post(f"/apps/1/groups/{group}/upgrade", model=new)
    assert answer.status_code == 303
    record = administrator.get(f"/audit?operation=upgrade_group&group={group}").text
    assert administrator.name in record
    assert f"from {old} to {new}" in record


def test_who_is_no_administrator_is_not_offered_the_button(manager: Person, viewer: Person, group: str) -> None:
    for person in (manager, viewer):
        assert "upgrade" not in person.get(f"/apps/1/groups/{group}/settings").text
        assert person.post(f"/apps/1/groups/{group}/upgrade", model="any").status_code == 403


def test_the_status_tells_of_models_that_groups_can_leave(administrator: Person, group: str) -> None:
    _, new = older_and_newer()
    assert f"groups can move to {new}" in administrator.get("/status").text


def test_a_model_that_nothing_leads_to_is_refused_with_the_reason(administrator: Person) -> None:
    name = f"stays-{uuid4().hex[:8]}"
    administrator.post("/apps/1/groups", name=name)
    upload(administrator, name, external_id="ines")
    for model in ("nowhere", ""):
        answer = administrator.post(f"/apps/1/groups/{name}/upgrade", model=model)
        assert answer.status_code == 422
        assert "with a similarity scale" in answer.text
    page = administrator.get(f"/apps/1/groups/{name}/settings").text
    assert "Move to" not in page
    status, answer = upload(administrator, name, action="search")
    assert (status, len(answer["matches"])) == (200, 1)
