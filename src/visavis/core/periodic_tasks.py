"""What a server does unasked, beside its requests."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event, Thread

from visavis.errors import ServiceError

logger = logging.getLogger(__name__)

_EVERY_S = 60.0
_PATIENCE_S = 10.0


class PeriodicTasks:
    """Does its chores one after another in a thread of its own: at once, then now and then until it is stopped."""

    def __init__(self, tasks: Sequence[Callable[[], object]], every_seconds: float = _EVERY_S) -> None:
        self._tasks = tasks
        self._every_seconds = every_seconds
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="chores", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin no other chore, and wait a while for the one that has begun."""
        self._stopped.set()
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        while not self._stopped.is_set():
            for chore in self._tasks:
                if not self._stopped.is_set():
                    _do(chore)
            self._stopped.wait(self._every_seconds)


def _do(chore: Callable[[], object]) -> None:
    """What goes wrong is in the log, and is tried again next time."""
    try:
        chore()
    except ServiceError as error:
        logger.warning("A chore of the server has to wait: %s", error.detail)
    except Exception:
        logger.exception("A chore of the server failed.")
