"""Collects what the records of the audit log name, so that each record is read once."""

from __future__ import annotations

from threading import Lock

from sqlalchemy import Connection, select

from visavis.audit_events import ActorKind, AuditNames, Effect
from visavis.storage.audit.record_codec import column_of
from visavis.storage.database.schema import audit

_BATCH = 500
_GROUP, _USER = audit.c[column_of("group")], audit.c[column_of("user")]
_NAMES = select(audit.c.app, _GROUP, audit.c.operation, audit.c.effect, audit.c.actor, _USER, audit.c.result)


class NamesSeen:
    """The names up to a position of the log. A first look reads the whole log, later ones what was added since."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._position = 0
        self._apps: set[str] = set()
        self._groups: set[tuple[str, str]] = set()
        self._operations: dict[str, Effect] = {}
        self._actors: set[ActorKind] = set()
        self._users: set[str] = set()
        self._results: set[str] = set()

    def read(self, connection: Connection) -> AuditNames:
        with self._mutex:
            self._read_on(connection)
            return AuditNames(
                apps=tuple(sorted(self._apps)),
                groups=tuple(sorted(self._groups)),
                operations=tuple(sorted((effect, name) for name, effect in self._operations.items())),
                actors=tuple(kind for kind in ActorKind if kind in self._actors),
                users=tuple(sorted(self._users)),
                results=tuple(sorted(self._results)),
            )

    def _read_on(self, connection: Connection) -> None:
        last = connection.scalar(select(audit.c.position).order_by(audit.c.position.desc()).limit(1)) or 0
        new = audit.c.position.between(self._position + 1, last)
        rows = connection.execute(_NAMES.where(new).distinct(), execution_options={"yield_per": _BATCH})
        for app, group, operation, effect, actor, user, result in rows:
            self._add(app, group)
            # An operation that dialects put down to several effects is listed under the gravest.
            self._operations[operation] = min(Effect(effect), self._operations.get(operation, Effect.LISTING))
            self._actors.add(ActorKind(actor))
            if user and actor == ActorKind.USER:
                self._users.add(user)
            self._results.add(result)
        self._position = max(self._position, last)

    def _add(self, app: str | None, group: str | None) -> None:
        if app:
            self._apps.add(app)
        if app and group:
            self._groups.add((app, group))
