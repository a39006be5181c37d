"""The route `/metrics`, behind a token."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from pydantic import SecretStr

from visavis.api.admin.answers import on_error
from visavis.audit_events import ActorKind
from visavis.core.attempts import Attempts
from visavis.core.audit import Audit
from visavis.errors import ServiceError
from visavis.web.bearer import require_token
from visavis.web.metrics import Metrics
from visavis.web.recording import refusal_of


def scrape(metrics: Metrics, token: SecretStr, attempts: Attempts, audit: Audit) -> APIRouter:
    """The route `/metrics`. The server has it only if a token is set (decision 0027)."""
    router = APIRouter()
    one_at_a_time = CapacityLimiter(1)

    @router.get("/metrics")
    async def read(request: Request) -> Response:
        try:
            require_token(request, token, attempts, "The token of the metrics is missing or wrong.")
        except ServiceError as error:
            refusal = refusal_of(request, ActorKind.ADMIN, error.code, "metrics")
            await to_thread.run_sync(audit.refused, refusal, limiter=one_at_a_time)
            return await on_error(request, error)
        accept = request.headers.get("accept", "")
        page, content_type = await to_thread.run_sync(metrics.page, accept, limiter=one_at_a_time)
        return Response(page, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    return router
