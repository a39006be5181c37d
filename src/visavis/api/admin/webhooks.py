"""The webhooks of groups: show, set, give a new secret, test, start again, remove."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from pydantic import Field

from visavis.api.admin.routing import Body, ForAdmin, OfServer, Rotation
from visavis.types import Group
from visavis.web.services import Services
from visavis.webhooks import MAX_URL

_WEBHOOK = "/apps/{name}/groups/{group_id}/webhook"

webhooks = APIRouter(route_class=ForAdmin, tags=["webhooks"])


class Address(Body):
    """A webhook: the URL that the recognition events of a group are sent to."""

    url: str = Field(max_length=MAX_URL, description="The URL of the receiver, which takes POST requests.")


@webhooks.get(_WEBHOOK)
async def show_webhook(services: OfServer, name: str, group_id: str) -> dict[str, object]:
    """The webhook of a group, what came of the last attempt, and how much waits. It does not hold the secret."""

    def read() -> dict[str, object]:
        return services.webhooks.require(_group(services, name, group_id)).shown()

    return await services.workers.quick(read)


@webhooks.put(_WEBHOOK)
async def set_webhook(services: OfServer, name: str, group_id: str, body: Address) -> dict[str, object]:
    """Tell the events of a group to this URL. The secret of a new webhook is in this answer, never shown again."""

    def change() -> dict[str, object]:
        group = _group(services, name, group_id)
        secret = services.webhooks.set_url(group, body.url)
        shown = services.webhooks.require(group).shown()
        return shown if secret is None else {**shown, "secret": secret}

    return await services.workers.sending(change)


@webhooks.post(_WEBHOOK + "/secret", status_code=201)
async def rotate_webhook_secret(services: OfServer, name: str, group_id: str, body: Rotation) -> dict[str, str]:
    """Give a webhook a new secret, which is in this answer and never shown again."""
    overlap = timedelta(hours=body.overlap_hours)
    secret = await services.workers.quick(
        lambda: services.webhooks.rotate(_group(services, name, group_id), overlap)
    )
    return {"secret": secret}


@webhooks.post(_WEBHOOK + "/test")
async def test_webhook(services: OfServer, name: str, group_id: str) -> dict[str, object]:
    """Send a test message at once, and tell what came back."""
    reply = await services.workers.sending(lambda: services.webhooks.test(_group(services, name, group_id)))
    return {"delivered": reply.is_success, "status": reply.status, "result": reply.detail}


@webhooks.post(_WEBHOOK + "/start", status_code=204)
async def start_webhook(services: OfServer, name: str, group_id: str) -> None:
    """Tell a webhook that was stopped what happens from now on."""
    await services.workers.quick(lambda: services.webhooks.start(_group(services, name, group_id)))


@webhooks.delete(_WEBHOOK, status_code=204)
async def remove_webhook(services: OfServer, name: str, group_id: str) -> None:
    """Delete a webhook and what waits for it."""
    await services.workers.quick(lambda: services.webhooks.remove(_group(services, name, group_id)))


def _group(services: Services, name: str, group_id: str) -> Group:
    return services.groups.require(services.apps.require(name), group_id)
