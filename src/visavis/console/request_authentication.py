"""Authenticates requests: the user, the permission for the route, and the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request

from visavis.console import cookies, csrf
from visavis.console.i18n import Catalogue, preferred
from visavis.console.refusals import Refused, SignInFirst
from visavis.console.rendering import Renderer
from visavis.console.request_context import THEMES, RequestContext, new_secret
from visavis.console.routes import Route
from visavis.console.services import ConsoleServices
from visavis.identities import App, Session

_MAX_FORM_BYTES = 64_000
_MAX_FIELDS = 100


@dataclass(frozen=True, slots=True)
class RequestAuthentication:
    """Makes the context of a request, or raises why it is refused."""

    services: ConsoleServices
    renderer: Renderer
    catalogues: Mapping[str, Catalogue]

    async def admit(self, request: Request, route: Route) -> RequestContext:
        """The context of a request that may use this route. Raises SignInFirst, Refused 403, 413 and 415."""
        context = await self.context(request)
        if route.role is not None and context.session is None:
            raise SignInFirst
        if route.role is not None and not context.may(route.role):
            raise Refused(403)
        if route.method == "POST":
            csrf.check_site(request)
            if not route.pictures:
                context.form = await _read_form(request)
            given = request.headers.get(csrf.HEADER) or context.form.get(csrf.FIELD, "")
            csrf.check_token("" if context.is_new else context.secret, given)
        return context

    async def context(self, request: Request) -> RequestContext:
        """The context of a request, whatever route it asks for."""
        secret = cookies.read(request, cookies.SESSION)
        session, apps = await self.services.workers.quick(lambda: self._known(secret)) if secret else (None, [])
        if session is None:
            secret = cookies.read(request, cookies.VISITOR)
        language = (session and session.user.language) or cookies.read(request, cookies.LANGUAGE)
        if language not in self.catalogues:
            language = preferred(request.headers.get("accept-language", ""))
        theme = (session and session.user.theme) or cookies.read(request, cookies.THEME)
        return RequestContext(
            request,
            self.services,
            self.renderer,
            self.catalogues[language],
            theme if theme in THEMES else "",
            session,
            secret or new_secret(),
            apps,
            is_new=not secret,
        )

    def stranger(self, request: Request) -> RequestContext:
        """A context without a user, for the error page if the database cannot be read."""
        language = preferred(request.headers.get("accept-language", ""))
        return RequestContext(
            request, self.services, self.renderer, self.catalogues[language], "", None, new_secret(), []
        )

    def _known(self, secret: str) -> tuple[Session | None, list[App]]:
        session = self.services.sessions.find(secret)
        return session, self.services.apps.all() if session else []


async def _read_form(request: Request) -> dict[str, str]:
    """The fields of a form; the last value counts for a repeated name. Raises Refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM_BYTES:
            raise Refused(413)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise Refused(400) from None
