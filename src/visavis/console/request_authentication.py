"""Authenticates requests: the user, the permission for the route, and the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request

from visavis.console import cookies, csrf
from visavis.console.i18n import Catalogue, preferred
from visavis.console.pages import second_factor
from visavis.console.refusals import EnrolFirst, ProveFirst, Refused
from visavis.console.rendering import Renderer
from visavis.console.request_context import THEMES, RequestContext, new_secret
from visavis.console.routes import Route
from visavis.console.services import ConsoleServices
from visavis.core import permissions
from visavis.core.permissions import Act
from visavis.errors import AccountError
from visavis.identities import App, Role, Session

PROOF_PASSWORD, PROOF_CODE = "proof_password", "proof_code"
"""Fields by which somebody proves to be the user, beside those of the form that asked for it."""

_MAX_FORM_BYTES = 64_000
_MAX_FIELDS = 1_000
"""A form may have one for each app."""


@dataclass(frozen=True, slots=True)
class RequestAuthentication:
    """Makes the context of a request, or raises why it is refused."""

    services: ConsoleServices
    renderer: Renderer
    catalogues: Mapping[str, Catalogue]

    async def admit(self, request: Request, route: Route) -> RequestContext:
        """The context of a request that may use this route.

        Raises SignInFirst, EnrolFirst, ProveFirst, Refused 403, 404, 413 and 415.
        """
        context = await self.context(request)
        context.require(route.act)
        if route.method == "POST":
            csrf.check_site(request)
            if not route.pictures:
                context.form = await _read_form(request)
            given = request.headers.get(csrf.HEADER) or context.form.get(csrf.FIELD, "")
            csrf.check_token("" if context.is_new else context.secret, given)
        leads_there = route.act is Act.GET_IN or route.path.startswith(second_factor.PATH)
        if not leads_there and self._must_enrol(context):
            raise EnrolFirst
        if route.proven:
            await self._require_proof(context)
        return context

    def _must_enrol(self, context: RequestContext) -> bool:
        session = context.session
        if session is None or session.user.role is not Role.ADMINISTRATOR:
            return False
        return self.services.requires_second_factor and not session.has_second_factor

    async def _require_proof(self, context: RequestContext) -> None:
        """Raises ProveFirst unless somebody has proven to be the user a short time ago, or does by this form."""
        sessions, session = self.services.sessions, context.session
        if session is not None and sessions.is_proven(session):
            return
        password, code = context.form.get(PROOF_PASSWORD), context.form.get(PROOF_CODE, "")
        if password is None:
            raise ProveFirst(context.form)
        user, client = context.user, context.client
        try:
            await context.hashing(lambda: sessions.prove(context.secret, user, password, code, client))
        except AccountError as error:
            raise ProveFirst(context.form, error) from None

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
        if session is None:
            return None, []
        return session, [app for app in self.services.apps.all() if permissions.sees(session.user, app)]


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
