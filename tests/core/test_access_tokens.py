"""User access keys and tokens: who gets one, what it opens, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.world import World, refused
from visavis.core.access_keys import AccessKeys
from visavis.core.access_tokens import LIVE_TOKENS, AccessTokens
from visavis.core.attempts import Attempts
from visavis.errors import ErrorCode, ServiceError
from visavis.identities import AccessKey, App, KeyKind

NO_RIGHT = "The access token does not give access to an app with this app key."
NO_TOKEN = "The access token is missing, malformed, unknown, expired or revoked."
WRONG_KEY = "The id or the secret of the user access key is missing, wrong or retired."


@pytest.fixture
def keys(world: World) -> AccessKeys:
    return AccessKeys(world.storage.access_keys, world.storage.apps, world.clock)


@pytest.fixture
def tokens(world: World) -> AccessTokens:
    return AccessTokens(world.storage.access_keys, world.storage.apps, world.clock)


@pytest.fixture
def door(world: World) -> App:
    return world.storage.apps.create_app("door", {KeyKind.APP_KEY: "door-key"})


def test_a_token_opens_the_app_of_its_key(world: World, keys: AccessKeys, tokens: AccessTokens, door: App) -> None:
    key, secret = keys.create("client", ["door"])
    token = tokens.issue(tokens.client(key.id, secret))
    caller = tokens.authenticate("door-key", token, "v2.1")
    assert (caller.app, caller.access_key) == (door, "client")
    [app_key] = world.storage.apps.list_keys(door)
    assert caller.key_id == app_key.id
    assert len(token) == 43


def test_a_token_opens_nothing_with_an_app_key_that_has_retired(
    world: World, keys: AccessKeys, tokens: AccessTokens, door: App
) -> None:
    key, _ = keys.create("client")
    token = tokens.issue(key)
    world.storage.apps.add_keys(door, {KeyKind.APP_KEY: "new"}, world.clock() + timedelta(minutes=1))
    world.clock.pass_by(minutes=1)
    assert tokens.authenticate("new", token, "v2.1").app == door
    with refused(ErrorCode.ACCESS_TOKEN_UNAUTHORIZED, NO_RIGHT):
        tokens.authenticate("door-key", token, "v2.1")


def test_a_token_of_another_app_has_no_right(keys: AccessKeys, tokens: AccessTokens, door: App) -> None:
    key, _ = keys.create("client", ["app"])
    token = tokens.issue(key)
    for app_key in ("door-key", "unknown", ""):
        with refused(ErrorCode.ACCESS_TOKEN_UNAUTHORIZED, NO_RIGHT):
            tokens.authenticate(app_key, token, "v2.1")
    keys.limit(key, ["app", "door"], 60)
    assert tokens.authenticate("door-key", token, "v2.1").app == door


def test_a_token_that_is_none_is_refused_before_the_app_is_looked_at(tokens: AccessTokens, door: App) -> None:
    for app_key in ("door-key", "unknown"):
        with refused(ErrorCode.ACCESS_TOKEN_INVALID, NO_TOKEN):
            tokens.authenticate(app_key, "x" * 43, "v2.1")


def test_a_token_lasts_as_long_as_its_key_says(
    keys: AccessKeys, tokens: AccessTokens, door: App, world: World
) -> None:
    key, _ = keys.create("client", None, 60)
    token = tokens.issue(key)
    world.clock.pass_by(59)
    assert tokens.authenticate("door-key", token, "v2.1").app == door
    world.clock.pass_by(1)
    with refused(ErrorCode.ACCESS_TOKEN_INVALID, NO_TOKEN):
        tokens.authenticate("door-key", token, "v2.1")
    assert tokens.sweep() == 1


def test_a_dialect_that_is_switched_off_is_closed_to_tokens(
    keys: AccessKeys, tokens: AccessTokens, door: App, world: World
) -> None:
    token = tokens.issue(keys.create("client")[0])
    world.storage.apps.change_dialects(door, lambda _: frozenset({"v2.1"}))
    with refused(ErrorCode.UNAUTHORIZED, "This API version is switched off for the app."):
        tokens.authenticate("door-key", token, "v2.1")


@pytest.mark.parametrize("lifetime", [59, 86_401, 0, -1])
def test_a_lifetime_has_bounds(keys: AccessKeys, lifetime: int) -> None:
    with refused(ErrorCode.INVALID_PARAMETER, "A token lasts 60 to 86400 seconds."):
        keys.create("client", None, lifetime)
    key, _ = keys.create("client")
    with refused(ErrorCode.INVALID_PARAMETER, "A token lasts 60 to 86400 seconds."):
        keys.limit(key, None, lifetime)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101])
def test_a_name_has_rules(keys: AccessKeys, name: str) -> None:
    with refused(ErrorCode.INVALID_PARAMETER, "A user access key's name has 1 to 100 printable characters."):
        keys.create(name)


def test_a_key_for_no_app_or_an_unknown_one_is_not_made(keys: AccessKeys) -> None:
    with refused(ErrorCode.INVALID_PARAMETER, "A user access key needs at least one app, or all apps."):
        keys.create("client", [])
    with refused(ErrorCode.APP_NOT_FOUND, "There is no app named 'nobody'."):
        keys.create("client", ["app", "nobody"])
    assert keys.all() == []


def test_a_rotated_secret_works_beside_the_new_one_for_a_while(
    keys: AccessKeys, tokens: AccessTokens, world: World
) -> None:
    key, old = keys.create("client")
    new = keys.rotate(key, timedelta(hours=1))
    assert tokens.client(key.id, old) == tokens.client(key.id, new)
    world.clock.pass_by(hours=1)
    with refused(ErrorCode.UNAUTHORIZED, WRONG_KEY):
        tokens.client(key.id, old)
    assert tokens.client(key.id, new).id == key.id


def test_a_revoked_key_gets_no_token(keys: AccessKeys, tokens: AccessTokens, door: App) -> None:
    key, secret = keys.create("client")
    token = tokens.issue(key)
    keys.revoke(keys.require("client"))
    with refused(ErrorCode.UNAUTHORIZED, WRONG_KEY):
        tokens.client(key.id, secret)
    with refused(ErrorCode.UNAUTHORIZED, WRONG_KEY):
        tokens.issue(key)  # was right a moment ago
    with refused(ErrorCode.ACCESS_TOKEN_INVALID, NO_TOKEN):
        tokens.authenticate("door-key", token, "v2.1")
    with refused(ErrorCode.ACCESS_KEY_NOT_FOUND, "There is no user access key named 'client'."):
        keys.require("client")


def test_revoking_is_for_tokens_of_ones_own(keys: AccessKeys, tokens: AccessTokens, door: App) -> None:
    key, other = keys.create("client")[0], keys.create("other")[0]
    token = tokens.issue(key)
    tokens.revoke(other, "unknown")
    with refused(ErrorCode.ACCESS_TOKEN_UNAUTHORIZED, "The token was issued to another user access key."):
        tokens.revoke(other, token)
    assert tokens.authenticate("door-key", token, "v2.1").app == door
    tokens.revoke(key, token)
    tokens.revoke(key, token)
    with refused(ErrorCode.ACCESS_TOKEN_INVALID, NO_TOKEN):
        tokens.authenticate("door-key", token, "v2.1")


def test_a_client_that_asks_at_each_request_fills_nothing(
    keys: AccessKeys, tokens: AccessTokens, door: App, world: World
) -> None:
    key, _ = keys.create("client")
    issued = []
    for _ in range(LIVE_TOKENS + 20):
        issued.append(tokens.issue(key))
        world.clock.pass_by(0.001)
    live = [token for token in issued if world.storage.access_keys.holder(token, world.clock())]
    assert live == issued[-LIVE_TOKENS:]


def test_a_key_is_limited_to_apps_and_to_a_lifetime(keys: AccessKeys, door: App) -> None:
    key, _ = keys.create("x" * 100)
    limited = keys.limit(key, ["door"], 60)
    assert (limited.apps, limited.lifetime_seconds) == (frozenset({door.id}), 60)
    assert keys.require("x" * 100) == limited
    assert keys.limit(key, None, 61).apps is None
    with refused(ErrorCode.APP_NOT_FOUND, "There is no app named 'none'."):
        keys.limit(key, ["none"], 60)


def test_secrets_of_keys_have_256_random_bits(keys: AccessKeys) -> None:
    made = [keys.create(str(number)) for number in range(3)]
    assert {len(secret) for _, secret in made} == {64}
    assert {len(key.id) for key, _ in made} == {20}
    assert len({secret for _, secret in made}) == len({key.id for key, _ in made}) == 3


def test_a_key_is_shown_with_its_apps_and_without_its_secret(world: World, keys: AccessKeys, door: App) -> None:
    bound, secret = keys.create("client", ["door", "app"], 600)
    every, _ = keys.create("every")
    [shown] = keys.shown([bound])
    assert shown == {
        "name": "client",
        "id": bound.id,
        "apps": ["app", "door"],
        "lifetime": 600,
        "created": world.clock().isoformat(),
        "old_secret_until": None,
    }
    assert secret not in str(shown)
    keys.rotate(bound, timedelta(hours=1))
    [rotated] = keys.shown([keys.require("client")])
    assert rotated["old_secret_until"] == (world.clock() + timedelta(hours=1)).isoformat()
    assert keys.shown([every])[0]["apps"] is None
    assert (keys.apps_of(bound), keys.apps_of(every)) == (["app", "door"], None)


@pytest.mark.parametrize("code", [ErrorCode.ACCESS_TOKEN_INVALID, ErrorCode.ACCESS_TOKEN_UNAUTHORIZED])
def test_wrong_tokens_count_as_guesses(code: ErrorCode) -> None:
    attempts = Attempts(5, lambda: 0.0)

    def check() -> AccessKey:
        raise ServiceError(code, "Wrong.")

    codes = []
    for number in range(7):
        with pytest.raises(ServiceError) as caught:
            attempts.verify("203.0.113.66", {"token": f"guess {number}"}, check, "an app key")
        codes.append(caught.value.code)
    assert codes == [code] * 5 + [ErrorCode.RATE_LIMITED] * 2
