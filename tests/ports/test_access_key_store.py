"""User access keys and the tokens that are issued to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.ports.stores import Stores
from visavis.audit_events import AuditFilter
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import AccessKey, App, KeyKind

NOW = datetime.now(UTC)
HOUR, MOMENT = timedelta(hours=1), timedelta(microseconds=1)


def made(storage: Stores, *apps: App, name: str = "client", key_id: str = "id-1") -> AccessKey:
    """A key for these apps, or for all."""
    return storage.access_keys.create_key(name, key_id, "secret-1", apps or None, 3600)


def token_of(storage: Stores, key: AccessKey, name: str = "token-1", at: datetime = NOW) -> str:
    storage.access_keys.add_token(key, name, at, at + HOUR, keep=3)
    return name


def works(storage: Stores, token: str, at: datetime = NOW) -> bool:
    return storage.access_keys.holder(token, at) is not None


def test_a_key_is_found_by_its_id_and_secret(storage: Stores) -> None:
    key = made(storage)
    assert storage.access_keys.key_of("id-1", "secret-1", NOW) == key
    assert (key.id, key.name, key.apps, key.lifetime_seconds) == ("id-1", "client", None, 3600)


@pytest.mark.parametrize("wrong", ["", "secret-", "secret-11", "SECRET-1", "키", "\udc80", "a\0b", "a" * 10_000])
def test_a_wrong_id_or_secret_is_nobodys(storage: Stores, wrong: str) -> None:
    made(storage)
    assert storage.access_keys.key_of("id-1", wrong, NOW) is None
    assert storage.access_keys.key_of(wrong, "secret-1", NOW) is None


def test_the_secret_of_another_key_does_not_fit(storage: Stores) -> None:
    made(storage)
    storage.access_keys.create_key("other", "id-2", "secret-2", None, 60)
    assert storage.access_keys.key_of("id-1", "secret-2", NOW) is None


def test_a_token_and_the_app_key_beside_it_are_known_by_one_look_up(storage: Stores) -> None:
    app = storage.apps.create_app("app", {KeyKind.APP_KEY: "app-key", KeyKind.SECRET_KEY: "secret-key"})
    key = made(storage, app)
    token = token_of(storage, key)
    for _ in range(2):  # the first one that a process is asked may have to verify what is kept
        holder, callers = storage.access_keys.holder(token, NOW), storage.apps.callers(_app_key("app-key"), NOW)
    bearer = storage.access_keys.bearer
    assert bearer(token, "app-key", NOW) == (holder, callers[0]) == (key, callers[0])
    for wrong in ("", "secret-key", "app-key-", "키", "\udc80", "a\0b"):
        assert bearer(token, wrong, NOW) is None
        assert bearer(wrong, "app-key", NOW) is None
    assert bearer(token, "app-key", NOW + HOUR) is None  # expired
    storage.apps.add_keys(app, _app_key("new-key"), retire_others_at=NOW + MOMENT)
    assert bearer(token, "app-key", NOW + HOUR / 2) is None  # retired
    storage.access_keys.delete_token(key, token)
    assert bearer(token, "new-key", NOW) is None


def _app_key(key: str) -> dict[KeyKind, str]:
    return {KeyKind.APP_KEY: key}


def test_a_name_is_taken_once(storage: Stores) -> None:
    made(storage)
    with pytest.raises(ServiceError, match="already exists") as caught:
        made(storage, key_id="id-2")
    assert caught.value.code is ErrorCode.DUPLICATE_ACCESS_KEY
    assert storage.access_keys.key_of("id-2", "secret-1", NOW) is None


def test_keys_are_listed_by_name(storage: Stores) -> None:
    keys = {name: made(storage, name=name, key_id=f"id-{name}") for name in ("b", "c", "a")}
    assert storage.access_keys.list_keys() == [keys["a"], keys["b"], keys["c"]]


def test_a_token_is_good_until_it_expires(storage: Stores) -> None:
    key = made(storage)
    token = token_of(storage, key)
    assert storage.access_keys.holder(token, NOW + HOUR - MOMENT) == key
    assert storage.access_keys.holder(token, NOW + HOUR) is None


@pytest.mark.parametrize("wrong", ["", "token-", "token-11", "TOKEN-1", "secret-1", "키", "\udc80"])
def test_a_token_that_was_not_issued_is_nobodys(storage: Stores, wrong: str) -> None:
    token_of(storage, made(storage))
    assert storage.access_keys.holder(wrong, NOW) is None


def test_a_revoked_token_is_gone_and_others_stay(storage: Stores) -> None:
    key = made(storage)
    gone, stays = token_of(storage, key), token_of(storage, key, "token-2")
    assert storage.access_keys.delete_token(key, gone)
    assert not storage.access_keys.delete_token(key, gone)
    assert (works(storage, gone), works(storage, stays)) == (False, True)


def test_a_key_does_not_revoke_the_token_of_another(storage: Stores) -> None:
    token = token_of(storage, made(storage))
    other = made(storage, name="other", key_id="id-2")
    assert not storage.access_keys.delete_token(other, token)
    assert works(storage, token)


def test_one_token_more_than_are_kept_ends_the_oldest(storage: Stores) -> None:
    key = made(storage)
    other = token_of(storage, made(storage, name="other", key_id="id-2"), "of another")
    tokens = [token_of(storage, key, f"token-{n}", NOW + n * MOMENT) for n in range(5)]
    assert [works(storage, token) for token in tokens] == [False, False, True, True, True]
    assert works(storage, other)


def test_expired_tokens_do_not_count(storage: Stores) -> None:
    key = made(storage)
    for n in range(3):
        token_of(storage, key, f"old-{n}")
    later = NOW + HOUR
    tokens = [token_of(storage, key, f"token-{n}", later) for n in range(3)]
    assert all(works(storage, token, later) for token in tokens)


def test_expired_tokens_are_swept(storage: Stores) -> None:
    keys = [made(storage), made(storage, name="other", key_id="id-2")]
    for number, key in enumerate(keys):
        token_of(storage, key, f"old-{number}")
    live = token_of(storage, keys[0], "live", NOW + MOMENT)
    assert storage.access_keys.delete_expired_tokens(NOW + HOUR) == 2
    assert storage.access_keys.delete_expired_tokens(NOW + HOUR) == 0
    assert works(storage, live, NOW + HOUR)


def test_a_revoked_key_takes_its_tokens_along(storage: Stores) -> None:
    key, other = made(storage), made(storage, name="other", key_id="id-2")
    token, stays = token_of(storage, key), token_of(storage, other, "token-2")
    storage.access_keys.delete_key(key)
    assert storage.access_keys.key_of("id-1", "secret-1", NOW) is None
    assert (works(storage, token), works(storage, stays)) == (False, True)
    assert storage.access_keys.list_keys() == [other]


def test_a_key_that_was_revoked_cannot_be_changed(storage: Stores) -> None:
    key, keys = made(storage), storage.access_keys
    keys.delete_key(key)
    attempts: list[Callable[[], object]] = [
        partial(keys.delete_key, key),
        partial(keys.limit_key, key, None, 60),
        partial(keys.replace_secret, key, "new", NOW, NOW),
        partial(token_of, storage, key),
        partial(keys.delete_token, key, "token-1"),
    ]
    for attempt in attempts:
        with pytest.raises(ServiceError) as caught:
            attempt()
        assert caught.value.code is ErrorCode.ACCESS_KEY_NOT_FOUND


def test_an_old_secret_works_until_its_time_and_tokens_stay(storage: Stores) -> None:
    key = made(storage)
    token = token_of(storage, key)
    storage.access_keys.replace_secret(key, "secret-2", NOW, NOW + HOUR)
    [kept] = storage.access_keys.list_keys()
    assert kept.old_secret_until == NOW + HOUR
    assert storage.access_keys.key_of("id-1", "secret-2", NOW) == kept
    assert storage.access_keys.key_of("id-1", "secret-1", NOW + HOUR - MOMENT) == kept
    assert storage.access_keys.key_of("id-1", "secret-1", NOW + HOUR) is None
    assert works(storage, token)


def test_a_secret_that_stops_at_once_takes_the_tokens_along(storage: Stores) -> None:
    key = made(storage)
    token = token_of(storage, key)
    storage.access_keys.replace_secret(key, "secret-2", NOW, NOW)
    assert storage.access_keys.key_of("id-1", "secret-1", NOW) is None
    assert storage.access_keys.key_of("id-1", "secret-2", NOW) is not None
    assert not works(storage, token)


def test_a_third_secret_leaves_only_the_one_before_it(storage: Stores) -> None:
    key = made(storage)
    for number in (2, 3):
        storage.access_keys.replace_secret(key, f"secret-{number}", NOW, NOW + HOUR)
    valid = [n for n in (1, 2, 3) if storage.access_keys.key_of("id-1", f"secret-{n}", NOW)]
    assert valid == [2, 3]


def test_tokens_follow_the_apps_of_their_key(storage: Stores, app: App) -> None:
    other = storage.apps.create_app("other", {})
    key = made(storage, app)
    token = token_of(storage, key)
    limited = storage.access_keys.limit_key(key, [other], 60)
    assert storage.access_keys.holder(token, NOW) == limited
    assert (limited.covers(app), limited.covers(other), limited.lifetime_seconds) == (False, True, 60)
    everywhere = storage.access_keys.limit_key(key, None, 60)
    assert everywhere.covers(app)


def test_a_deleted_app_leaves_its_keys(storage: Stores, app: App) -> None:
    other = storage.apps.create_app("other", {})
    alone, both = made(storage, app), made(storage, app, other, name="both", key_id="id-2")
    every = made(storage, name="every", key_id="id-3")
    tokens = [token_of(storage, key, key.name) for key in (alone, both, every)]
    storage.apps.delete_app(app)
    assert [works(storage, token) for token in tokens] == [False, True, True]
    assert {key.name: key.apps for key in storage.access_keys.list_keys()} == {
        "both": frozenset({other.id}),
        "every": None,
    }


def test_which_keys_went_with_an_app_is_on_record(storage: Stores, app: App) -> None:
    other = storage.apps.create_app("other", {})
    for number, name in enumerate(("two", "one")):
        made(storage, app, name=name, key_id=f"id-{number}")
    made(storage, app, other, name="both", key_id="id-3")
    storage.apps.delete_app(app)
    storage.apps.delete_app(other)
    first, second = storage.audit.page(AuditFilter(operation="delete_app"), None, 10)[::-1]
    assert (first.event.app, first.event.detail) == (app.name, "with it the user access keys one, two")
    assert (second.event.app, second.event.detail) == ("other", "with it the user access keys both")
    nobody = storage.apps.create_app("nobody", {})
    storage.apps.delete_app(nobody)
    assert storage.audit.page(AuditFilter(operation="delete_app"), None, 1)[0].event.detail is None
