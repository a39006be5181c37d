"""Types of webhooks: where a group tells its recognition events, and what waits to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from visavis.recognition_events import RecognitionEvent, RecognitionKind

MAX_URL = 2_000
"""Characters of a webhook's URL."""


class Stop(StrEnum):
    """Why a webhook is told nothing until somebody starts it again."""

    GONE = "gone"
    """Its receiver answered 410."""
    RESTORED = "restored"
    """The database is a restored backup, of which nobody knows whether it stands beside another one."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """The webhook of a group, without its secrets."""

    url: str
    created_at: datetime
    old_secret_until: datetime | None
    """Until when the secret before the last rotation signs too; None without one."""
    stopped: Stop | None
    tried_at: datetime | None
    """When something was sent last."""
    result: str
    """What came back then, or why nothing did; empty before the first attempt."""
    given_up: int
    """How many deliveries were given up since the URL was set."""
    waiting: int
    """How many deliveries are still to be made."""

    def shown(self) -> dict[str, object]:
        """The webhook as it is listed."""
        return {
            "url": self.url,
            "created": self.created_at.isoformat(timespec="seconds"),
            "old_secret_until": self.old_secret_until and self.old_secret_until.isoformat(timespec="seconds"),
            "stopped": self.stopped and self.stopped.value,
            "last_attempt": self.tried_at and self.tried_at.isoformat(timespec="seconds"),
            "last_result": self.result,
            "waiting": self.waiting,
            "given_up": self.given_up,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Endpoint:
    """A URL, and the secrets that sign what is sent there: one, or two for a while after a rotation."""

    url: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stranger:
    """A face was recognised as nobody's."""

    id: str
    at: datetime
    kind: RecognitionKind
    liveness: float | None
    door: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that a group's webhook is to be told."""

    number: int
    app: str
    group: str
    group_id: int
    about: RecognitionEvent | Stranger
    attempts: int
    """How often it was tried, this time included."""
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back from a receiver. `status` is None if nothing did, or nothing was sent."""

    status: int | None
    detail: str
    """One sentence, which holds nothing that the receiver has sent but the status."""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Verdict(StrEnum):
    """What becomes of a delivery after an attempt."""

    DELIVERED = "delivered"
    PUT_OFF = "put_off"
    """It is tried again later."""
    GIVEN_UP = "given_up"
    STOPPED = "stopped"
    """The receiver wants no more: the webhook is stopped, and all that waits for it is given up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt that has come to an end."""

    verdict: Verdict
    result: str
    at: datetime
    due_at: datetime
    """When the next attempt is due, of a delivery that was put off; otherwise of no account."""
