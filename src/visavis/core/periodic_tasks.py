"""Runs tasks in the background, beside the requests."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event, Thread

from visavis.errors import ServiceError

logger = logging.getLogger(__name__)

_INTERVAL_S = 60.0
_PATIENCE_S = 10.0


class PeriodicTasks:
    """Runs tasks one after another in a thread: at once, then every `interval_seconds` until it is stopped."""

    def __init__(self, tasks: Sequence[Callable[[], object]], interval_seconds: float = _INTERVAL_S) -> None:
        self._tasks = tasks
        self._every_seconds = interval_seconds
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="periodic-tasks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin no other task, and wait up to 10 seconds for the one that is running."""
        self._stopped.set()
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        while not self._stopped.is_set():
            for task in self._tasks:
                if not self._stopped.is_set():
                    _do(task)
            self._stopped.wait(self._every_seconds)


def _do(task: Callable[[], object]) -> None:
    """Run a task. Its errors are logged, and it is tried again next time."""
    try:
        task()
    except ServiceError as error:
        logger.warning("A periodic task has to wait: %s", error.detail)
    except Exception:
        logger.exception("A periodic task failed.")
