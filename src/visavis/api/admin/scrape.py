"""`/metrics`, for whoever has its token."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr

from visavis.api.bearer import has_token
from visavis.api.metrics import Metrics


def scrape(metrics: Metrics, token: SecretStr) -> APIRouter:
    """The route; it is there only where a token is set (decision 0027)."""
    router = APIRouter()
    one_at_a_time = CapacityLimiter(1)

    @router.get("/metrics")
    async def read(request: Request) -> Response:
        if not has_token(request, token):
            answer = {"error": "The token of the metrics is missing or wrong."}
            return JSONResponse(answer, 401, {"WWW-Authenticate": "Bearer"})
        accept = request.headers.get("accept", "")
        page, content_type = await to_thread.run_sync(metrics.page, accept, limiter=one_at_a_time)
        return Response(page, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    return router
