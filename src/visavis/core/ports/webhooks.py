"""Webhooks of groups, what waits for them, and the way out to their receivers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from visavis.types import Group
from visavis.webhooks import Delivery, Endpoint, Outcome, Reply, Webhook


class WebhookStore(Protocol):
    """Webhooks of groups and their deliveries. A change is on disk when its call returns.

    Methods that take a `Group` raise GROUP_NOT_FOUND if it has been deleted since; those that need its webhook
    raise WEBHOOK_NOT_FOUND without one.
    """

    def find(self, group: Group) -> Webhook | None:
        """The group's webhook, if it has one."""
        ...

    def set_url(self, group: Group, url: str, secret: str) -> bool:
        """Give the group a webhook with this secret, or its webhook another URL; whether it is a new one.

        A webhook that was there keeps its secrets and is started again.
        """
        ...

    def replace_secret(self, group: Group, secret: str, now: datetime, old_until: datetime) -> None:
        """Set the secret. The one before signs too until `old_until`, not at all if that is not after `now`."""
        ...

    def start(self, group: Group) -> None:
        """Tell the webhook what happens from now on, if it was stopped."""
        ...

    def remove(self, group: Group) -> None:
        """Delete the webhook and what waits for it."""
        ...

    def endpoint(self, group: Group, now: datetime) -> Endpoint:
        """The URL of a webhook, and the secrets that sign messages at `now`."""
        ...

    def claim(self, now: datetime, until: datetime, busy: Collection[int]) -> Delivery | None:
        """A delivery that is due at `now`, of no group in `busy`; None if there is none.

        Nobody else gets it before `until`. The attempt counts from here on. What the group should no more tell,
        since it records no events now, is deleted instead.
        """
        ...

    def finish(self, delivery: Delivery, outcome: Outcome) -> None:
        """Put on record what came of the attempt. Does nothing of what was deleted meanwhile."""
        ...


class WebhookSender(Protocol):
    """Sends to receivers, and to no address that the operator has not allowed."""

    def require_allowed(self, url: str) -> None:
        """Raises INVALID_PARAMETER, with the reason, if nothing may be sent to the URL."""
        ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a POST request with a JSON body. Follows no redirect; takes a bounded time; raises nothing."""
        ...
