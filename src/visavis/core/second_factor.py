"""A code beside the password: time-based one-time passwords (RFC 6238), and recovery codes for lost devices."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass

import pyotp

from visavis.core.ports import Clock, SecondFactorStore
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import User

ISSUER = "Visavis"
STEP_S = 30
DRIFT = 1
"""How many steps the clock of a device may be off, each way."""

RECOVERY_CODES = 10
_CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LENGTH = 16
"""Signs of a recovery code, 5 bits each: more than any computer tries."""

MOST_WRONG = 100
"""How many wrong codes in a row an account may see, from wherever they come (NIST SP 800-63B-4, 3.2.2)."""

_CODE = re.compile(r"[0-9]{6}")
_SECRET = re.compile(r"[A-Z2-7]{32}")


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """Enrols devices, and takes the codes that they show, each once."""

    _store: SecondFactorStore
    clock: Clock

    def has(self, user: User) -> bool:
        return self._store.secret_of(user) is not None

    def uri(self, user: User, secret: str) -> str:
        """What a device reads from a QR code."""
        return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=user.name, issuer_name=ISSUER)

    def confirm(self, user: User, secret: str, code: str) -> list[str]:
        """Enrol the device that shows this code of the secret; its recovery codes, shown now and never again.

        Raises WRONG_CODE.
        """
        step = self._step_of(secret, code) if _SECRET.fullmatch(secret) else None
        if step is None:
            raise AccountError(AccountErrorCode.WRONG_CODE)
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        self._store.enrol(user, secret, step, [_as_kept(each) for each in codes], self.clock())
        return codes

    def renew_codes(self, user: User) -> list[str]:
        """New recovery codes, shown now and never again; the old ones are good no longer."""
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        self._store.renew_codes(user, [_as_kept(each) for each in codes])
        return codes

    def codes_left(self, user: User) -> int:
        """How many recovery codes have not been used."""
        return self._store.codes_left(user)

    def enrolled(self) -> set[int]:
        """The ids of the users who have a second factor."""
        return self._store.enrolled()

    def remove(self, user: User) -> bool:
        """Forget the second factor and its recovery codes; whether there was one."""
        return self._store.remove(user)

    def take(self, user: User, code: str) -> bool:
        """Whether this is a code that the device shows, or a recovery code; neither is taken twice.

        Raises CODES_LOCKED after too many wrong codes in a row: then only a recovery code is taken.
        """
        secret, given = self._store.secret_of(user), _as_kept(code)
        if secret is None:
            return False
        if not _CODE.fullmatch(given):
            return self._store.use_code(user, given)
        if self._store.wrong_codes(user) >= MOST_WRONG:
            raise AccountError(AccountErrorCode.CODES_LOCKED)
        step = self._step_of(secret, given)
        if step is not None and self._store.use_step(user, step):
            return True
        self._store.count_wrong_code(user, MOST_WRONG)
        return False

    def _step_of(self, secret: str, code: str) -> int | None:
        """Which of the present steps the code is of."""
        device, now = pyotp.TOTP(secret, interval=STEP_S), int(self.clock().timestamp()) // STEP_S
        steps = range(now - DRIFT, now + DRIFT + 1)
        right = [step for step in steps if hmac.compare_digest(device.generate_otp(step), _as_kept(code))]
        return max(right, default=None)


def new_secret() -> str:
    """160 random bits in Base32, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def _new_code() -> str:
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def _as_kept(code: str) -> str:
    """Without what people put between, and in ASCII, which is all that codes have."""
    return re.sub(r"[\s-]", "", code).lower().encode("ascii", "replace").decode()
