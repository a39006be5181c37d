"""Whether the server is alive."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()


@router.get("/livez")
async def alive() -> dict[str, str]:
    """Answered by the event loop itself, however busy the workers are."""
    return {"status": "ok"}
