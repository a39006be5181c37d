"""What each role allows, to the letter, and that nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from visavis.core.permissions import IN_APP, OF_APP_ROLE, OF_ROLE, Act, may, nearest, sees
from visavis.identities import App, AppRole, Role, User

NOW = datetime.now(UTC)
SHOP, LAB = App(3, "shop", NOW), App(7, "lab", NOW)

OF_EVERY_ROLE = {
    AppRole.DOOR: {Act.WATCH_DOOR},
    AppRole.VIEWER: {Act.WATCH_DOOR, Act.READ, Act.SEARCH},
    AppRole.OPERATOR: {Act.WATCH_DOOR, Act.READ, Act.SEARCH, Act.USE_PICTURES, Act.EXPORT_EVENTS, Act.ENROL},
    AppRole.MANAGER: IN_APP - {Act.MANAGE_APP},
}
BEFORE = {
    Role.FORMER_VIEWER: {Act.READ, Act.READ_STATUS},
    Role.FORMER_OPERATOR: {
        Act.READ,
        Act.READ_STATUS,
        Act.READ_ERRORS,
        Act.WATCH_DOOR,
        Act.SEARCH,
        Act.USE_PICTURES,
        Act.EXPORT_EVENTS,
        Act.ENROL,
        Act.MANAGE_GROUPS,
    },
}
"""What roles allowed in every app and on the server before there were roles in apps."""


def user(role: Role, **in_apps: AppRole) -> User:
    ids = {"shop": SHOP.id, "lab": LAB.id}
    return User(1, "Ines", role, NOW, app_roles={ids[name]: each for name, each in in_apps.items()})


def allowed(of: User | None, app: App | None) -> set[Act]:
    return {act for act in Act if may(of, act, app)}


def test_nobody_in_particular_may_get_in_and_do_nothing_else() -> None:
    assert allowed(None, SHOP) == allowed(None, None) == {Act.GET_IN}


@pytest.mark.parametrize("role", AppRole)
def test_a_member_may_do_what_the_role_in_an_app_allows_there_and_nowhere_else(role: AppRole) -> None:
    member = user(Role.MEMBER, shop=role)
    everywhere = {Act.GET_IN, Act.USE_CONSOLE}
    assert allowed(member, SHOP) == everywhere | OF_EVERY_ROLE[role]
    assert allowed(member, LAB) == allowed(member, None) == everywhere
    assert (sees(member, SHOP), sees(member, LAB)) == (True, False)


def test_roles_in_two_apps_are_kept_apart() -> None:
    member = user(Role.MEMBER, shop=AppRole.MANAGER, lab=AppRole.DOOR)
    assert may(member, Act.MANAGE_KEYS, SHOP)
    assert not may(member, Act.MANAGE_KEYS, LAB)
    assert not may(member, Act.READ, LAB)
    assert may(member, Act.WATCH_DOOR, LAB)


def test_each_role_includes_the_ones_before_it() -> None:
    rights = [OF_APP_ROLE[role] for role in AppRole]
    assert all(less < more for less, more in pairwise(rights))


@pytest.mark.parametrize("role", BEFORE)
def test_who_had_a_role_before_may_do_what_it_allowed_to_the_letter_in_every_app(role: Role) -> None:
    everywhere = {Act.GET_IN, Act.USE_CONSOLE}
    for app in (SHOP, LAB):
        assert allowed(user(role), app) == everywhere | BEFORE[role]
        assert sees(user(role), app)
    assert allowed(user(role), None) == everywhere | BEFORE[role] - IN_APP


def test_roles_in_apps_count_for_members_alone() -> None:
    assert not may(user(Role.FORMER_VIEWER, shop=AppRole.MANAGER), Act.MANAGE_KEYS, SHOP)


def test_an_administrator_may_do_everything() -> None:
    administrator = user(Role.ADMINISTRATOR)
    assert allowed(administrator, SHOP) == set(Act)
    assert allowed(administrator, None) == set(Act) - IN_APP
    assert sees(administrator, LAB)


def test_only_administrators_manage_apps_users_and_user_access_keys() -> None:
    theirs = {
        Act.MANAGE_APP,
        Act.MANAGE_APPS,
        Act.MANAGE_ACCESS_KEYS,
        Act.MANAGE_USERS,
        Act.READ_AUDIT,
    }
    others = [acts for role, acts in OF_ROLE.items() if role is not Role.ADMINISTRATOR]
    assert all(not theirs & acts for acts in [*others, *OF_APP_ROLE.values()])


def test_a_member_without_roles_sees_no_app() -> None:
    assert not sees(user(Role.MEMBER), SHOP)


def test_the_nearest_roles_are_those_of_a_member_and_of_the_same_name_for_a_former_role() -> None:
    assert nearest(user(Role.MEMBER, lab=AppRole.DOOR), [SHOP, LAB]) == {LAB.id: AppRole.DOOR}
    assert nearest(user(Role.FORMER_VIEWER), [SHOP]) == {SHOP.id: AppRole.VIEWER}
    assert nearest(user(Role.FORMER_OPERATOR), [SHOP, LAB]) == dict.fromkeys((3, 7), AppRole.OPERATOR)
    assert nearest(user(Role.ADMINISTRATOR), [SHOP]) == {}
