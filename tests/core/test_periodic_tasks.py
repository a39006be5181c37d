"""What a server does unasked: at once, then again and again until it is stopped."""

from __future__ import annotations

import logging
import threading

import pytest

from visavis.core.periodic_tasks import PeriodicTasks
from visavis.errors import ErrorCode, ServiceError


class Round:
    """A task that ends its tasks after so many rounds."""

    def __init__(self, rounds: int) -> None:
        self.left, self.over, self.threads = rounds, threading.Event(), set[str]()

    def __call__(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.left -= 1
        if self.left <= 0:
            self.over.set()


def test_tasks_are_done_in_their_order_again_and_again() -> None:
    done: list[str] = []
    last = Round(3)
    tasks = PeriodicTasks([lambda: done.append("a"), lambda: done.append("b"), last], 0.001)
    tasks.start()
    last.over.wait()
    tasks.stop()
    assert done[:6] == ["a", "b"] * 3
    assert threading.current_thread().name not in last.threads
    assert last.threads == {"periodic-tasks"}


def test_tasks_are_done_at_once_and_then_not_for_a_minute() -> None:
    last = Round(1)
    tasks = PeriodicTasks([last])
    tasks.start()
    last.over.wait()
    tasks.stop()
    assert last.left == 0
    assert tasks._every_seconds == 60
    assert not tasks._thread.is_alive()


def test_no_other_task_begins_once_they_are_stopped() -> None:
    begun, go_on, done = threading.Event(), threading.Event(), list[str]()

    def slow() -> None:
        begun.set()
        go_on.wait()
        done.append("slow")

    tasks = PeriodicTasks([slow, lambda: done.append("next")], 0.001)
    tasks.start()
    begun.wait()
    stopping = threading.Thread(target=tasks.stop)
    stopping.start()
    tasks._stopped.wait()
    go_on.set()
    stopping.join()
    assert done == ["slow"]


def test_a_task_that_fails_is_told_and_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    def waits() -> None:
        raise ServiceError(ErrorCode.INTERNAL, "The database is gone.")

    def fails() -> None:
        raise ValueError("seven")

    last = Round(2)
    tasks = PeriodicTasks([waits, fails, last], 0.001)
    tasks.start()
    last.over.wait()
    tasks.stop()
    waiting, failing = caplog.records[:2]
    assert (waiting.levelno, waiting.getMessage()) == (
        logging.WARNING,
        "A periodic task has to wait: The database is gone.",
    )
    assert (failing.levelno, failing.getMessage()) == (logging.ERROR, "A periodic task failed.")
    assert failing.exc_info is not None


def test_a_server_does_not_wait_for_its_tasks_to_die() -> None:
    assert PeriodicTasks([])._thread.daemon
