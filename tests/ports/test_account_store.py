"""Users of the console, their sessions and invitations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.ports.stores import Stores
from visavis.audit_events import AuditFilter
from visavis.core.ports import AccountStore
from visavis.errors import AccountError, AccountErrorCode, ErrorCode, ServiceError
from visavis.identities import App, AppRole, Role, Session, User

NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=1)


def add(store: AccountStore, name: str, role: Role = Role.ADMINISTRATOR) -> User:
    secret = name.encode()
    store.add_invitation(secret, role, None, SOON)
    return store.accept(secret, NOW, name, "hash")


def app_of(storage: Stores, name: str = "shop") -> App:
    return storage.apps.create_app(name, {})


def sentence_of(error: pytest.ExceptionInfo[AccountError]) -> AccountErrorCode:
    return error.value.code


def test_an_invitation_that_cannot_be_used_for_a_name_is_still_there(storage: Stores) -> None:
    add(storage.accounts, "Ines")
    storage.accounts.add_invitation(b"secret", Role.MEMBER, None, SOON)
    with pytest.raises(AccountError) as refused:
        storage.accounts.accept(b"secret", NOW, "INES", "hash")
    assert sentence_of(refused) is AccountErrorCode.NAME_TAKEN
    assert storage.accounts.accept(b"secret", NOW, "Omar", "hash").role is Role.MEMBER


def test_an_invitation_expires(storage: Stores) -> None:
    storage.accounts.add_invitation(b"secret", Role.MEMBER, None, SOON)
    assert storage.accounts.find_invitation(b"secret", SOON - timedelta(seconds=1)) is not None
    assert storage.accounts.find_invitation(b"secret", SOON) is None
    with pytest.raises(AccountError):
        storage.accounts.accept(b"secret", SOON, "Ines", "hash")


def test_a_new_password_ends_every_session_and_every_invitation_of_its_owner_alone(storage: Stores) -> None:
    store = storage.accounts
    user, other = add(store, "Ines"), add(store, "Omar")
    store.add_session(b"1", user, NOW)
    store.add_session(b"2", other, NOW)
    store.add_invitation(b"anew", user.role, user, SOON)
    store.set_password(user, "another hash")
    assert store.find_session(b"1") is None
    assert store.find_session(b"2") is not None
    assert store.find_invitation(b"anew", NOW) is None
    assert store.find_user("Ines") == (user, "another hash")


def test_what_is_changed_about_a_user_who_is_gone_is_refused(storage: Stores) -> None:
    add(storage.accounts, "Ines")
    user = add(storage.accounts, "Omar", Role.MEMBER)
    storage.accounts.add_session(b"1", user, NOW)
    storage.accounts.delete_user(user)
    assert storage.accounts.find_session(b"1") is None
    changes: list[Callable[[], None]] = [
        lambda: storage.accounts.set_role(user, Role.MEMBER),
        lambda: storage.accounts.set_app_role(user, app_of(storage), AppRole.DOOR),
        lambda: storage.accounts.set_password(user, "hash"),
        lambda: storage.accounts.set_preferences(user, "ko", ""),
        lambda: storage.accounts.add_invitation(b"2", user.role, user, SOON),
        lambda: storage.accounts.delete_user(user),
    ]
    for change in changes:
        with pytest.raises(AccountError) as refused:
            change()
        assert sentence_of(refused) is AccountErrorCode.USER_NOT_FOUND


def test_ended_sessions_are_swept_when_somebody_signs_in(storage: Stores) -> None:
    store = storage.accounts
    user = add(store, "Ines")
    store.add_session(b"old", user, NOW - timedelta(hours=3))
    store.add_session(b"new", user, NOW - timedelta(minutes=1))
    store.delete_ended_sessions(NOW - timedelta(hours=2), NOW - timedelta(minutes=30))
    assert store.find_session(b"old") is None
    assert store.find_session(b"new") is not None


@pytest.mark.parametrize("name", ["", "a\x00b", "\udc80", "Ines\x00"])
def test_a_name_that_nobody_can_have_is_nobodys(storage: Stores, name: str) -> None:
    add(storage.accounts, "Ines")
    assert storage.accounts.find_user(name) is None


def test_an_invitation_opens_one_account(storage: Stores) -> None:
    store = storage.accounts
    store.add_invitation(b"secret", Role.MEMBER, None, SOON)
    assert store.has_invitations(NOW)
    assert not store.has_invitations(SOON)
    found = store.find_invitation(b"secret", NOW)
    assert found is not None
    assert (found.role, found.user, found.expires_at) == (Role.MEMBER, None, SOON)
    user = store.accept(b"secret", NOW, "Ines", "hash")
    assert user == User(user.id, "Ines", Role.MEMBER, NOW)
    assert store.find_user("INES") == (user, "hash")
    assert store.find_invitation(b"secret", NOW) is None
    assert not store.has_invitations(NOW)
    with pytest.raises(AccountError) as refused:
        store.accept(b"secret", NOW, "Omar", "hash")
    assert sentence_of(refused) is AccountErrorCode.INVITATION_INVALID


def test_an_invitation_for_a_new_password_sets_it_and_opens_no_account(storage: Stores) -> None:
    store = storage.accounts
    user = add(store, "Ines")
    store.add_session(b"1", user, NOW)
    store.add_invitation(b"anew", user.role, user, SOON)
    assert not store.has_invitations(NOW)
    found = store.find_invitation(b"anew", NOW)
    assert found is not None
    assert found.user == user
    assert store.accept(b"anew", NOW, "anybody", "another hash") == user
    assert store.find_session(b"1") is None
    assert store.find_user("Ines") == (user, "another hash")
    assert store.list_users() == [user]


def test_users_are_listed_by_name_in_any_case(storage: Stores) -> None:
    users = [add(storage.accounts, name) for name in ("omar", "Ines", "Zoë")]
    assert storage.accounts.list_users() == [users[1], users[0], users[2]]


def test_preferences_role_and_hash_are_kept(storage: Stores) -> None:
    add(storage.accounts, "Ines")
    user = add(storage.accounts, "Omar")
    storage.accounts.add_session(b"1", user, NOW)
    storage.accounts.set_preferences(user, "ko", "dark")
    storage.accounts.set_role(user, Role.MEMBER, {7: AppRole.DOOR})
    storage.accounts.keep_hash(user, "newer hash")
    in_apps = {7: AppRole.DOOR}
    changed = replace(user, language="ko", theme="dark", role=Role.MEMBER, app_roles=in_apps)
    assert storage.accounts.find_user("omar") == (changed, "newer hash")
    session = storage.accounts.find_session(b"1")
    assert session is not None
    assert session.user == changed


def test_one_administrator_stays(storage: Stores) -> None:
    store = storage.accounts
    first, second = add(store, "Ines"), add(store, "Omar")
    store.set_role(first, Role.MEMBER)
    attempts: list[Callable[[], None]] = [
        lambda: store.delete_user(second),
        lambda: store.set_role(second, Role.MEMBER),
    ]
    for attempt in attempts:
        with pytest.raises(AccountError) as refused:
            attempt()
        assert sentence_of(refused) is AccountErrorCode.LAST_ADMINISTRATOR
    store.set_role(second, Role.ADMINISTRATOR)
    store.delete_user(first)
    assert store.list_users() == [second]


def test_a_session_is_touched_and_ended(storage: Stores) -> None:
    store = storage.accounts
    user, other = add(store, "Ines"), add(store, "Omar")
    for digest, owner in ((b"1", user), (b"2", user), (b"3", other)):
        store.add_session(digest, owner, NOW)
    store.touch_session(b"1", SOON)
    store.touch_session(b"nobody", SOON)
    assert store.find_session(b"1") == Session(user, NOW, SOON, proven_at=NOW)
    store.delete_session(b"1")
    store.delete_session(b"1")
    assert store.find_session(b"1") is None
    store.end_sessions(user)
    assert store.find_session(b"2") is None
    assert store.find_session(b"3") == Session(other, NOW, NOW, proven_at=NOW)


def test_a_session_of_a_user_who_is_gone_cannot_be_opened(storage: Stores) -> None:
    add(storage.accounts, "Ines")
    user = add(storage.accounts, "Omar")
    storage.accounts.delete_user(user)
    with pytest.raises(ServiceError) as refused:
        storage.accounts.add_session(b"1", user, NOW)
    assert refused.value.code is ErrorCode.INTERNAL
    assert storage.accounts.find_session(b"1") is None


def test_changes_to_accounts_are_on_record_and_sessions_are_not(storage: Stores) -> None:
    store = storage.accounts
    user, _ = add(store, "Ines"), add(store, "Omar", Role.MEMBER)
    store.set_role(user, Role.ADMINISTRATOR)
    store.set_preferences(user, "ko", "dark")
    store.add_session(b"1", user, NOW)
    store.end_sessions(user)
    store.set_password(user, "hash")
    store.add_invitation(b"anew", user.role, user, SOON)
    records = storage.audit.page(AuditFilter(), None, 100)[::-1]
    assert [(record.event.operation, record.event.detail) for record in records] == [
        ("invite_user", "a new administrator"),
        ("open_account", "user Ines: administrator"),
        ("invite_user", "a new member"),
        ("open_account", "user Omar: member"),
        ("change_role", "user Ines: administrator"),
        ("end_sessions", "user Ines"),
        ("change_password", "user Ines"),
        ("invite_anew", "user Ines"),
    ]


@pytest.mark.parametrize("role", Role)
def test_a_role_on_the_server_is_kept_also_a_former_one(storage: Stores, role: Role) -> None:
    user = add(storage.accounts, "Ines", role)
    assert (user.role, user.app_roles) == (role, {})
    assert storage.accounts.list_users() == [user]


def test_an_invitation_carries_roles_in_apps_to_its_account(storage: Stores) -> None:
    store = storage.accounts
    roles = {12: AppRole.OPERATOR, 3: AppRole.MANAGER, 7: AppRole.DOOR, 4: AppRole.VIEWER}
    store.add_invitation(b"secret", Role.MEMBER, None, SOON, "ada", roles)
    found = store.find_invitation(b"secret", NOW)
    assert found is not None
    assert found.app_roles == roles
    assert [each.app_roles for each in store.list_invitations(NOW)] == [roles]
    user = store.accept(b"secret", NOW, "Ines", "hash")
    assert user == User(user.id, "Ines", Role.MEMBER, NOW, app_roles=roles)
    assert store.find_user("Ines") == (user, "hash")
    said = "member, manager in apps 3, viewer in apps 4, door in apps 7, operator in apps 12"
    records = storage.audit.page(AuditFilter(), None, 10)[::-1]
    assert [(record.event.operation, record.event.detail) for record in records] == [
        ("invite_user", f"a new {said}"),
        ("open_account", f"user Ines: {said}"),
    ]


def test_a_role_in_an_app_is_given_changed_and_taken_away_and_others_stay(storage: Stores) -> None:
    store, shop, lab = storage.accounts, app_of(storage), app_of(storage, "lab")
    user = add(store, "Ines", Role.MEMBER)
    store.add_session(b"1", user, NOW)
    steps: list[tuple[App, AppRole | None]] = [
        (shop, AppRole.DOOR),
        (lab, AppRole.MANAGER),
        (shop, AppRole.OPERATOR),
        (shop, None),
        (shop, None),
    ]
    seen = []
    for app, role in steps:
        store.set_app_role(user, app, role)
        session = store.find_session(b"1")
        assert session is not None
        seen.append(session.user.app_roles)
    assert seen == [
        {shop.id: AppRole.DOOR},
        {shop.id: AppRole.DOOR, lab.id: AppRole.MANAGER},
        {shop.id: AppRole.OPERATOR, lab.id: AppRole.MANAGER},
        {lab.id: AppRole.MANAGER},
        {lab.id: AppRole.MANAGER},
    ]
    records = storage.audit.page(AuditFilter(operation="change_app_role"), None, 10)[::-1]
    assert [(record.event.app, record.event.app_id, record.event.detail) for record in records] == [
        ("shop", shop.id, "user Ines: door, was none"),
        ("lab", lab.id, "user Ines: manager, was none"),
        ("shop", shop.id, "user Ines: operator, was door"),
        ("shop", shop.id, "user Ines: none, was operator"),
        ("shop", shop.id, "user Ines: none, was none"),
    ]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MEMBER])
def test_only_members_have_roles_in_apps(storage: Stores, role: Role) -> None:
    user, app = add(storage.accounts, "Ines", role), app_of(storage)
    with pytest.raises(AccountError) as refused:
        storage.accounts.set_app_role(user, app, AppRole.VIEWER)
    assert sentence_of(refused) is AccountErrorCode.NOT_A_MEMBER
    assert storage.accounts.list_users() == [user]


@pytest.mark.parametrize("before", [Role.FORMER_OPERATOR, Role.ADMINISTRATOR])
def test_who_was_made_a_member_meanwhile_keeps_the_roles_of_that(storage: Stores, before: Role) -> None:
    add(storage.accounts, "Ines")
    user, app = add(storage.accounts, "Omar", before), app_of(storage)
    storage.accounts.set_role(user, Role.MEMBER, {app.id: AppRole.DOOR})
    storage.accounts.set_role(user, Role.MEMBER, {app.id: AppRole.OPERATOR})
    found = storage.accounts.find_user("Omar")
    assert found is not None
    assert found[0].app_roles == {app.id: AppRole.DOOR}


def test_who_was_made_an_administrator_meanwhile_stays_one(storage: Stores) -> None:
    add(storage.accounts, "Ines")
    user, app = add(storage.accounts, "Omar", Role.FORMER_VIEWER), app_of(storage)
    storage.accounts.set_role(user, Role.ADMINISTRATOR)
    storage.accounts.set_role(user, Role.MEMBER, {app.id: AppRole.VIEWER})
    found = storage.accounts.find_user("Omar")
    assert found is not None
    assert (found[0].role, found[0].app_roles) == (Role.ADMINISTRATOR, {})


def test_another_role_on_the_server_leaves_no_role_in_apps_but_those_given_with_it(storage: Stores) -> None:
    add(storage.accounts, "Ines")
    user, app = add(storage.accounts, "Omar", Role.MEMBER), app_of(storage)
    storage.accounts.set_app_role(user, app, AppRole.MANAGER)
    storage.accounts.set_role(user, Role.ADMINISTRATOR)
    storage.accounts.set_role(user, Role.MEMBER)
    assert storage.accounts.find_user("Omar") == (user, "hash")
    storage.accounts.set_role(user, Role.MEMBER, {app.id: AppRole.VIEWER})
    found = storage.accounts.find_user("Omar")
    assert found is not None
    assert found[0].app_roles == {app.id: AppRole.VIEWER}
    last = storage.audit.page(AuditFilter(), None, 1)[0]
    assert last.event.detail == f"user Omar: member, viewer in apps {app.id}"
