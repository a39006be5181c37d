"""Page tokens: signed, and valid only for the listing that issued them (contract.md 7)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from itsdangerous import BadData, URLSafeTimedSerializer

from visavis.errors import ErrorCode, ServiceError

# Base64 decoders skip unknown characters silently, so the spelling is checked first. A SHA-384 signature fills its
# 64 characters to the last bit, so there is no second spelling of the same bytes.
_SPELLING = re.compile(r"\.?[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{64}")


class PageTokens:
    """Turns the state of a listing into a token and back."""

    def __init__(self, key: bytes, max_age_seconds: int) -> None:
        self._key = key
        self._max_age = max_age_seconds

    def issue(self, scope: str, state: Mapping[str, object]) -> str:
        """Make a token. `scope` names operation, app and group; `state` is what the next page needs."""
        return str(self._serializer(scope).dumps(state))

    def read(self, scope: str, token: str) -> dict[str, Any]:
        """The state in a token. Raises INVALID_TOKEN if it is damaged, too old, or issued for another scope."""
        if _SPELLING.fullmatch(token):
            with suppress(BadData):
                return cast("dict[str, Any]", self._serializer(scope).loads(token, max_age=self._max_age))
        raise ServiceError(
            ErrorCode.INVALID_TOKEN,
            "The next-token is damaged, has expired, or belongs to another listing.",
        )

    def _serializer(self, scope: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._key, salt=f"visavis-page:{scope}", signer_kwargs={"digest_method": hashlib.sha384}
        )
