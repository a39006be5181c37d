"""Looks up the addresses of a host name within a deadline."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from ipaddress import ip_address
from typing import Any, Final, TypeAlias

from visavis.fetch.addresses import Address
from visavis.fetch.deadline import Deadline

Resolve: TypeAlias = Callable[[str, int, int, int], Sequence[tuple[object, ...]]]
"""(host, port, family, type) to what `socket.getaddrinfo` answers."""

MAX_LOOKUPS: Final = 32
"""How many look-ups may run at the same time."""


class Lookup:
    """The system's resolver with a deadline, since it cannot be interrupted.

    Each look-up has a daemon thread: one that hangs delays neither its caller beyond the deadline nor the end of
    the process. At most `MAX_LOOKUPS` run; further ones wait.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._slots = threading.BoundedSemaphore(MAX_LOOKUPS)

    def addresses(self, host: str, port: int, deadline: Deadline) -> list[Address]:
        """All addresses of a name, each once, in the resolver's order. Raises `OSError`, IMAGE_TIMEOUT."""
        if not self._slots.acquire(timeout=deadline.remaining()):
            raise deadline.missed()
        answer: Future[Sequence[tuple[Any, ...]]] = Future()
        try:
            threading.Thread(target=self._look_up, args=(host, port, answer), name="look-up", daemon=True).start()
        except RuntimeError:  # no thread to be had
            self._slots.release()
            raise
        try:
            entries = answer.result(deadline.remaining())
        except TimeoutError as error:
            raise deadline.missed() from error
        return list(dict.fromkeys(ip_address(entry[4][0]) for entry in entries))

    def _look_up(self, host: str, port: int, answer: Future[Sequence[tuple[object, ...]]]) -> None:
        try:
            answer.set_result(self._resolve(host, port, socket.AF_UNSPEC, socket.SOCK_STREAM))
        except Exception as error:  # noqa: BLE001 - the caller raises it
            answer.set_exception(error)
        finally:
            self._slots.release()
