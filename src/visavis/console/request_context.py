"""The context of a request to the console: user, language, theme, permissions, and how to answer."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from visavis.audit_events import Actor, ActorKind
from visavis.console import cookies, csrf
from visavis.console.i18n import Catalogue
from visavis.console.reasons import detail_in, read_reasons
from visavis.console.refusals import Refused, SignInFirst
from visavis.console.rendering import Renderer
from visavis.console.services import ConsoleServices
from visavis.core import permissions
from visavis.core.permissions import Act
from visavis.core.sessions import Client
from visavis.errors import ServiceError
from visavis.identities import App, Role, Session, User
from visavis.web.recording import actor_of

Result = TypeVar("Result")

THEMES = ("light", "dark")
_AREAS = {
    "groups": Act.READ,
    "analyze": Act.USE_PICTURES,
    "compare": Act.USE_PICTURES,
    "audit": Act.READ_APP_AUDIT,
}
"""The pages of an app that the navigation goes to in another app, and what they are."""


@dataclass(slots=True)
class RequestContext:
    """Passed to the function of each page, which uses it to answer."""

    request: Request
    services: ConsoleServices
    renderer: Renderer
    messages: Catalogue
    theme: str
    """`light`, `dark`, or empty: as the system has it."""
    session: Session | None
    secret: str
    """Secret of the session, or of a browser without one. The CSRF token is derived from it."""
    apps: Sequence[App]
    """The apps that the user may do something in; none before somebody has signed in."""
    form: Mapping[str, str] = field(default_factory=dict)
    """The fields of the form in a POST request."""
    is_new: bool = False
    """Whether the browser does not have the secret yet."""

    @property
    def user(self) -> User:
        """The user who has signed in. On pages for everybody, check `session` first."""
        if self.session is None:
            raise Refused(401)
        return self.session.user

    def may(self, act: Act) -> bool:
        """Whether the user may do this, in the current app if the act is done in one."""
        user = None if self.session is None else self.session.user
        return permissions.may(user, act, self.current_app)

    @property
    def role_here(self) -> str:
        """The name of what the user is in the current app, under `role` of the messages."""
        role, app = self.user.role, self.current_app
        in_app = self.user.app_roles.get(app.id) if role is Role.MEMBER and app else None
        return (in_app or role).name.lower()

    def require(self, act: Act) -> None:
        """Raises SignInFirst; Refused 404 if the path names an app that the user does not see, 403 otherwise."""
        if self.session is None and act is not Act.GET_IN:
            raise SignInFirst
        user = None if self.session is None else self.session.user
        app = self.app if "app_id" in self.request.path_params else None
        if not permissions.may(user, act, app):
            raise Refused(403)

    def way_into(self, app: App, area: str) -> str:
        """The path of this area of an app, or of the first one that the user may see there."""
        for name in (area, "groups"):
            if permissions.may(self.user, _AREAS[name], app):
                return self.to("apps", app.id, name)
        return self.to("apps", app.id, "doors")

    @property
    def app(self) -> App:
        """The app that the path names. Raises Refused."""
        for app in self.apps:
            if str(app.id) == self.request.path_params.get("app_id"):
                return app
        raise Refused(404)

    @property
    def current_app(self) -> App | None:
        """The app in the path, else the one that was chosen last, else the first."""
        known = {str(app.id): app for app in self.apps}
        named = self.request.path_params.get("app_id", "")
        last = cookies.read(self.request, cookies.APP)
        return known.get(named) or known.get(last) or next(iter(self.apps), None)

    @property
    def base(self) -> str:
        """The prefix of the console's paths."""
        return cookies.root(self.request)

    @property
    def path(self) -> str:
        """The path below `base`."""
        return self.request.url.path.removeprefix(self.base) or "/"

    @property
    def here(self) -> str:
        """The path below `base` with its query, without a notice; forms return to it."""
        query = urlencode([pair for pair in self.request.query_params.multi_items() if pair[0] != "notice"])
        path = self.path if self.request.method == "GET" else "/"
        return f"{path}?{query}" if query else path

    @property
    def notice(self) -> str:
        """The message key of the notice about the last action; empty if there is none."""
        key = f"notice.{self.request.query_params.get('notice', '')}"
        return key if self.messages.has(key) else ""

    @property
    def outside(self) -> str:
        """The prefix of the server's paths."""
        return self.base.removesuffix("/console")

    @property
    def client(self) -> Client:
        """The client's IP address, and what its browser calls itself."""
        address = self.request.client.host if self.request.client else ""
        return Client(address, self.request.headers.get("user-agent", ""))

    def actor(self, name: str | None = None) -> Actor:
        """The actor for the audit log; `name` is the user who has just signed in."""
        known = self.session.user.name if self.session else None
        return actor_of(self.request, ActorKind.USER, user=name or known)

    @property
    def csrf(self) -> str:
        return csrf.token_of(self.secret)

    async def quick(self, call: Callable[[], Result]) -> Result:
        """Run a call that reads or writes the database, in a worker thread."""
        return await self.services.workers.quick(call)

    async def hashing(self, call: Callable[[], Result]) -> Result:
        """Run a call that hashes a password, in a thread of its own kind. Raises OVERLOADED."""
        return await self.services.workers.hashing(call)

    async def disconnected(self) -> None:
        """Wait until the client has disconnected. The body must have been read before."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass

    def page(self, template: str, status: int = 200, **context: object) -> Response:
        """Render a template with this object as `context`, the messages as `t`, and more values."""
        markup = self.renderer.render(template, context=self, t=self.messages, **context)
        response = HTMLResponse(markup, status)
        if self.is_new:
            cookies.keep(self.request, response, cookies.VISITOR, self.secret, life=None)
        if "app_id" in self.request.path_params and self.current_app is not None:
            cookies.keep(self.request, response, cookies.APP, str(self.current_app.id))
        return response

    def redirect(self, path: str, notice: str | None = None) -> Response:
        """Redirect (303) to a page of the console, which shows the message `notice.NOTICE`."""
        between = "&" if "?" in path else "?"
        query = f"{between}{urlencode({'notice': notice})}" if notice else ""
        return RedirectResponse(f"{self.base}{path}{query}", 303)

    def json(self, content: object, status: int = 200) -> Response:
        return JSONResponse(content, status)

    def to(self, *parts: object) -> str:
        """The path below `base` made of these parts, which are percent-encoded."""
        return "".join(f"/{quote(str(part), safe='')}" for part in parts)

    def query(self, **fields: str) -> str:
        """The end of a path that passes these fields."""
        return f"?{urlencode(fields)}"

    def why(self, error: ServiceError) -> str:
        """A sentence about an error: its detail, or a message for its code where that has no translation."""
        if self.messages.language == "en":
            return f"{error.detail[:1].upper()}{error.detail[1:].removesuffix('.')}."
        return self.reason(error.detail) or self.messages(f"error.{error.code}")

    def reason(self, detail: str) -> str | None:
        """An English reason of an error in the reader's language; None in English, and without a translation."""
        return read_reasons(self.messages.language)(detail)

    def detail(self, detail: str) -> str | None:
        """The English detail of a record of the audit log in the reader's language, as `reason` does."""
        return detail_in(self.messages.language, detail)


def local(path: str) -> str:
    """The path if it belongs to the console, else the first page. Prevents redirects to other sites."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe else "/"


def new_secret() -> str:
    return secrets.token_urlsafe(32)
