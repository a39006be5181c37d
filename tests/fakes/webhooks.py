"""Webhooks and what waits for them in memory, and a sender that sends nowhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from threading import RLock
from urllib.parse import urlsplit

from tests.fakes.gallery import FakeGallery
from visavis.core.ports import Clock
from visavis.errors import ErrorCode, ServiceError
from visavis.recognition_events import RecognitionEvent
from visavis.types import Group
from visavis.webhooks import Delivery, Endpoint, Outcome, Reply, Stop, Stranger, Verdict, Webhook


@dataclass
class _Waiting:
    group_id: int
    about: RecognitionEvent | Stranger
    due_at: datetime
    attempts: int = 0


@dataclass
class _Kept:
    shown: Webhook
    secrets: list[str]


@dataclass
class FakeWebhookStore:
    """Its webhooks go with the groups of a gallery, and what waits with the events."""

    gallery: FakeGallery
    clock: Clock
    outcomes: list[Outcome] = field(default_factory=list)
    _webhooks: dict[int, _Kept] = field(default_factory=dict)
    _waiting: dict[int, _Waiting] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _lock: RLock = field(default_factory=RLock)

    @property
    def due(self) -> dict[int, datetime]:
        """When each delivery is due, by its number."""
        return {number: self._waiting[number].due_at for number in self._there()}

    def is_at_work(self, group: Group) -> bool:
        """Whether the group has a webhook that is not stopped."""
        kept = self._webhooks.get(group.id)
        return kept is not None and kept.shown.stopped is None

    def add(self, group: Group, about: RecognitionEvent | Stranger) -> None:
        """Let something wait that is due at once."""
        self._waiting[next(self._numbers)] = _Waiting(group.id, about, about.at)

    def find(self, group: Group) -> Webhook | None:
        self.gallery.require(group)
        kept = self._webhooks.get(group.id)
        return None if kept is None else replace(kept.shown, waiting=len(self._there(group.id)))

    def set_url(self, group: Group, url: str, secret: str) -> bool:
        with self._lock:
            self.gallery.require(group)
            kept = self._webhooks.get(group.id)
            is_new = kept is None
            if kept is None:
                fresh = Webhook(url, self.clock(), None, None, None, "", 0, 0)
                self._webhooks[group.id] = _Kept(fresh, [secret])
            else:
                kept.shown = replace(kept.shown, url=url, stopped=None, tried_at=None, result="", given_up=0)
            self.gallery.note("set_webhook", group, detail=f"to {urlsplit(url).netloc}")
            return is_new

    def replace_secret(self, group: Group, secret: str, now: datetime, old_until: datetime) -> None:
        with self._lock:
            kept, at_once = self._kept(group), old_until <= now
            kept.secrets = [secret, *([] if at_once else kept.secrets[:1])]
            kept.shown = replace(kept.shown, old_secret_until=None if at_once else old_until)
            until = f"signs until {old_until.astimezone(UTC).isoformat(timespec='seconds')}"
            detail = f"the secret before it {'signs no more' if at_once else until}"
            self.gallery.note("rotate_webhook_secret", group, detail=detail)

    def start(self, group: Group) -> None:
        kept = self._kept(group)
        kept.shown = replace(kept.shown, stopped=None)
        self.gallery.note("start_webhook", group)

    def remove(self, group: Group) -> None:
        with self._lock:
            self._kept(group)
            self._drop_all_of(group.id)
            del self._webhooks[group.id]
            self.gallery.note("remove_webhook", group)

    def endpoint(self, group: Group, now: datetime) -> Endpoint:
        return _endpoint(self._kept(group), now)

    def claim(self, now: datetime, until: datetime, busy: Collection[int]) -> Delivery | None:
        with self._lock:
            for number in sorted(self._there(), key=lambda each: self._waiting[each].due_at):
                waiting = self._waiting[number]
                if waiting.due_at > now or waiting.group_id in busy:
                    continue
                waiting.due_at, waiting.attempts = until, waiting.attempts + 1
                if (delivery := self._delivery(number, waiting, now)) is not None:
                    return delivery
                del self._waiting[number]
            return None

    def finish(self, delivery: Delivery, outcome: Outcome) -> None:
        with self._lock:
            self.outcomes.append(outcome)
            kept, waiting = self._webhooks.get(delivery.group_id), self._waiting.get(delivery.number)
            if outcome.verdict is Verdict.STOPPED and (kept is None or kept.shown.url != delivery.endpoint.url):
                if waiting is not None:  # the receiver of now was not told
                    waiting.due_at = outcome.at
                return
            if kept is None:
                return
            kept.shown = replace(kept.shown, tried_at=outcome.at, result=outcome.result)
            given_up = 0
            if outcome.verdict is Verdict.STOPPED:
                given_up = self._drop_all_of(delivery.group_id)
                kept.shown = replace(kept.shown, stopped=Stop.GONE)
                group = self.gallery.now(delivery.group_id)
                if group is not None:
                    self.gallery.note("stop_webhook", group, detail="its receiver answered 410")
            elif waiting is not None and outcome.verdict is Verdict.PUT_OFF:
                waiting.due_at = outcome.due_at
            elif self._waiting.pop(delivery.number, None) is not None:
                given_up = int(outcome.verdict is Verdict.GIVEN_UP)
            kept.shown = replace(kept.shown, given_up=kept.shown.given_up + given_up)

    def _delivery(self, number: int, waiting: _Waiting, now: datetime) -> Delivery | None:
        """What is to be sent; None where there is nothing to be told any more."""
        group, kept = self.gallery.now(waiting.group_id), self._webhooks.get(waiting.group_id)
        if group is None or kept is None or kept.shown.stopped or not group.settings.recognition_event_days:
            return None
        app = next(app for app in self.gallery.apps.list_apps() if app.id == group.app_id)
        about = self._about(waiting)
        assert about is not None
        return Delivery(number, app.name, group.name, group.id, about, waiting.attempts, _endpoint(kept, now))

    def _about(self, waiting: _Waiting) -> RecognitionEvent | Stranger | None:
        """What it tells of, as it is now; None if that is gone."""
        if isinstance(waiting.about, Stranger):
            return waiting.about
        for group_id, event in self.gallery.events:
            if event.id == waiting.about.id:
                return replace(event, name=self.gallery.names.get((group_id, event.person_id or ""), ""))
        return None

    def _there(self, group_id: int | None = None) -> list[int]:
        """The numbers of what waits, of one group or of all, without what went with an event or a group."""
        return [
            number
            for number, waiting in self._waiting.items()
            if group_id in {None, waiting.group_id}
            if self.gallery.now(waiting.group_id) is not None and self._about(waiting) is not None
        ]

    def _drop_all_of(self, group_id: int) -> int:
        there = self._there(group_id)
        self._waiting = {key: each for key, each in self._waiting.items() if each.group_id != group_id}
        return len(there)

    def _kept(self, group: Group) -> _Kept:
        self.gallery.require(group)
        if group.id not in self._webhooks:
            raise ServiceError(ErrorCode.WEBHOOK_NOT_FOUND, "The group has no webhook.")
        return self._webhooks[group.id]


@dataclass
class FakeSender:
    """Sends nowhere, and keeps what it was to send."""

    reply: Callable[[str], Reply] = lambda _: Reply(204, "HTTP status 204.")
    """What comes back from a URL."""
    sent: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def require_allowed(self, url: str) -> None:
        if not url.startswith("https://"):
            raise ServiceError(ErrorCode.INVALID_PARAMETER, "Not that one.", subject="url")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        self.sent.append((url, body, dict(headers)))
        return self.reply(url)


def _endpoint(kept: _Kept, now: datetime) -> Endpoint:
    until = kept.shown.old_secret_until
    return Endpoint(kept.shown.url, tuple(kept.secrets if until is not None and now < until else kept.secrets[:1]))
