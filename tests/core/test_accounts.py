"""How people get an account for the console."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.core.world import World
from visavis.core import passwords
from visavis.core.accounts import INVITATION_LIFE, Accounts, as_kept, digest
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import App, AppRole, Invitation, Role, User

PASSWORD = "four quiet words of mine"
SHOP, LAB, YARD = (App(number, name, datetime.now(UTC)) for number, name in ((3, "shop"), (7, "lab"), (9, "yard")))

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def accounts(world: World) -> Accounts:
    return Accounts(world.storage.accounts, world.clock)


@contextmanager
def refused(code: AccountErrorCode) -> Iterator[None]:
    with pytest.raises(AccountError) as caught:
        yield
    assert caught.value.code is code


def opened(accounts: Accounts, name: str = "Ines", role: AppRole | None = None) -> User:
    """An administrator, or with a role a member who has it in the one app."""
    secret = accounts.invite() if role is None else accounts.invite_member(role, [SHOP])
    return accounts.accept(secret, name, PASSWORD)


def of_before(accounts: Accounts, name: str, role: Role) -> User:
    """Somebody who was invited before there were roles in apps."""
    later = accounts.clock() + timedelta(days=1)
    accounts._store.add_invitation(digest(name), role, None, later)
    return accounts.accept(name, name, PASSWORD)


def test_an_invitation_opens_one_account_of_its_role(accounts: Accounts, world: World) -> None:
    assert not accounts.is_invited()
    secret = accounts.invite_member(AppRole.OPERATOR, [SHOP, LAB])
    roles = {SHOP.id: AppRole.OPERATOR, LAB.id: AppRole.OPERATOR}
    assert len(secret) >= 43
    assert accounts.is_invited()
    expires_at = world.clock.now + timedelta(days=7)
    assert accounts.invitation(secret) == Invitation(Role.MEMBER, None, expires_at, roles)
    user = accounts.accept(secret, " Ines ", PASSWORD)
    assert (user.name, user.role, user.created_at) == ("Ines", Role.MEMBER, world.clock.now)
    assert user.app_roles == roles
    assert not accounts.is_invited()
    with refused(AccountErrorCode.INVITATION_INVALID):
        accounts.accept(secret, "Omar", PASSWORD)


def test_the_password_is_kept_as_a_hash_that_it_fits(accounts: Accounts) -> None:
    opened(accounts)
    found = accounts._store.find_user("ines")
    assert found is not None
    assert PASSWORD not in found[1]
    assert passwords.matches(found[1], PASSWORD)


def test_no_secret_is_like_another_and_only_digests_are_kept(accounts: Accounts) -> None:
    first, second = accounts.invite(), accounts.invite()
    assert first != second
    assert digest(first) == hashlib.sha256(first.encode()).digest()
    assert digest("\udc80") == digest("?")


def test_an_invitation_expires_after_a_week(accounts: Accounts, world: World) -> None:
    secret = accounts.invite()
    world.clock.pass_by(days=7, seconds=-1)
    assert accounts.invitation(secret).role is Role.ADMINISTRATOR
    world.clock.pass_by(1)
    assert timedelta(days=7) == INVITATION_LIFE
    assert not accounts.is_invited()
    with refused(AccountErrorCode.INVITATION_INVALID):
        accounts.invitation(secret)
    with refused(AccountErrorCode.INVITATION_INVALID):
        accounts.accept(secret, "Ines", PASSWORD)


def test_an_open_invitation_is_listed_until_it_expires_and_can_be_revoked(
    accounts: Accounts, world: World
) -> None:
    first, second = accounts.invite("Ines"), accounts.invite()
    [newest, oldest] = accounts.open_invitations()
    assert {newest.invited_by, oldest.invited_by} == {"Ines", ""}
    [of_ines] = [each for each in (newest, oldest) if each.invited_by == "Ines"]
    accounts.revoke_invitation(of_ines.id)
    with refused(AccountErrorCode.INVITATION_INVALID):
        accounts.invitation(first)
    with refused(AccountErrorCode.INVITATION_INVALID):
        accounts.revoke_invitation(of_ines.id)
    assert accounts.invitation(second)
    world.clock.pass_by(days=7)
    assert accounts.open_invitations() == []


@pytest.mark.parametrize("secret", ["", "made up", "\udc80"])
def test_a_secret_that_was_made_up_opens_nothing(accounts: Accounts, secret: str) -> None:
    accounts.invite()
    with refused(AccountErrorCode.INVITATION_INVALID):
        accounts.invitation(secret)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65, "\x00"])
def test_a_name_that_nobody_could_read_is_refused_and_the_invitation_still_good(
    accounts: Accounts, name: str
) -> None:
    secret = accounts.invite()
    with refused(AccountErrorCode.NAME_INVALID):
        accounts.accept(secret, name, PASSWORD)
    assert accounts.accept(secret, "x" * 64, PASSWORD).name == "x" * 64
    assert opened(accounts, "김").name == "김"


def test_a_name_is_taken_in_any_case_and_spelling(accounts: Accounts) -> None:
    opened(accounts, "김하늘 A")
    secret = accounts.invite()
    for name in ("김하늘 a", "김하늘 A", "\u1100\u1175\u11b7\u1112\u1161\u1102\u1173\u11af \uff21"):
        with refused(AccountErrorCode.NAME_TAKEN):
            accounts.accept(secret, name, PASSWORD)
    assert as_kept(" \u1100\u1175\u11b7 ") == "김"


def test_a_password_that_is_guessed_first_is_refused(accounts: Accounts) -> None:
    secret = accounts.invite()
    with refused(AccountErrorCode.PASSWORD_TOO_SHORT):
        accounts.accept(secret, "Ines", "short")
    with refused(AccountErrorCode.PASSWORD_TOO_PLAIN):
        accounts.accept(secret, "Ines Moreau Li", "ines moreau liines moreau li1")
    assert accounts.all() == []


def test_an_invitation_anew_sets_a_password_and_keeps_name_and_role(accounts: Accounts) -> None:
    opened(accounts, "Ines")
    user = opened(accounts, "Omar", AppRole.VIEWER)
    secret = accounts.invite_anew(user)
    invitation = accounts.invitation(secret)
    assert (invitation.role, invitation.user) == (Role.MEMBER, user)
    assert not accounts.is_invited()
    with refused(AccountErrorCode.PASSWORD_TOO_PLAIN):
        accounts.accept(secret, "somebody else", "omar omar omar omar")
    assert accounts.accept(secret, "", "quite another set of words") == user
    found = accounts._store.find_user("Omar")
    assert found is not None
    assert passwords.matches(found[1], "quite another set of words")
    with refused(AccountErrorCode.INVITATION_INVALID):
        accounts.accept(secret, "", PASSWORD)


def test_people_are_found_by_number_and_by_name(accounts: Accounts) -> None:
    first, second = opened(accounts, "Ines"), opened(accounts, "Omar")
    assert accounts.require(second.id) == second
    assert accounts.require_name(" INES ") == first
    with refused(AccountErrorCode.USER_NOT_FOUND):
        accounts.require(999)
    with refused(AccountErrorCode.USER_NOT_FOUND):
        accounts.require_name("Zoe")


def test_a_role_and_preferences_can_be_changed(accounts: Accounts) -> None:
    opened(accounts, "Ines")
    user = opened(accounts, "Omar", AppRole.VIEWER)
    accounts.make_administrator(user)
    accounts.set_preferences(user, "ko", "dark")
    changed = accounts.require(user.id)
    assert (changed.role, changed.language, changed.theme) == (Role.ADMINISTRATOR, "ko", "dark")
    assert [each.name for each in accounts.all()] == ["Ines", "Omar"]


def test_an_account_is_deleted_unless_it_is_the_last_that_may_do_everything(accounts: Accounts) -> None:
    first, second = opened(accounts, "Ines"), opened(accounts, "Omar", AppRole.VIEWER)
    with refused(AccountErrorCode.LAST_ADMINISTRATOR):
        accounts.delete(first)
    with refused(AccountErrorCode.LAST_ADMINISTRATOR):
        accounts.make_member(first, [SHOP])
    accounts.delete(second)
    with refused(AccountErrorCode.USER_NOT_FOUND):
        accounts.make_administrator(second)
    assert accounts.all() == [first]


def test_a_member_is_invited_into_at_least_one_app(accounts: Accounts) -> None:
    with refused(AccountErrorCode.NO_APP):
        accounts.invite_member(AppRole.VIEWER, [])
    assert accounts.open_invitations() == []


def test_a_role_in_an_app_is_set_and_taken_away(accounts: Accounts) -> None:
    user = opened(accounts, "Omar", AppRole.DOOR)
    accounts.set_app_role(user, LAB, AppRole.MANAGER, [SHOP, LAB])
    assert accounts.require(user.id).app_roles == {SHOP.id: AppRole.DOOR, LAB.id: AppRole.MANAGER}
    accounts.set_app_role(user, SHOP, None, [SHOP, LAB])
    assert accounts.require(user.id).app_roles == {LAB.id: AppRole.MANAGER}


def test_an_administrator_has_no_roles_in_apps(accounts: Accounts) -> None:
    opened(accounts, "Omar")
    user = opened(accounts)
    with refused(AccountErrorCode.NOT_A_MEMBER):
        accounts.set_app_role(user, SHOP, AppRole.VIEWER, [SHOP])
    accounts.make_member(user, [SHOP])
    assert accounts.require(user.id).app_roles == {}


def test_who_becomes_an_administrator_gets_no_old_role_back(accounts: Accounts) -> None:
    opened(accounts)
    user = opened(accounts, "Omar", AppRole.MANAGER)
    accounts.make_administrator(user)
    accounts.make_member(accounts.require(user.id), [SHOP])
    assert accounts.require(user.id).app_roles == {}


def test_a_member_who_is_made_one_keeps_the_roles(accounts: Accounts) -> None:
    user = opened(accounts, "Omar", AppRole.MANAGER)
    accounts.make_member(user, [SHOP, LAB])
    assert accounts.require(user.id) == user


@pytest.mark.parametrize(
    ("role", "nearest"), [(Role.FORMER_VIEWER, AppRole.VIEWER), (Role.FORMER_OPERATOR, AppRole.OPERATOR)]
)
def test_the_first_role_in_an_app_ends_a_former_role_and_leaves_the_nearest_elsewhere(
    accounts: Accounts, role: Role, nearest: AppRole
) -> None:
    user, other = of_before(accounts, "Omar", role), of_before(accounts, "Zoe", role)
    accounts.set_app_role(user, LAB, None, [SHOP, LAB, YARD])
    changed = accounts.require(user.id)
    assert (changed.role, changed.app_roles) == (Role.MEMBER, {SHOP.id: nearest, YARD.id: nearest})
    assert accounts.require(other.id) == other
    accounts.make_member(other, [SHOP, LAB])
    assert accounts.require(other.id).app_roles == {SHOP.id: nearest, LAB.id: nearest}
