"""What receivers are told, and that their libraries will take the signatures for ours."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from visavis.core.webhook_messages import message_of, new_secret, signed_headers
from visavis.recognition_events import RecognitionEvent, RecognitionKind
from visavis.webhooks import Delivery, Endpoint, Stranger

AT = datetime(2026, 11, 29, 9, 30, 0, 125_000, tzinfo=UTC)
ENDPOINT = Endpoint("https://gate.example/", (new_secret(),))


def told(about: RecognitionEvent | Stranger) -> Any:
    return json.loads(message_of(Delivery(1, "front-door", "staff", 7, about, 1, ENDPOINT)))


def test_a_signature_is_that_of_the_specification() -> None:
    # The example values of Standard Webhooks, which its libraries are tested with.
    at = datetime.fromtimestamp(1614265330, UTC)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [secret])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_during_a_rotation_there_is_a_signature_by_each_of_both_secrets() -> None:
    new, old = new_secret(), new_secret()
    of = [signed_headers("id", AT, b"{}", keys)["webhook-signature"] for keys in ([new, old], [new], [old])]
    assert of[0] == f"{of[1]} {of[2]}"
    assert of[1] != of[2]


def test_a_secret_has_256_bits_and_none_comes_twice() -> None:
    secrets = {new_secret() for _ in range(50)}
    assert len(secrets) == 50
    for secret in secrets:
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


def test_a_recognition_tells_who_was_where_and_how_surely_and_nothing_more() -> None:
    search = RecognitionKind.SEARCH
    event = RecognitionEvent(9, "an-id", AT, search, "f-1", "e-12", "김민수", 97.51249, 88.04, "key 3", "정문")
    assert told(event) == {
        "type": "face.recognised",
        "timestamp": "2026-11-29T09:30:00.125+00:00",
        "data": {
            "id": "an-id",
            "app": "front-door",
            "group": "staff",
            "kind": "search",
            "door": "정문",
            "liveness": 88.0,
            "person": "e-12",
            "name": "김민수",
            "face_id": "f-1",
            "similarity": 97.512,
        },
    }


def test_of_a_stranger_nothing_is_told_but_where_and_when() -> None:
    content = told(Stranger("an-id", AT, RecognitionKind.VERIFICATION, None, ""))
    assert content["type"] == "face.unknown"
    assert content["data"] == {
        "id": "an-id",
        "app": "front-door",
        "group": "staff",
        "kind": "verification",
        "door": "",
        "liveness": None,
    }
