"""How people get an account for the console."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from tests.core.world import World
from visavis.core import passwords
from visavis.core.accounts import INVITATION_LIFE, Accounts, as_kept, digest
from visavis.errors import AccountError, AccountErrorCode
from visavis.identities import Invitation, Role, User

PASSWORD = "four quiet words of mine"

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def accounts(world: World) -> Accounts:
    return Accounts(world.storage.accounts, world.clock)


@contextmanager
def refused(code: AccountErrorCode) -> Iterator[None]:
    with pytest.raises(AccountError) as caught:
        yield
    assert caught.value.code is code


def opened(accounts: Accounts, name: str = "Ines", role: Role = Role.ADMINISTRATOR) -> User:
    return accounts.accept(accounts.invite(role), name, PASSWORD)


def test_an_invitation_opens_one_account_of_its_role(accounts: Accounts, world: World) -> None:
    assert not accounts.is_invited()
    secret = accounts.invite(Role.OPERATOR)
    assert len(secret) >= 43
    assert accounts.is_invited()
    assert accounts.invitation(secret) == Invitation(Role.OPERATOR, None, world.clock.now + timedelta(days=7))
    user = accounts.accept(secret, " Ines ", PASSWORD)
    assert (user.name, user.role, user.created_at) == ("Ines", Role.OPERATOR, world.clock.now)
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
    first, second = accounts.invite(Role.VIEWER), accounts.invite(Role.VIEWER)
    assert first != second
    assert digest(first) == hashlib.sha256(first.encode()).digest()
    assert digest("\udc80") == digest("?")


def test_an_invitation_expires_after_a_week(accounts: Accounts, world: World) -> None:
    secret = accounts.invite(Role.VIEWER)
    world.clock.pass_by(days=7, seconds=-1)
    assert accounts.invitation(secret).role is Role.VIEWER
    world.clock.pass_by(1)
    assert timedelta(days=7) == INVITATION_LIFE
    assert not accounts.is_invited()
    with refused(AccountErrorCode.INVITATION_INVALID):
        accounts.invitation(secret)
    with refused(AccountErrorCode.INVITATION_INVALID):
        accounts.accept(secret, "Ines", PASSWORD)


@pytest.mark.parametrize("secret", ["", "made up", "\udc80"])
def test_a_secret_that_was_made_up_opens_nothing(accounts: Accounts, secret: str) -> None:
    accounts.invite(Role.VIEWER)
    with refused(AccountErrorCode.INVITATION_INVALID):
        accounts.invitation(secret)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65, "\x00"])
def test_a_name_that_nobody_could_read_is_refused_and_the_invitation_still_good(
    accounts: Accounts, name: str
) -> None:
    secret = accounts.invite(Role.VIEWER)
    with refused(AccountErrorCode.NAME_INVALID):
        accounts.accept(secret, name, PASSWORD)
    assert accounts.accept(secret, "x" * 64, PASSWORD).name == "x" * 64
    assert opened(accounts, "김").name == "김"


def test_a_name_is_taken_in_any_case_and_spelling(accounts: Accounts) -> None:
    opened(accounts, "김하늘 A")
    secret = accounts.invite(Role.VIEWER)
    for name in ("김하늘 a", "김하늘 A", "\u1100\u1175\u11b7\u1112\u1161\u1102\u1173\u11af \uff21"):
        with refused(AccountErrorCode.NAME_TAKEN):
            accounts.accept(secret, name, PASSWORD)
    assert as_kept(" \u1100\u1175\u11b7 ") == "김"


def test_a_password_that_is_guessed_first_is_refused(accounts: Accounts) -> None:
    secret = accounts.invite(Role.VIEWER)
    with refused(AccountErrorCode.PASSWORD_TOO_SHORT):
        accounts.accept(secret, "Ines", "short")
    with refused(AccountErrorCode.PASSWORD_TOO_PLAIN):
        accounts.accept(secret, "Ines Moreau Li", "ines moreau liines moreau li1")
    assert accounts.all() == []


def test_an_invitation_anew_sets_a_password_and_keeps_name_and_role(accounts: Accounts) -> None:
    opened(accounts, "Ines")
    user = opened(accounts, "Omar", Role.VIEWER)
    secret = accounts.invite_anew(user)
    invitation = accounts.invitation(secret)
    assert (invitation.role, invitation.user) == (Role.VIEWER, user)
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
    user = opened(accounts, "Omar", Role.VIEWER)
    accounts.set_role(user, Role.OPERATOR)
    accounts.set_preferences(user, "ko", "dark")
    changed = accounts.require(user.id)
    assert (changed.role, changed.language, changed.theme) == (Role.OPERATOR, "ko", "dark")
    assert [each.name for each in accounts.all()] == ["Ines", "Omar"]


def test_an_account_is_deleted_unless_it_is_the_last_that_may_do_everything(accounts: Accounts) -> None:
    first, second = opened(accounts, "Ines"), opened(accounts, "Omar", Role.VIEWER)
    with refused(AccountErrorCode.LAST_ADMINISTRATOR):
        accounts.delete(first)
    with refused(AccountErrorCode.LAST_ADMINISTRATOR):
        accounts.set_role(first, Role.OPERATOR)
    accounts.delete(second)
    with refused(AccountErrorCode.USER_NOT_FOUND):
        accounts.set_role(second, Role.ADMINISTRATOR)
    assert accounts.all() == [first]
