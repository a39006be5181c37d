"""People in front of the console: over plain HTTP, or with a browser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from harness.servers import Server, visavis

PASSWORD = "four quiet words of mine"


@dataclass(frozen=True)
class Person:
    """A user with a session; sends what the forms of the console send."""

    name: str
    password: str
    client: httpx.Client
    server: Server

    def get(self, path: str, **more: object) -> httpx.Response:
        return self.client.get(f"/console{path}", **more)  # type: ignore[arg-type]

    def post(self, path: str, token: str | None = None, **fields: str) -> httpx.Response:
        """With the CSRF token of this session, unless another one is given."""
        return self.client.post(f"/console{path}", data={"csrf": token or self.token(), **fields})

    def page_after(self, path: str, token: str | None = None, **fields: str) -> httpx.Response:
        """The page that a form leads to."""
        answer = self.post(path, token, **fields)
        assert answer.status_code == 303, answer.text
        return self.client.get(answer.headers["location"])

    def token(self) -> str:
        """The CSRF token of the session."""
        return csrf(self.get("/profile"))

    @property
    def cookie(self) -> str:
        """The secret of the session."""
        return self.client.cookies["visavis-session"]

    def is_in(self) -> bool:
        return self.get("/profile").status_code == 200


def csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrf-token" content="([0-9a-f]{64})"', page.text)
    assert found, page.text
    return found[1]


def browser_of(server: Server) -> httpx.Client:
    """A client with cookies and an address of its own that follows no redirects."""
    address = ".".join(str(part) for part in (10, *uuid4().bytes[:3]))
    return httpx.Client(base_url=server.url, timeout=60, trust_env=False, headers={"X-Forwarded-For": address})


def invite(server: Server, role: str = "administrator", apps: Sequence[str] = ("default",)) -> str:
    """The secret that `visavis console invite` prints behind the #; `apps` are those in which the role holds."""
    where = [] if role == "administrator" else [part for app in apps for part in ("--app", app)]
    place = ("--data-dir", str(server.data_dir))
    printed = visavis("console", "invite", "--role", role, *where, *place, settings=server.settings)
    return urlsplit(printed.stdout.strip()).fragment


@dataclass(frozen=True)
class Crowd:
    """Makes people and browsers, and sends them all home in the end."""

    server: Server
    stack: ExitStack

    def browser(self) -> httpx.Client:
        """Signed in as nobody."""
        return self.stack.enter_context(browser_of(self.server))

    def newcomer(
        self, role: str, password: str = PASSWORD, name: str = "", apps: Sequence[str] = ("default",)
    ) -> Person:
        """Somebody who has just followed an invitation."""
        name, client = name or f"{role}-{uuid4().hex[:8]}", self.browser()
        token = csrf(client.get("/console/setup"))
        fields = {"csrf": token, "code": invite(self.server, role, apps), "name": name, "password": password}
        answer = client.post("/console/setup", data=fields)
        assert answer.status_code == 303, answer.text
        return Person(name, password, client, self.server)

    def sign_in(self, name: str, password: str, **fields: str) -> tuple[httpx.Client, httpx.Response]:
        """A browser, and the answer to what was tried with it."""
        client = self.browser()
        given = {"csrf": csrf(client.get("/console/sign-in")), "name": name, "password": password}
        return client, client.post("/console/sign-in", data=given | fields)
