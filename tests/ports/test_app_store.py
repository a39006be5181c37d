"""Apps and their keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.ports.stores import Stores
from visavis.core.ports import AppStore
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import App, Caller, KeyKind

KEYS = {KeyKind.APP_KEY: "app-key-1", KeyKind.SECRET_KEY: "secret-key-1", KeyKind.API_KEY: "api-key-1"}
NOW = datetime.now(UTC)


def owner(apps: AppStore, kind: KeyKind, key: str, now: datetime) -> App | None:
    """The app that the key is good for."""
    [caller] = apps.callers({kind: key}, now)
    return None if caller is None else caller.app


def test_a_key_is_good_for_its_own_kind_only(storage: Stores) -> None:
    storage.apps.create_app("app", KEYS)
    for kind in KeyKind:
        for other, key in KEYS.items():
            assert (owner(storage.apps, kind, key, NOW) is not None) is (kind is other)


@pytest.mark.parametrize("key", ["", "app-key-", "app-key-11", "APP-KEY-1", "키", "\udc80", "a" * 100_000])
def test_a_wrong_key_is_nobodys(storage: Stores, key: str) -> None:
    storage.apps.create_app("app", KEYS)
    assert owner(storage.apps, KeyKind.APP_KEY, key, NOW) is None


def test_a_name_is_taken_once(storage: Stores) -> None:
    storage.apps.create_app("app", {})
    with pytest.raises(ValueError, match="already exists"):
        storage.apps.create_app("app", KEYS)
    assert owner(storage.apps, KeyKind.APP_KEY, "app-key-1", NOW) is None


def test_apps_are_listed_by_name(storage: Stores) -> None:
    made = {name: storage.apps.create_app(name, {}) for name in ("b", "c", "a")}
    assert storage.apps.list_apps() == [made["a"], made["b"], made["c"]]


def test_keys_that_were_replaced_work_until_they_retire(storage: Stores) -> None:
    app = storage.apps.create_app("app", KEYS)
    retirement = NOW + timedelta(hours=1)
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "app-key-2"}, retirement)
    just_before = retirement - timedelta(microseconds=1)
    assert owner(storage.apps, KeyKind.APP_KEY, "app-key-1", just_before) == app
    assert owner(storage.apps, KeyKind.APP_KEY, "app-key-1", retirement) is None
    assert owner(storage.apps, KeyKind.APP_KEY, "app-key-2", retirement) == app
    assert owner(storage.apps, KeyKind.SECRET_KEY, "secret-key-1", retirement) == app


def test_a_second_rotation_does_not_prolong_the_first(storage: Stores) -> None:
    app = storage.apps.create_app("app", KEYS)
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "app-key-2"}, NOW + timedelta(hours=1))
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "app-key-3"}, NOW + timedelta(hours=5))
    valid = [
        n for n in (1, 2, 3) if owner(storage.apps, KeyKind.APP_KEY, f"app-key-{n}", NOW + timedelta(hours=2))
    ]
    assert valid == [2, 3]


def test_rotating_one_app_leaves_others_alone(storage: Stores) -> None:
    app = storage.apps.create_app("app", KEYS)
    other = storage.apps.create_app("other", {KeyKind.APP_KEY: "other-key"})
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "app-key-2"}, NOW)
    assert owner(storage.apps, KeyKind.APP_KEY, "other-key", NOW) == other


def test_a_deleted_app_and_its_keys_are_gone(storage: Stores) -> None:
    app = storage.apps.create_app("app", KEYS)
    storage.apps.delete_app(app)
    assert storage.apps.list_apps() == []
    for kind, key in KEYS.items():
        assert owner(storage.apps, kind, key, NOW) is None
    assert storage.apps.create_app("app", KEYS).id != app.id


def test_dialects_cannot_be_turned_off_for_an_app_that_was_deleted(storage: Stores) -> None:
    app = storage.apps.create_app("app", {})
    storage.apps.delete_app(app)
    with pytest.raises(ServiceError) as caught:
        storage.apps.change_dialects(app, lambda _: frozenset({"v1"}))
    assert caught.value.code is ErrorCode.UNAUTHORIZED


def test_an_app_is_found_by_each_of_its_keys_and_by_its_name(storage: Stores) -> None:
    app = storage.apps.create_app("app", KEYS)
    assert (app.dialects_off, app.rate_limit) == (frozenset(), "")
    assert NOW <= app.created_at <= datetime.now(UTC)
    assert storage.apps.find_app("app") == app
    for name in ("nobody", "APP", "app\0"):
        assert storage.apps.find_app(name) is None
    callers = storage.apps.callers({**KEYS, KeyKind.API_KEY: "wrong"}, NOW)
    assert [caller and caller.app for caller in callers] == [app, app, None]
    shown = {key.kind: key.id for key in storage.apps.list_keys(app)}
    assert callers[0] == Caller(app, shown[KeyKind.APP_KEY])


def test_keys_are_listed_by_id_with_those_that_have_retired(storage: Stores) -> None:
    app = storage.apps.create_app("app", KEYS)
    first = storage.apps.list_keys(app)
    assert {(key.kind, key.retires_at) for key in first} == {(kind, None) for kind in KeyKind}
    storage.apps.add_keys(app, {KeyKind.API_KEY: "api-key-2"}, NOW)
    listed = storage.apps.list_keys(app)
    assert [key.id for key in listed] == sorted(key.id for key in listed)
    assert [key for key in listed if key.kind is not KeyKind.API_KEY] == [
        key for key in first if key.kind is not KeyKind.API_KEY
    ]
    assert [key.retires_at for key in listed if key.kind is KeyKind.API_KEY] == [NOW, None]


def test_a_deleted_key_lets_nobody_in_and_only_an_app_deletes_its_own(storage: Stores) -> None:
    app, other = storage.apps.create_app("app", KEYS), storage.apps.create_app("other", {})
    by_kind = {key.kind: key for key in storage.apps.list_keys(app)}
    gone = by_kind.pop(KeyKind.API_KEY)
    storage.apps.delete_keys(other, [gone.id])
    assert owner(storage.apps, KeyKind.API_KEY, "api-key-1", NOW) == app
    storage.apps.delete_keys(app, [gone.id, 12345])
    assert owner(storage.apps, KeyKind.API_KEY, "api-key-1", NOW) is None
    assert {key.id for key in storage.apps.list_keys(app)} == {key.id for key in by_kind.values()}
    storage.apps.delete_keys(app, [gone.id])


def _instead(names: frozenset[str], _before: frozenset[str]) -> frozenset[str]:
    return names


def test_dialects_are_changed_from_those_that_were_off_before(storage: Stores) -> None:
    app = storage.apps.create_app("app", KEYS)
    for names in ({"v1", "plus"}, {"searchface"}, set[str]()):
        changed = storage.apps.change_dialects(app, partial(_instead, frozenset(names)))
        assert changed == replace(app, dialects_off=frozenset(names))
        assert storage.apps.find_app("app") == owner(storage.apps, KeyKind.APP_KEY, "app-key-1", NOW) == changed
    storage.apps.change_dialects(app, lambda _: frozenset({"v1"}))
    both = storage.apps.change_dialects(app, lambda before: before | {"plus"})
    assert both.dialects_off == {"v1", "plus"}


def test_a_rate_limit_is_kept_until_it_is_lifted(storage: Stores) -> None:
    app = storage.apps.create_app("app", KEYS)
    for rate in ("600/minute", ""):
        assert storage.apps.set_rate_limit(app, rate) == replace(app, rate_limit=rate)
        assert storage.apps.list_apps() == [replace(app, rate_limit=rate)]


def test_an_app_that_was_deleted_has_no_groups_and_no_limits(storage: Stores) -> None:
    app = storage.apps.create_app("app", {})
    group = storage.gallery.create_group(app, "group", "sface", quota=1)
    storage.gallery.change_settings(group, {"retention_hours": 1})
    storage.apps.delete_app(app)
    storage.apps.delete_app(app)
    assert storage.gallery.list_groups(app, None, 10) == storage.gallery.groups_with_retention() == []
    with pytest.raises(ServiceError) as caught:
        storage.gallery.require_group(app, "group")
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
    with pytest.raises(ServiceError) as caught:
        storage.apps.set_rate_limit(app, "1/day")
    assert caught.value.code is ErrorCode.UNAUTHORIZED
    with pytest.raises(ServiceError) as caught:
        storage.gallery.delete_group(group)
    assert caught.value.code is ErrorCode.GROUP_NOT_FOUND
