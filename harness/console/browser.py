"""Chromium in front of the console."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

from harness.console.person import Person

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def signed_in(context: BrowserContext, person: Person) -> Page:
    """A page of a browser that has the person's session."""
    context.add_cookies(
        [{"name": "visavis-session", "value": person.cookie, "url": f"{person.server.url}/console"}]
    )
    return context.new_page()


def wait_until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression is true; raises AssertionError if it is not within half a minute.

    Playwright's own `wait_for_function` needs `eval`, which the console's policy forbids.
    """
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)
