"""The webhooks of groups: set, tested, given new secrets, started again and removed by people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from visavis.core.ports import Clock, WebhookSender, WebhookStore
from visavis.core.webhook_messages import TEST, message, new_secret, signed_headers
from visavis.errors import ErrorCode, ServiceError
from visavis.types import Group
from visavis.webhooks import MAX_URL, Reply, Webhook


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Manages the webhooks of groups. Methods raise WEBHOOK_NOT_FOUND if the group has no webhook."""

    _store: WebhookStore
    _sender: WebhookSender
    clock: Clock

    def find(self, group: Group) -> Webhook | None:
        """The group's webhook, if it has one."""
        return self._store.find(group)

    def require(self, group: Group) -> Webhook:
        webhook = self._store.find(group)
        if webhook is None:
            raise webhook_not_found()
        return webhook

    def set_url(self, group: Group, url: str) -> str | None:
        """Tell the group's events to this URL from now on. Returns the secret of a new webhook, shown never again.

        A webhook that was there keeps its secret. Raises INVALID_PARAMETER if nothing may be sent to the URL.
        """
        if len(url) > MAX_URL:
            detail = f"A webhook's URL has at most {MAX_URL} characters."
            raise ServiceError(ErrorCode.INVALID_PARAMETER, detail, subject="url")
        self._sender.require_allowed(url)
        secret = new_secret()
        return secret if self._store.set_url(group, url, secret) else None

    def rotate(self, group: Group, overlap: timedelta) -> str:
        """Give the webhook a new secret and return it. The old one signs too until `overlap` is over."""
        secret, now = new_secret(), self.clock()
        self._store.replace_secret(group, secret, now, now + overlap)
        return secret

    def start(self, group: Group) -> None:
        """Tell the webhook what happens from now on, if it was stopped."""
        self._store.start(group)

    def remove(self, group: Group) -> None:
        """Delete the webhook and what waits for it."""
        self._store.remove(group)

    def test(self, group: Group) -> Reply:
        """Send a message of the type `webhook.test` at once, to a stopped webhook too; return what came back."""
        now = self.clock()
        endpoint = self._store.endpoint(group, now)
        message_id = str(uuid4())
        body = message(TEST, now, {"id": message_id, "group": group.name})
        return self._sender.post(endpoint.url, body, signed_headers(message_id, now, body, endpoint.secrets))


def webhook_not_found() -> ServiceError:
    return ServiceError(ErrorCode.WEBHOOK_NOT_FOUND, "The group has no webhook.")
