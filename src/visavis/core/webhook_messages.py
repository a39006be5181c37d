"""Messages to webhooks, and their signatures as the specification Standard Webhooks has them."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from visavis.recognition_events import RecognitionEvent
from visavis.webhooks import Delivery

RECOGNISED: Final = "face.recognised"
UNKNOWN: Final = "face.unknown"
TEST: Final = "webhook.test"

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """Random, 256 bits: `whsec_` and Base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def message_of(delivery: Delivery) -> bytes:
    """What a receiver is told of a recognition: no picture, no template; of a stranger only where and when."""
    about = delivery.about
    data: dict[str, object] = {
        "id": about.id,
        "app": delivery.app,
        "group": delivery.group,
        "kind": about.kind.value,
        "door": about.door,
        "liveness": None if about.liveness is None else round(about.liveness, 1),
    }
    if not isinstance(about, RecognitionEvent):
        return message(UNKNOWN, about.at, data)
    data |= {
        "person": about.person_id,
        "name": about.name,
        "face_id": about.face_id,
        "similarity": round(about.similarity, 3),
    }
    return message(RECOGNISED, about.at, data)


def message(kind: str, at: datetime, data: Mapping[str, object]) -> bytes:
    """A message of this type as JSON in UTF-8."""
    content = {"type": kind, "timestamp": at.isoformat(timespec="milliseconds"), "data": data}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def signed_headers(message_id: str, at: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The headers of a message that is sent at this moment, with a signature by each of the secrets."""
    timestamp = str(int(at.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(_key(each), content, "sha256")).decode() for each in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_PREFIX))
