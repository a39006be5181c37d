"""Slows down guessing of keys. A client with keys that were right before never has to wait."""

from __future__ import annotations

import hashlib
import logging
import math
import os
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, Final, Generic, TypeVar

from visavis.errors import ErrorCode, ServiceError

Key = TypeVar("Key")
Value = TypeVar("Value")
Result = TypeVar("Result")

WINDOW_S: Final = 60.0
APP_FACTOR: Final = 5
"""From this many times as many failures as an address may have, an app counts as attacked."""
SUSPICION_S: Final = 600.0
"""How long an address that has failed is refused by an app that is attacked."""
REMEMBERED: Final = 10_000
"""How many addresses, apps and keys are remembered, of each. The least recently used are evicted first."""

_WRONG: Final = frozenset(
    {ErrorCode.UNAUTHORIZED, ErrorCode.ACCESS_TOKEN_INVALID, ErrorCode.ACCESS_TOKEN_UNAUTHORIZED}
)
"""Errors that count as a failure."""

logger = logging.getLogger(__name__)


@lru_cache(1024)  # every request asks for its client's
def network_of(address: str) -> str:
    """The address itself, or the /64 of an IPv6 address, since a single host has all of that (RFC 6177)."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))


class Attempts:
    """Slows down guessing, per address and per app, without keeping out anybody who has the right keys.

    An address may fail `failures` times in `window_s`; then it must wait, whatever keys it sends. An app whose
    keys are guessed from many addresses counts as attacked: one failure is then enough to be refused by it for ten
    minutes. Keys that were right before are always checked, from any address. So is an address that never failed.
    Kept in the memory of this process. Safe to share between threads.
    """

    def __init__(
        self, failures: int, steady: Callable[[], float] = time.monotonic, window_s: float = WINDOW_S
    ) -> None:
        """`steady` is a monotonic clock, in seconds."""
        self._steady = steady
        self._window_s = window_s
        self._failures = failures
        self._secret = os.urandom(32)
        self._lock = threading.Lock()
        self._of_network: _Recent[str, _Bucket] = _Recent(REMEMBERED)
        self._of_app: _Recent[bytes, _Bucket] = _Recent(REMEMBERED)
        self._pending: Counter[str] = Counter()
        self._trusted: _Recent[bytes, bool] = _Recent(REMEMBERED)

    def verify(
        self, address: str, keys: Mapping[Any, str], check: Callable[[], Result], account: str | None = None
    ) -> Result:
        """Call `check`, which raises UNAUTHORIZED if the keys are wrong, or as much of a token; return its result.

        `account` names the app or user that the keys are for, if known. Raises RATE_LIMITED without calling
        `check`.
        """
        caller = network_of(address)
        app = None if account is None else self._fingerprint({"account": account})
        presented = self._fingerprint(keys)
        with self._lock:
            guess = presented not in self._trusted
            if guess:
                self._require_patience(caller, app)
                self._pending[caller] += 1
        try:
            result = check()
        except ServiceError as error:
            if error.code in _WRONG:
                with self._lock:
                    self._trusted.pop(presented, None)
                    self._count(caller, app)
            raise
        finally:
            with self._lock:
                if guess:
                    self._pending.subtract((caller,))
                if not self._pending[caller]:
                    del self._pending[caller]
        with self._lock:
            self._trusted.put(presented, value=True)
        return result

    def _fingerprint(self, keys: Mapping[str, str]) -> bytes:
        """A keyed hash, which distinguishes sets of keys without storing any."""
        parts = "\0".join(f"{name}\0{len(value)}\0{value}" for name, value in sorted(keys.items()))
        return hashlib.blake2b(parts.encode(errors="surrogatepass"), key=self._secret, digest_size=16).digest()

    def _require_patience(self, caller: str, app: bytes | None) -> None:
        now = self._steady()
        failed = self._of_network.get(caller)
        # A check that is not over counts as wrong, or else many guesses sent at once would count as one.
        wait = (failed or _Bucket(self._failures, self._window_s, now)).wait(now, self._pending[caller])
        attacked = None if failed is None or app is None else self._of_app.get(app)
        if failed is not None and attacked is not None and attacked.wait(now):
            wait = max(wait, failed.last + SUSPICION_S - now)
        if wait > 0:
            detail = "Too many attempts with wrong keys came from this address: wait before the next one."
            raise ServiceError(ErrorCode.RATE_LIMITED, detail, retry_after=math.ceil(wait))

    def _count(self, caller: str, app: bytes | None) -> None:
        now = self._steady()
        bucket = self._of_network.get(caller) or _Bucket(self._failures, self._window_s, now)
        bucket.take(now)
        self._of_network.put(caller, bucket)
        if bucket.wait(now):
            logger.warning("Too many wrong keys from %s: it has to wait.", caller)
        if app is not None:
            bucket = self._of_app.get(app) or _Bucket(APP_FACTOR * self._failures, self._window_s, now)
            bucket.take(now)
            self._of_app.put(app, bucket)


@dataclass(slots=True)
class _Bucket:
    """Token bucket: one token for each allowed failure. They come back evenly, all of them in `window_s`."""

    size: int
    window_s: float
    last: float
    """When there was a failure."""
    tokens: float = math.nan

    def take(self, now: float) -> None:
        self.tokens = max(self._left(now) - 1, 0)
        self.last = now

    def wait(self, now: float, taken: int = 0) -> float:
        """Seconds until there are more than `taken` tokens; 0 if there are now."""
        return max(1 + taken - self._left(now), 0) * self.window_s / self.size

    def _left(self, now: float) -> float:
        if math.isnan(self.tokens):
            return self.size
        return min(self.tokens + (now - self.last) * self.size / self.window_s, self.size)


class _Recent(OrderedDict[Key, Value], Generic[Key, Value]):
    """A dictionary of bounded size; it evicts the entry that was put longest ago."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def put(self, key: Key, value: Value) -> None:
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._size:
            self.popitem(last=False)
