"""The audit log."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from visavis.audit_events import AuditFilter, AuditHead, AuditNames, AuditRecord, Event


class AuditActing(Protocol):
    """An operation that is running, and its event."""

    @property
    def event(self) -> Event: ...

    @property
    def recorded(self) -> bool:
        """Whether a transaction has recorded the event with the change that it made."""
        ...


class AuditJournal(Protocol):
    """Writes events to the audit log. Stores record their own changes, in the transaction that makes them."""

    def acting(self, event: Event) -> AbstractContextManager[AuditActing]:
        """Record all changes made within the block under this event, also changes made by its threads."""
        ...

    def add(self, *events: Event) -> None:
        """Record events that changed nothing; they are on disk when this returns, all or none."""
        ...


class AuditChain(Protocol):
    """The audit log as a chain of records."""

    def advance(self, *, wait: bool = False) -> int:
        """Chain the new records; return their number. Without `wait`, do nothing while another process chains."""
        ...

    def head(self) -> AuditHead:
        """The end of the chain."""
        ...

    def page(self, where: AuditFilter, before: int | None, limit: int) -> list[AuditRecord]:
        """Up to `limit` records that match the filter, with a position below `before`, newest first.

        Includes every record that was acknowledged before the call.
        """
        ...

    def names(self) -> AuditNames:
        """What the chained records name. May still hold names of records that were pruned since."""
        ...
