"""Apps and their keys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Barrier

from tests.storage.conftest import OpenStorage, only_sqlite, owner
from visavis.core.ports import AppStore
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
