"""What storage and its fake have in common: a store behind each port of core."""

from __future__ import annotations

from typing import Protocol

from visavis.core.ports import (
    AccessKeyStore,
    AccountStore,
    AppStore,
    AuditChain,
    AuditJournal,
    Gallery,
    PersonStore,
    RecognitionEventStore,
    SecondFactorStore,
    WebhookStore,
)


class Stores(Protocol):
    """The type checker holds storage and its fake to this."""

    @property
    def gallery(self) -> Gallery: ...

    @property
    def persons(self) -> PersonStore: ...

    @property
    def recognition_events(self) -> RecognitionEventStore: ...

    @property
    def webhooks(self) -> WebhookStore: ...

    @property
    def apps(self) -> AppStore: ...

    @property
    def access_keys(self) -> AccessKeyStore: ...

    @property
    def accounts(self) -> AccountStore: ...

    @property
    def second_factors(self) -> SecondFactorStore: ...

    @property
    def journal(self) -> AuditJournal: ...

    @property
    def audit(self) -> AuditChain: ...
