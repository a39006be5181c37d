"""Roles in apps: what accounts of before may do after the upgrade, and what many may do at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from harness.storage.place import Place
from tests.storage.conftest import OpenStorage
from tests.storage.forging import faults
from visavis.core.permissions import Act, may
from visavis.identities import App, AppRole, Role, User
from visavis.storage.store import Storage

NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=1)
OPEN, SESSION = b"an open invitation", b"a session"


def add(storage: Storage, name: str, role: Role) -> User:
    storage.accounts.add_invitation(name.encode(), role, None, SOON)
    return storage.accounts.accept(name.encode(), NOW, name, "hash")


def take_back(storage: Storage) -> None:
    """Let the database be as the version before roles in apps left it."""
    with storage.database.write() as connection:
        for table in ("users", "invitations"):
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN app_roles"))
        for later in ("webhook_deliveries", "webhooks"):
            connection.execute(text(f"DROP TABLE {later}"))
        for table, later in (("groups", "recognition_event_gap_seconds"), ("stranger_counts", "notified_at")):
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {later}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0020'"))


def test_users_and_invitations_of_before_keep_their_tags_and_their_rights(
    storage: Storage, place: Place, app: App
) -> None:
    before = [
        add(storage, name, role)
        for name, role in (
            ("Ada", Role.ADMINISTRATOR),
            ("Ines", Role.FORMER_OPERATOR),
            ("Omar", Role.FORMER_VIEWER),
        )
    ]
    storage.accounts.add_session(SESSION, before[1], NOW)
    storage.accounts.add_invitation(OPEN, Role.FORMER_VIEWER, None, SOON)
    take_back(storage)
    storage.close()
    with closing(place.open()) as upgraded:
        assert upgraded.accounts.list_users() == before
        session = upgraded.accounts.find_session(SESSION)
        assert session is not None
        assert may(session.user, Act.MANAGE_GROUPS, app)
        assert not may(session.user, Act.MANAGE_KEYS, app)
        newcomer = upgraded.accounts.accept(OPEN, NOW, "Zoe", "hash")
        assert (newcomer.role, newcomer.app_roles) == (Role.FORMER_VIEWER, {})
        assert may(newcomer, Act.READ, app)
        assert not may(newcomer, Act.SEARCH, app)
        upgraded.accounts.set_role(before[1], Role.MEMBER, {app.id: AppRole.MANAGER})
        upgraded.accounts.set_preferences(before[2], "ko", "")
        assert faults(upgraded) == ""


def test_roles_in_apps_are_there_after_a_restart(storage: Storage, place: Place, app: App, other: App) -> None:
    user = add(storage, "Ines", Role.MEMBER)
    storage.accounts.set_app_role(user, app, AppRole.DOOR)
    storage.accounts.set_app_role(user, other, AppRole.MANAGER)
    storage.accounts.set_preferences(user, "ko", "dark")
    storage.close()
    with closing(place.open()) as opened:
        [found] = opened.accounts.list_users()
        assert found.app_roles == {app.id: AppRole.DOOR, other.id: AppRole.MANAGER}
        assert faults(opened) == ""


def test_of_many_roles_that_are_set_at_once_none_is_lost(storage: Storage, open_again: OpenStorage) -> None:
    stores, start = [storage.accounts, open_again().accounts], Barrier(6)
    user = add(storage, "Ines", Role.MEMBER)
    apps = [storage.apps.create_app(f"app {number}", {}) for number in range(6)]

    def give(number: int) -> None:
        start.wait()
        stores[number % 2].set_app_role(user, apps[number], AppRole.VIEWER)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(give, range(6)))
    [found] = storage.accounts.list_users()
    assert found.app_roles == {app.id: AppRole.VIEWER for app in apps}


def test_a_role_in_an_app_that_is_deleted_is_worth_nothing_in_one_of_the_same_name(storage: Storage) -> None:
    user = add(storage, "Ines", Role.MEMBER)
    app = storage.apps.create_app("shop", {})
    storage.accounts.set_app_role(user, app, AppRole.MANAGER)
    storage.apps.delete_app(app)
    again = storage.apps.create_app("shop", {})
    [found] = storage.accounts.list_users()
    assert not any(may(found, act, again) for act in (Act.WATCH_DOOR, Act.READ, Act.MANAGE_KEYS))


@pytest.mark.parametrize("role", AppRole)
def test_every_role_is_spelt_and_read_back(storage: Storage, role: AppRole) -> None:
    roles = dict.fromkeys((1, 2**40), role)
    user = add(storage, "Ines", Role.MEMBER)
    add(storage, "Ada", Role.ADMINISTRATOR)
    storage.accounts.set_role(user, Role.MEMBER, roles)
    found = storage.accounts.find_user("Ines")
    assert found is not None
    assert found[0].app_roles == roles
