"""Apps: made, told apart by their keys, limited, and given other keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core.world import World, refused
from visavis.core.apps import Apps, new_keys, require_spoken, shown_key
from visavis.errors import ErrorCode
from visavis.identities import App, KeyKind

UNAUTHORIZED = "The app key or the key that belongs to it is missing, wrong or retired."
NAMES = "An app's name has 1 to 100 printable characters."


@pytest.fixture
def apps(world: World) -> Apps:
    return Apps(world.storage.apps, world.clock, ("v1", "v2", "plus"))


def made(apps: Apps, name: str = "door") -> tuple[App, dict[KeyKind, str]]:
    keys = apps.create(name)
    return apps.require(name), keys


def lets_in(apps: Apps, kind: KeyKind, key: str) -> bool:
    return apps._store.callers({kind: key}, apps.clock()) != [None]


def test_a_new_app_has_a_key_of_each_kind(apps: Apps) -> None:
    app, keys = made(apps, "front door, 2층")
    assert (app.name, app.dialects_off, app.rate_limit) == ("front door, 2층", frozenset(), "")
    assert set(keys) == set(KeyKind)
    assert apps.authenticate(keys, "v2").app == app


def test_keys_are_random_and_long_enough() -> None:
    first, second = new_keys(), new_keys()
    assert [len(bytes.fromhex(first[kind])) for kind in KeyKind] == [16, 32, 32]
    assert not set(first.values()) & set(second.values())


@pytest.mark.parametrize("name", ["", " ", "\t", "a\nb", "x" * 101])
def test_a_name_that_nobody_could_read_is_refused(apps: Apps, name: str) -> None:
    with refused(ErrorCode.INVALID_PARAMETER, NAMES):
        apps.create(name)


def test_a_name_of_a_hundred_characters_is_taken_once(apps: Apps) -> None:
    name = "x" * 100
    apps.create(name)
    with refused(ErrorCode.DUPLICATE_APP, f"An app named '{name}' already exists."):
        apps.create(name)


def test_an_app_that_is_not_there_is_named(apps: Apps) -> None:
    with refused(ErrorCode.APP_NOT_FOUND, "There is no app named 'door'."):
        apps.require("door")


def test_the_last_of_the_keys_is_the_one_that_is_told(apps: Apps) -> None:
    app, keys = made(apps)
    ids = {key.kind: key.id for key in apps.keys(app)}
    shown = {kind: keys[kind] for kind in (KeyKind.APP_KEY, KeyKind.SECRET_KEY)}
    assert apps.authenticate(shown, "v1").key_id == ids[KeyKind.SECRET_KEY]
    assert apps.authenticate({KeyKind.API_KEY: keys[KeyKind.API_KEY]}, "v1").key_id == ids[KeyKind.API_KEY]


@pytest.mark.parametrize("wrong", [KeyKind.APP_KEY, KeyKind.SECRET_KEY])
def test_every_key_that_is_shown_must_be_right(apps: Apps, wrong: KeyKind) -> None:
    _, keys = made(apps)
    _, others = made(apps, "other")
    shown = {kind: keys[kind] for kind in (KeyKind.APP_KEY, KeyKind.SECRET_KEY)}
    for other in ("wrong", others[wrong]):
        with refused(ErrorCode.UNAUTHORIZED, UNAUTHORIZED):
            apps.authenticate({**shown, wrong: other}, "v2")


def test_nobody_is_let_in_without_a_key(apps: Apps) -> None:
    made(apps)
    with refused(ErrorCode.UNAUTHORIZED, UNAUTHORIZED):
        apps.authenticate({}, "v2")


def test_an_app_speaks_every_dialect_but_those_that_are_off(apps: Apps) -> None:
    app, keys = made(apps)
    off = apps.switch_off(app, ["v1", "plus"])
    assert off == replace(app, dialects_off=frozenset({"v1", "plus"}))
    assert apps.authenticate(keys, "v2").app == off
    for dialect in ("v1", "plus"):
        with refused(ErrorCode.UNAUTHORIZED, "This API version is switched off for the app."):
            apps.authenticate(keys, dialect)
        with refused(ErrorCode.UNAUTHORIZED, "This API version is switched off for the app."):
            require_spoken(off, dialect)
    assert apps.switch_off(app, ["v2"]).dialects_off == {"v2"}
    assert apps.switch_off(app, []).dialects_off == frozenset()


def test_dialects_are_switched_one_by_one(apps: Apps) -> None:
    app, _ = made(apps)
    assert apps.switch(app, off=["v1", "plus"], on=[]).dialects_off == {"v1", "plus"}
    assert apps.switch(app, off=["v2"], on=["v1"]).dialects_off == {"v2", "plus"}
    assert apps.switch(app, off=["v1"], on=["v1", "v2"]).dialects_off == {"plus"}


def test_a_dialect_that_does_not_exist_is_refused_by_name(apps: Apps) -> None:
    app, _ = made(apps)
    detail = "There is no dialect 'v3', only v1, v2, plus."
    attempts: list[Callable[[], App]] = [
        lambda: apps.switch_off(app, ["v1", "v4", "v3"]),
        lambda: apps.switch(app, off=["v3"], on=["v1"]),
        lambda: apps.switch(app, off=["v1"], on=["v3"]),
    ]
    for attempt in attempts:
        with refused(ErrorCode.INVALID_PARAMETER, detail):
            attempt()
    assert apps.require("door").dialects_off == frozenset()


@pytest.mark.parametrize("rate", ["1/second", "600/minute", "9999999/hour", "10/day"])
def test_a_rate_limit_holds_until_it_is_lifted(apps: Apps, rate: str) -> None:
    app, _ = made(apps)
    assert apps.limit_rate(app, rate).rate_limit == rate
    assert apps.require("door").rate_limit == rate
    assert apps.limit_rate(app, "off").rate_limit == ""


@pytest.mark.parametrize("rate", ["", "0/second", "-1/day", "10000000/hour", "1/week", "1 / day", "1/day ", "OFF"])
def test_what_is_no_rate_is_refused(apps: Apps, rate: str) -> None:
    app, _ = made(apps)
    detail = "A rate limit is a number per second, minute, hour or day, such as 600/minute, or off."
    with refused(ErrorCode.INVALID_PARAMETER, detail):
        apps.limit_rate(app, rate)


def test_old_keys_work_until_the_overlap_is_over(apps: Apps, world: World) -> None:
    app, old = made(apps)
    new = apps.rotate(app, timedelta(hours=2))
    assert set(new) == set(KeyKind)
    world.clock.pass_by(hours=2, seconds=-1)
    assert apps.authenticate(old, "v2").app == apps.authenticate(new, "v2").app == app
    world.clock.pass_by(1)
    with refused(ErrorCode.UNAUTHORIZED, UNAUTHORIZED):
        apps.authenticate(old, "v2")
    assert apps.authenticate(new, "v2").app == app


def test_keys_are_revoked_at_once_and_told(apps: Apps) -> None:
    app, keys = made(apps)
    listed = {key.kind: key for key in apps.keys(app)}
    revoked = [listed[KeyKind.API_KEY], listed[KeyKind.APP_KEY]]
    ids = [key.id for key in revoked]
    assert apps.revoke(app, [*ids, ids[0]]) == sorted(revoked, key=lambda key: key.id)
    assert [lets_in(apps, kind, keys[kind]) for kind in KeyKind] == [False, True, False]
    assert apps.revoke(app, []) == []


def test_a_key_that_the_app_does_not_have_is_refused_and_none_is_revoked(apps: Apps) -> None:
    app, keys = made(apps)
    other, _ = made(apps, "other")
    [mine, *_], [theirs, *_] = apps.keys(app), apps.keys(other)
    with refused(ErrorCode.KEY_NOT_FOUND, f"The app has no key with the id {theirs.id}."):
        apps.revoke(app, [9999, mine.id, theirs.id])
    assert apps.authenticate(keys, "v2").app == app


def test_only_keys_that_a_rotation_has_replaced_are_revoked_as_such(apps: Apps) -> None:
    app, old = made(apps)
    assert apps.revoke_replaced(app) == []
    before = apps.keys(app)
    new = apps.rotate(app, timedelta(hours=2))
    assert [key.id for key in apps.revoke_replaced(app)] == [key.id for key in before]
    assert not any(lets_in(apps, kind, old[kind]) for kind in KeyKind)
    assert apps.authenticate(new, "v2").app == app


def test_apps_are_listed_by_name(apps: Apps) -> None:
    for name in ("c", "a", "b"):
        made(apps, name)
    assert [app.name for app in apps.all()] == ["a", "app", "b", "c"]


def test_a_deleted_app_takes_its_keys_and_groups_with_it(apps: Apps, world: World) -> None:
    app, keys = made(apps)
    world.gallery.create_group(app, "group", "old", quota=1)
    apps.delete(app)
    with refused(ErrorCode.APP_NOT_FOUND, "There is no app named 'door'."):
        apps.require("door")
    with refused(ErrorCode.UNAUTHORIZED, UNAUTHORIZED):
        apps.authenticate(keys, "v2")
    assert world.gallery.list_groups(app, None, 10) == []


def test_a_key_is_shown_without_itself(apps: Apps, world: World) -> None:
    app, _ = made(apps)
    [key, *_] = apps.keys(app)
    created = "2026-05-01T12:00:00+00:00"
    assert shown_key(key) == {"id": key.id, "kind": "appKey", "created": created, "retires": None}
    apps.rotate(app, timedelta(hours=1))
    [key, *_] = apps.keys(app)
    assert shown_key(key)["retires"] == "2026-05-01T13:00:00+00:00"
