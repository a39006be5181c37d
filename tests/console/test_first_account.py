"""The first start prints a link; whoever opens it becomes the administrator, and the link is used up."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from harness.console.person import PASSWORD, browser_of, csrf
from harness.servers import Server, running_server


def printed_link(server: Server) -> str:
    found = re.findall(r"^http://\S+/console/setup#\S+$", server.log.read_text(), flags=re.MULTILINE)
    return str(found[-1])


def test_the_link_of_the_first_start_opens_an_administrators_account_once(
    tmp_path: Path, chromium: Browser
) -> None:
    with running_server(tmp_path, terminal=True) as server:
        link = printed_link(server)
        page = chromium.new_page(locale="en-GB")
        page.goto(f"{server.url}/")
        expect(page).to_have_url(f"{server.url}/console/setup")
        page.goto(link)
        expect(page).to_have_url(f"{server.url}/console/setup")
        expect(page.get_by_text("Your link has been read.")).to_be_visible()
        page.get_by_label("Name").fill("Ines")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Create account").click()
        expect(page.get_by_role("heading", name="Hello, Ines")).to_be_visible()
        expect(page.get_by_role("link", name="Users")).to_be_visible()
        page.close()

        with browser_of(server) as client:
            fields = {"csrf": csrf(client.get("/console/setup")), "name": "Omar", "password": PASSWORD}
            again = client.post("/console/setup", data=fields | {"code": link.partition("#")[2]})
        assert again.status_code == 422
        assert "has been used" in again.text

    with running_server(tmp_path, log="second.log", terminal=True) as server:
        assert "/console/setup" not in server.log.read_text()


def test_a_link_that_was_not_used_stays_good_at_the_next_start(tmp_path: Path) -> None:
    with running_server(tmp_path, terminal=True) as server:
        code = printed_link(server).partition("#")[2]
    with running_server(tmp_path, log="second.log", terminal=True) as server:
        told = server.log.read_text()
        with browser_of(server) as client:
            fields = {"csrf": csrf(client.get("/console/setup")), "name": "Ines", "password": PASSWORD}
            opened = client.post("/console/setup", data=fields | {"code": code})
    assert "/console/setup" not in told
    assert "The link that was printed before still opens the console" in told
    assert opened.status_code == 303


def test_there_is_no_console_where_it_is_switched_off(tmp_path: Path) -> None:
    with running_server(tmp_path, {"CONSOLE__ENABLED": "false"}) as server:
        assert "/console/setup" not in server.log.read_text()
        assert server.client.get("/console/sign-in").status_code == 404
        assert server.client.get("/").headers["location"] == "docs"
