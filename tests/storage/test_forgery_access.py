"""Who writes apps, keys, users and sessions into the database without a key is found out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import insert, update

from harness.storage.place import Place
from tests.storage.conftest import OpenStorage, only_sqlite, owner
from tests.storage.forging import faults, refused, replace_rows, rows_of
from visavis.errors import SetupError
from visavis.identities import App, AppRole, KeyKind, Role, User
from visavis.storage.database.schema import (
    apps,
    calibrations,
    invitations,
    keys,
    recovery_codes,
    second_factors,
    sessions,
    users,
)
from visavis.storage.store import Storage
from visavis.types import OwnScale

NOW = datetime.now(UTC)
SECRET = sha256(b"a secret").digest()


def key_of(storage: Storage, key: str = "key") -> App | None:
    return owner(storage.apps, KeyKind.APP_KEY, key, NOW)


@pytest.fixture
def keyed(storage: Storage) -> App:
    """An app with a key that has been used."""
    app = storage.apps.create_app("app", {KeyKind.APP_KEY: "key"})
    assert key_of(storage) == app
    return app


@pytest.fixture
def user(storage: Storage) -> User:
    """An administrator, by an invitation."""
    storage.accounts.add_invitation(SECRET, Role.ADMINISTRATOR, None, NOW + timedelta(days=7))
    return storage.accounts.accept(SECRET, NOW, "ada", "hash")


def test_keys_moved_to_another_app_let_nobody_in(storage: Storage, keyed: App) -> None:
    other = storage.apps.create_app("other", {KeyKind.APP_KEY: "other-key"})
    with storage.database.write() as connection:
        connection.execute(update(keys).where(keys.c.app_id == keyed.id).values(app_id=other.id))
    refused(lambda: key_of(storage), "The record of the key number 1 was altered")
    refused(lambda: storage.apps.list_keys(other), "The record of the key number 1 was altered")
    assert key_of(storage, "other-key") == other
    assert "The record of the key number 1 was altered" in faults(storage)


def test_a_key_that_was_revoked_does_not_come_back(storage: Storage, keyed: App, open_again: OpenStorage) -> None:
    before = rows_of(storage, keys)
    storage.apps.delete_keys(keyed, [before[0]["id"]])
    assert key_of(storage) is None
    replace_rows(storage, keys, before)
    for opened in (storage, open_again()):
        refused(partial(key_of, opened), "keys was altered")
    assert "The keys are not those that were kept" in faults(storage)


def test_a_key_that_was_taken_out_is_missed_by_whoever_asks_with_it(storage: Storage, keyed: App) -> None:
    storage.apps.create_app("other", {KeyKind.APP_KEY: "other-key"})
    assert key_of(storage, "no key") is None
    with storage.database.write() as connection:
        connection.execute(keys.delete().where(keys.c.app_id == keyed.id))
    refused(lambda: key_of(storage), "keys was altered")
    refused(lambda: key_of(storage, "no key"), "keys was altered")


def test_a_key_that_retires_cannot_be_kept_alive(storage: Storage, keyed: App) -> None:
    before = rows_of(storage, keys)
    storage.apps.add_keys(keyed, {KeyKind.APP_KEY: "new"}, NOW - timedelta(days=1))
    after = rows_of(storage, keys)
    replace_rows(storage, keys, [before[0], after[1]])  # as it was, tag and all
    refused(lambda: key_of(storage), "keys was altered")
    replace_rows(storage, keys, [{**after[0], "retires_at": None}, after[1]])
    refused(lambda: key_of(storage), "The record of the key number 1 was altered")
    assert "The record of the key number 1 was altered" in faults(storage)


@pytest.mark.parametrize("values", [{"rate_limit": ""}, {"dialects_off": ""}, {"name": "another"}])
def test_settings_of_an_app_cannot_be_altered(storage: Storage, keyed: App, values: dict[str, Any]) -> None:
    storage.apps.set_rate_limit(keyed, "5/minute")
    storage.apps.change_dialects(keyed, lambda _: frozenset({"v1"}))
    with storage.database.write() as connection:
        connection.execute(update(apps).values(values))
    named = "The record of the app '[a-z]+' was altered"
    refused(lambda: key_of(storage), named)
    refused(storage.apps.list_apps, named)
    refused(lambda: storage.apps.set_rate_limit(keyed, ""), named)
    assert "The record of the app" in faults(storage)


def test_settings_of_an_app_from_an_earlier_time_are_not_put_back(storage: Storage, keyed: App) -> None:
    before = rows_of(storage, apps)
    storage.apps.set_rate_limit(keyed, "5/minute")
    with storage.database.write() as connection:
        connection.execute(update(apps).values(before[0]))
    refused(lambda: key_of(storage), "apps was altered")
    assert "The apps are not those that were kept" in faults(storage)


def test_nobody_plants_a_session_of_an_administrator(storage: Storage, user: User) -> None:
    with storage.database.write() as connection:
        row = {"digest": SECRET, "user_id": user.id, "created_at": NOW, "seen_at": NOW}
        connection.execute(insert(sessions).values(row))
    assert storage.accounts.find_session(SECRET) is None
    with storage.database.write() as connection:
        row["digest"] = storage.keys.proofs.digest(SECRET)  # which nobody without the key can know
        connection.execute(insert(sessions).values(row))
    refused(lambda: storage.accounts.find_session(SECRET), "The record of the session of user number 1")
    assert "The record of the session of user number 1 was altered" in faults(storage)


def test_a_session_that_was_ended_does_not_come_back(storage: Storage, user: User) -> None:
    storage.accounts.add_session(SECRET, user, NOW)
    assert storage.accounts.find_session(SECRET) is not None
    before = rows_of(storage, sessions)
    storage.accounts.set_password(user, "another hash")
    replace_rows(storage, sessions, before)
    refused(lambda: storage.accounts.find_session(SECRET), "sessions was altered")
    assert "The sessions are not those that were kept" in faults(storage)


def test_an_invitation_is_used_once(storage: Storage, user: User) -> None:
    other = sha256(b"another").digest()
    storage.accounts.add_invitation(other, Role.ADMINISTRATOR, None, NOW + timedelta(days=7))
    before = rows_of(storage, invitations)
    storage.accounts.accept(other, NOW, "bob", "hash")
    replace_rows(storage, invitations, before)
    refused(lambda: storage.accounts.find_invitation(other, NOW), "invitations was altered")
    assert "The invitations are not those that were kept" in faults(storage)


def test_an_invitation_gives_the_role_that_it_was_made_for(storage: Storage, user: User) -> None:
    other = sha256(b"another").digest()
    storage.accounts.add_invitation(other, Role.MEMBER, None, NOW + timedelta(days=7))
    with storage.database.write() as connection:
        connection.execute(update(invitations).values(role="administrator"))
    named = "The record of the invitation of a administrator was altered"
    refused(lambda: storage.accounts.find_invitation(other, NOW), named)
    refused(lambda: storage.accounts.accept(other, NOW, "eve", "hash"), named)
    assert named in faults(storage)


def test_an_invitation_gives_roles_in_the_apps_that_it_was_made_for(storage: Storage, user: User) -> None:
    other = sha256(b"another").digest()
    in_one = {1: AppRole.DOOR}
    storage.accounts.add_invitation(other, Role.MEMBER, None, NOW + timedelta(days=7), app_roles=in_one)
    for text in ("1 manager", "2 door", "1 door, 2 door", ""):
        with storage.database.write() as connection:
            connection.execute(update(invitations).values(app_roles=text))
        named = "The record of the invitation of a member was altered"
        refused(partial(storage.accounts.find_invitation, other, NOW), named)
        refused(partial(storage.accounts.accept, other, NOW, "eve", "hash"), named)
        assert named in faults(storage)


def test_a_role_in_an_app_cannot_be_put_in_altered_or_put_back(storage: Storage, user: User, keyed: App) -> None:
    other = sha256(b"another").digest()
    storage.accounts.add_invitation(other, Role.MEMBER, None, NOW + timedelta(days=7))
    eve = storage.accounts.accept(other, NOW, "eve", "hash")
    storage.accounts.add_session(other, eve, NOW)
    storage.accounts.set_app_role(eve, keyed, AppRole.MANAGER)
    [before] = [row for row in rows_of(storage, users) if row["id"] == eve.id]
    storage.accounts.set_app_role(eve, keyed, AppRole.DOOR)
    here = users.c.id == eve.id
    for text in (f"{keyed.id} manager", f"{keyed.id} door, 99 manager", ""):
        with storage.database.write() as connection:
            connection.execute(update(users).where(here).values(app_roles=text))
        named = "The record of the user 'eve' was altered"
        refused(lambda: storage.accounts.find_session(other), named)
        refused(lambda: storage.accounts.set_app_role(eve, keyed, AppRole.OPERATOR), named)
        assert named in faults(storage)
    with storage.database.write() as connection:
        connection.execute(update(users).where(here).values(before))
    refused(lambda: storage.accounts.find_session(other), "was altered, or restored")
    assert "The users are not those that were kept" in faults(storage)


@pytest.mark.parametrize(
    "values",
    [{"role": "viewer"}, {"password_hash": "another"}, {"name": "eve"}, {"app_roles": "1 manager"}],
)
def test_users_cannot_be_altered(storage: Storage, user: User, values: dict[str, Any]) -> None:
    storage.accounts.add_session(SECRET, user, NOW)
    with storage.database.write() as connection:
        connection.execute(update(users).values(values))
    named = "The record of the user '[a-z]+' was altered"
    refused(lambda: storage.accounts.find_user("ada"), named)
    refused(lambda: storage.accounts.find_session(SECRET), named)
    refused(storage.accounts.list_users, named)
    assert "The record of the user" in faults(storage)


def test_a_role_that_was_taken_away_is_not_put_back(storage: Storage, user: User) -> None:
    other = sha256(b"another").digest()
    storage.accounts.add_invitation(other, Role.ADMINISTRATOR, None, NOW + timedelta(days=7))
    eve = storage.accounts.accept(other, NOW, "eve", "hash")
    before = rows_of(storage, users)[1]
    storage.accounts.set_role(eve, Role.MEMBER)
    with storage.database.write() as connection:
        connection.execute(update(users).where(users.c.id == eve.id).values(before))
    refused(lambda: storage.accounts.find_user("eve"), "users was altered")
    assert "The users are not those that were kept" in faults(storage)


@pytest.fixture
def factor(storage: Storage, user: User) -> User:
    """A user with a device and two recovery codes, which have been looked at."""
    storage.second_factors.enrol(user, "A" * 32, 1, ["one", "two"], NOW)
    storage.accounts.add_session(SECRET, user, NOW)
    session = storage.accounts.find_session(SECRET)
    assert session is not None
    assert session.has_second_factor
    assert storage.second_factors.secret_of(user) == "A" * 32
    return user


def test_whoever_takes_a_second_factor_out_signs_nobody_in(
    storage: Storage, factor: User, open_again: OpenStorage
) -> None:
    replace_rows(storage, second_factors, [])
    for opened in (storage, open_again()):
        refused(partial(opened.second_factors.secret_of, factor), "second factors was altered")
        refused(partial(opened.accounts.find_session, SECRET), "second factors was altered")
        refused(opened.second_factors.enrolled, "second factors was altered")
    assert "The second factors are not those that were kept" in faults(storage)


def test_a_second_factor_that_was_removed_does_not_come_back(storage: Storage, factor: User) -> None:
    before = rows_of(storage, second_factors)
    storage.second_factors.remove(factor)
    assert storage.second_factors.secret_of(factor) is None
    replace_rows(storage, second_factors, before)
    named = "The record of the second factor of user number 1 was altered"
    refused(partial(storage.second_factors.secret_of, factor), named)


def test_a_code_is_not_good_again_because_its_step_was_put_back(storage: Storage, factor: User) -> None:
    before = rows_of(storage, second_factors)
    assert storage.second_factors.use_step(factor, 2)
    with storage.database.write() as connection:
        connection.execute(update(second_factors).values(last_step=1))
    named = "The record of the second factor of user number 1 was altered"
    refused(partial(storage.second_factors.secret_of, factor), named)
    refused(partial(storage.second_factors.use_step, factor, 2), named)
    replace_rows(storage, second_factors, before)  # as it was, tag and all
    refused(partial(storage.second_factors.secret_of, factor), "second factors was altered")
    assert "The second factors are not those that were kept" in faults(storage)


def test_a_recovery_code_that_was_planted_opens_nothing(storage: Storage, factor: User) -> None:
    [known] = [row for row in rows_of(storage, recovery_codes) if row["hash"] == code_hash(storage, factor, "one")]
    assert storage.second_factors.use_code(factor, "one")
    with storage.database.write() as connection:
        connection.execute(insert(recovery_codes).values(known))  # as it was, tag and all
    refused(partial(storage.second_factors.use_code, factor, "one"), "recovery codes was altered")
    refused(partial(storage.second_factors.codes_left, factor), "recovery codes was altered")
    assert "The recovery codes are not those that were kept" in faults(storage)
    planted = {"user_id": factor.id, "hash": code_hash(storage, factor, "three"), "tag": known["tag"]}
    with storage.database.write() as connection:
        connection.execute(insert(recovery_codes).values(planted))
    named = "The record of the recovery code of user number 1 was altered"
    refused(partial(storage.second_factors.use_code, factor, "three"), named)
    assert named in faults(storage)


def test_recovery_codes_that_were_taken_out_are_missed(storage: Storage, factor: User) -> None:
    replace_rows(storage, recovery_codes, [])
    refused(partial(storage.second_factors.use_code, factor, "one"), "recovery codes was altered")
    refused(partial(storage.second_factors.codes_left, factor), "recovery codes was altered")


def code_hash(storage: Storage, user: User, code: str) -> bytes:
    """What is kept of a code, which nobody without the key can know."""
    return storage.keys.hash_credential(f"recovery code {user.id} {code}")


def test_a_similarity_scale_cannot_be_altered(storage: Storage) -> None:
    storage.calibrations.store(OwnScale("sface", ((0.0, 0.0), (1.0, 100.0)), "faces", NOW))
    with storage.database.write() as connection:
        connection.execute(update(calibrations).values(knots="[[-1.0, 99.0], [1.0, 100.0]]"))
    named = "The record of the similarity scale of sface was altered"
    refused(storage.calibrations.all, named)
    assert named in faults(storage)


def test_a_trigger_is_noticed_at_the_start_and_by_the_check(storage: Storage, place: Place) -> None:
    with storage.database.write() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(
                "CREATE TRIGGER undo AFTER DELETE ON faces BEGIN DELETE FROM deletions; END"
            )
        else:
            connection.exec_driver_sql(
                "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
            )
            connection.exec_driver_sql(
                "CREATE TRIGGER undo BEFORE DELETE ON faces FOR EACH ROW EXECUTE FUNCTION undo()"
            )
    assert "The database has the trigger undo, which Visavis did not create." in faults(storage)
    with pytest.raises(SetupError, match="objects that Visavis did not create: the trigger undo"):
        place.open()


@pytest.mark.parametrize(
    "statement", ["CREATE VIEW seen AS SELECT * FROM faces", "CREATE TABLE seen (id integer)"]
)
def test_views_and_tables_of_others_are_noticed(storage: Storage, place: Place, statement: str) -> None:
    with storage.database.write() as connection:
        connection.exec_driver_sql(statement)
    assert "seen, which Visavis did not create." in faults(storage)
    with pytest.raises(SetupError, match=r"did not create: the (view|table) seen"):
        place.open()


@only_sqlite
def test_a_name_that_sqlite_gives_hides_no_trigger(storage: Storage, place: Place) -> None:
    with storage.database.write() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('trigger', 'sqlite_stat9', "
            "'faces', 0, 'CREATE TRIGGER sqlite_stat9 AFTER DELETE ON faces BEGIN DELETE FROM deletions; END')"
        )
    assert "The database has the trigger sqlite_stat9, which Visavis did not create." in faults(storage)
    with pytest.raises(SetupError, match="objects that Visavis did not create: the trigger sqlite_stat9"):
        place.open()


@only_sqlite
def test_a_column_that_was_made_otherwise_is_noticed(storage: Storage) -> None:
    with storage.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE groups ADD COLUMN seen INTEGER DEFAULT 1")
    assert "The schema has 'groups' in another form than Visavis creates it." in faults(storage)
