"""Apps and their keys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from tests.storage.conftest import OpenStorage, only_sqlite, owner
from visavis.core.ports import AppStore
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import KeyKind
from visavis.storage.store import Storage

KEYS = {KeyKind.APP_KEY: "app-key-1", KeyKind.SECRET_KEY: "secret-key-1", KeyKind.API_KEY: "api-key-1"}
NOW = datetime.now(UTC)


def test_the_store_is_what_core_asks_for(storage: Storage) -> None:
    apps: AppStore = storage.apps  # the type checker is the judge
    assert apps


def test_an_app_is_found_by_each_of_its_keys_and_by_its_name(storage: Storage, open_again: OpenStorage) -> None:
    app = storage.apps.create_app("app", KEYS)
    assert app.created_at.tzinfo is UTC
    other = open_again().apps
    for kind, key in KEYS.items():
        assert owner(other, kind, key, NOW) == app
    assert other.find_app("app") == app
    assert other.find_app("nobody") is None


def test_a_key_is_good_for_its_own_kind_only(storage: Storage) -> None:
    storage.apps.create_app("app", KEYS)
    for kind in KeyKind:
        for other, key in KEYS.items():
            assert (owner(storage.apps, kind, key, NOW) is not None) is (kind is other)


@pytest.mark.parametrize("key", ["", "app-key-", "app-key-11", "APP-KEY-1", "키", "\udc80", "a" * 100_000])
def test_a_wrong_key_is_nobodys(storage: Storage, key: str) -> None:
    storage.apps.create_app("app", KEYS)
    assert owner(storage.apps, KeyKind.APP_KEY, key, NOW) is None


def test_of_many_who_want_a_name_at_once_one_gets_it(storage: Storage, open_again: OpenStorage) -> None:
    stores, start = [storage, open_again()], Barrier(6)

    def create(number: int) -> bool:
        start.wait()
        try:
            stores[number % 2].apps.create_app("app", {})
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(create, range(6))) == [False] * 5 + [True]
    assert [app.name for app in storage.apps.list_apps()] == ["app"]


def test_a_name_is_taken_once(storage: Storage) -> None:
    storage.apps.create_app("app", {})
    with pytest.raises(ValueError, match="exists already"):
        storage.apps.create_app("app", KEYS)
    assert owner(storage.apps, KeyKind.APP_KEY, "app-key-1", NOW) is None


def test_apps_are_listed_by_name(storage: Storage) -> None:
    made = {name: storage.apps.create_app(name, {}) for name in ("b", "c", "a")}
    assert storage.apps.list_apps() == [made["a"], made["b"], made["c"]]


def test_keys_that_were_replaced_work_until_they_retire(storage: Storage) -> None:
    app = storage.apps.create_app("app", KEYS)
    retirement = NOW + timedelta(hours=1)
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "app-key-2"}, retirement)
    just_before = retirement - timedelta(microseconds=1)
    assert owner(storage.apps, KeyKind.APP_KEY, "app-key-1", just_before) == app
    assert owner(storage.apps, KeyKind.APP_KEY, "app-key-1", retirement) is None
    assert owner(storage.apps, KeyKind.APP_KEY, "app-key-2", retirement) == app
    assert owner(storage.apps, KeyKind.SECRET_KEY, "secret-key-1", retirement) == app


def test_a_second_rotation_does_not_prolong_the_first(storage: Storage) -> None:
    app = storage.apps.create_app("app", KEYS)
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "app-key-2"}, NOW + timedelta(hours=1))
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "app-key-3"}, NOW + timedelta(hours=5))
    valid = [
        n for n in (1, 2, 3) if owner(storage.apps, KeyKind.APP_KEY, f"app-key-{n}", NOW + timedelta(hours=2))
    ]
    assert valid == [2, 3]


def test_rotating_one_app_leaves_others_alone(storage: Storage) -> None:
    app = storage.apps.create_app("app", KEYS)
    other = storage.apps.create_app("other", {KeyKind.APP_KEY: "other-key"})
    storage.apps.add_keys(app, {KeyKind.APP_KEY: "app-key-2"}, NOW)
    assert owner(storage.apps, KeyKind.APP_KEY, "other-key", NOW) == other


def test_a_deleted_app_and_its_keys_are_gone(storage: Storage) -> None:
    app = storage.apps.create_app("app", KEYS)
    storage.apps.delete_app(app)
    assert storage.apps.list_apps() == []
    for kind, key in KEYS.items():
        assert owner(storage.apps, kind, key, NOW) is None
    assert storage.apps.create_app("app", KEYS).id != app.id


@only_sqlite
def test_no_key_is_in_any_file(storage: Storage, data_dir: Path) -> None:
    storage.apps.create_app("app", KEYS)
    for path in data_dir.iterdir():
        for key in KEYS.values():
            assert key.encode() not in path.read_bytes()


def _instead(names: frozenset[str], _before: frozenset[str]) -> frozenset[str]:
    return names


def test_an_app_speaks_every_dialect_until_some_are_turned_off(storage: Storage, open_again: OpenStorage) -> None:
    app = storage.apps.create_app("app", KEYS)
    other = storage.apps.create_app("other", {})
    assert app.dialects_off == frozenset()
    for names in (frozenset({"v1", "plus"}), frozenset({"searchface"}), frozenset[str]()):
        changed = storage.apps.change_dialects(app, partial(_instead, names))
        assert changed == replace(app, dialects_off=names)
        apps = open_again().apps
        assert apps.find_app("app") == changed
        assert apps.list_apps() == [changed, other]
        for kind, key in KEYS.items():
            assert owner(apps, kind, key, NOW) == changed


def test_dialects_cannot_be_turned_off_for_an_app_that_was_deleted(storage: Storage) -> None:
    app = storage.apps.create_app("app", {})
    storage.apps.delete_app(app)
    with pytest.raises(ServiceError) as caught:
        storage.apps.change_dialects(app, lambda _: frozenset({"v1"}))
    assert caught.value.code is ErrorCode.UNAUTHORIZED
