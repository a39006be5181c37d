"""Pictures that only have a URL: the server fetches them, the browser is given them once."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, expect

from harness.console.browser import signed_in
from harness.console.person import Crowd
from harness.console.pictures import SELFIE, carried_out
from harness.servers import running_server

ALLOWED_PORTS = range(10000, 12001)


def free_port() -> int:
    """One that image URLs may name."""
    for port in ALLOWED_PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError("no port is free")


def test_a_picture_is_fetched_by_the_server_and_shown(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "selfie.jpg").write_bytes(SELFIE.read_bytes())
    settings = {"FETCH__ALLOW_PRIVATE_ADDRESSES": "true", "EDGE__TRUSTED_PROXIES": "127.0.0.1"}
    with ExitStack() as stack:
        server = stack.enter_context(running_server(tmp_path, settings, port=free_port()))
        keys = server.create_app("of the urls")
        person = Crowd(server, stack).newcomer("operator", apps=["of the urls"])
        context = chromium.new_context(base_url=server.url, locale="en-GB")
        stack.callback(context.close)
        page = signed_in(context, person)
        page.goto("/console/apps/1/analyze", wait_until="networkidle")
        url = server.url + (page.locator("[data-sample]").first.get_attribute("data-sample") or "")
        page.get_by_label("URL of a picture").fill(url)
        page.get_by_role("button", name="Fetch").click()
        expect(page.get_by_role("heading", name="One face")).to_be_visible()
        image = page.locator("#picture img")
        assert image.get_attribute("src", timeout=1000)
        page.wait_for_function("document.querySelector('#picture img').naturalWidth === 640")
        assert (image.get_attribute("src") or "").startswith("blob:")
        shown = json.loads(page.locator("#answer-code").inner_text())
        assert carried_out(page.locator("#request-code").inner_text(), server, keys, tmp_path) == shown

        page.goto("/console/apps/1/compare", wait_until="networkidle")
        page.locator("#target input[type=file]").set_input_files(tmp_path / "selfie.jpg")
        page.locator("#source").get_by_label("URL of a picture").fill(url)
        page.locator("#source").get_by_role("button", name="Fetch").click()
        expect(page.locator("#verdict")).to_contain_text("The same person")
        for tab in page.get_by_role("tab").all():
            tab.click()
            shown = json.loads(page.locator("#answer-code").inner_text())
            assert carried_out(page.locator("#request-code").inner_text(), server, keys, tmp_path) == shown
