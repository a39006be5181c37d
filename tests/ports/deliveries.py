"""A group with a webhook, and deliveries claimed from what waits for it, for tests of what keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.ports.recognitions import register
from tests.ports.stores import Stores
from visavis.types import Group
from visavis.webhooks import Delivery

URL = "https://gate.example/hook?token=theirs"
SECRET = "whsec_c2VjcmV0LW9mLXRoZXNlLXRlc3Rz"
LEASE = timedelta(seconds=60)


def watch(storage: Stores, group: Group) -> Group:
    """Give a group p0, p1 and somebody without id, let it record events, and give it a webhook."""
    register(storage, group, "p0", "p1", None)
    assert storage.webhooks.set_url(group, URL, SECRET)
    return storage.gallery.change_settings(group, {"recognition_event_days": 30})


def now() -> datetime:
    return datetime.now(UTC)


def claim(storage: Stores, at: datetime | None = None, busy: tuple[int, ...] = ()) -> Delivery | None:
    moment = at or now()
    return storage.webhooks.claim(moment, moment + LEASE, busy)


def claimed(storage: Stores) -> Delivery:
    delivery = claim(storage)
    assert delivery is not None
    return delivery
