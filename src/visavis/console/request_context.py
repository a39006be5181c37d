"""A request to the console, together with who makes it and how they like to be spoken to."""

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
from visavis.console.refusals import Refused
from visavis.console.rendering import Renderer
from visavis.console.services import ConsoleServices
from visavis.errors import ServiceError
from visavis.identities import App, Role, Session, User
from visavis.web.recording import actor_of

Result = TypeVar("Result")

THEMES = ("light", "dark")
RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(slots=True)
class RequestContext:
    """What the function of a page is given, and how it answers."""

    request: Request
    services: ConsoleServices
    renderer: Renderer
    words: Catalogue
    theme: str
    """`light`, `dark`, or nothing: as the system has it."""
    session: Session | None
    secret: str
    """Of the session, or of the visitor who has none; the CSRF token follows from it."""
    apps: Sequence[App]
    """Those to choose from; none before somebody has signed in."""
    form: Mapping[str, str] = field(default_factory=dict)
    """The fields of a form that was posted."""
    is_new: bool = False
    """Whether the browser does not know the secret yet."""

    @property
    def user(self) -> User:
        """Whoever has signed in. On pages for everybody, look at `session` first."""
        if self.session is None:
            raise Refused(401)
        return self.session.user

    def may(self, role: Role) -> bool:
        """Whether the visitor has this role, or one above it."""
        return self.session is not None and RANK[self.session.user.role] >= RANK[role]

    @property
    def app(self) -> App:
        """The app that the path names. Raises Refused."""
        for app in self.apps:
            if str(app.id) == self.request.path_params.get("app_id"):
                return app
        raise Refused(404)

    @property
    def current_app(self) -> App | None:
        """The app of the path, else the one that was worked as last, else the first."""
        known = {str(app.id): app for app in self.apps}
        named = self.request.path_params.get("app_id", "")
        last = cookies.read(self.request, cookies.APP)
        return known.get(named) or known.get(last) or next(iter(self.apps), None)

    @property
    def base(self) -> str:
        """What the paths of the console begin with."""
        return cookies.root(self.request)

    @property
    def path(self) -> str:
        """The path below `base`."""
        return self.request.url.path.removeprefix(self.base) or "/"

    @property
    def here(self) -> str:
        """The path below `base` with its query, but for a notice; where forms lead back to."""
        query = urlencode([pair for pair in self.request.query_params.multi_items() if pair[0] != "notice"])
        path = self.path if self.request.method == "GET" else "/"
        return f"{path}?{query}" if query else path

    @property
    def notice(self) -> str:
        """The key of what is to be said of an action that led here, or nothing."""
        key = f"notice.{self.request.query_params.get('notice', '')}"
        return key if self.words.has(key) else ""

    @property
    def outside(self) -> str:
        """What the paths of the server begin with."""
        return self.base.removesuffix("/console")

    @property
    def place(self) -> str:
        """Where the request comes from."""
        return self.request.client.host if self.request.client else ""

    def actor(self, name: str | None = None) -> Actor:
        """The visitor, for the audit log; `name` is whose account they have just proven to be theirs."""
        known = self.session.user.name if self.session else None
        return actor_of(self.request, ActorKind.USER, user=name or known)

    @property
    def csrf(self) -> str:
        return csrf.token_of(self.secret)

    async def quick(self, call: Callable[[], Result]) -> Result:
        """Call what reads or writes records, outside the event loop."""
        return await self.services.workers.quick(call)

    async def hashing(self, call: Callable[[], Result]) -> Result:
        """Call what hashes a password, outside the event loop and apart from the rest. Raises OVERLOADED."""
        return await self.services.workers.hashing(call)

    async def gone(self) -> None:
        """Returns when the client has left; the body has been read by then."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass

    def page(self, template: str, status: int = 200, **context: object) -> Response:
        """The template, with the visit as `context`, the messages as `t`, and the context."""
        markup = self.renderer.render(template, context=self, t=self.words, **context)
        response = HTMLResponse(markup, status)
        if self.is_new:
            cookies.keep(self.request, response, cookies.VISITOR, self.secret, life=None)
        if "app_id" in self.request.path_params and self.current_app is not None:
            cookies.keep(self.request, response, cookies.APP, str(self.current_app.id))
        return response

    def redirect(self, path: str, notice: str | None = None) -> Response:
        """See other: a page of the console, where the message `notice.NOTICE` is shown."""
        query = f"?{urlencode({'notice': notice})}" if notice else ""
        return RedirectResponse(f"{self.base}{path}{query}", 303)

    def json(self, content: object, status: int = 200) -> Response:
        return JSONResponse(content, status)

    def to(self, *parts: object) -> str:
        """The path below `base` of something whose ids may hold anything."""
        return "".join(f"/{quote(str(part), safe='')}" for part in parts)

    def why(self, error: ServiceError) -> str:
        """A sentence on what went wrong: the error's own in English, one about its kind in other languages."""
        return error.detail if self.words.language == "en" else self.words(f"error.{error.code}")


def local(path: str) -> str:
    """The path, if it is one of the console, else that of the first page: nobody is led to another site."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe else "/"


def new_secret() -> str:
    return secrets.token_urlsafe(32)
