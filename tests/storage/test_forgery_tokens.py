"""Who writes user access keys and tokens into the database without a key is found out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from tests.storage.conftest import OpenStorage
from tests.storage.forging import faults, refused, replace_rows, rows_of
from visavis.identities import AccessKey, App
from visavis.storage.database.schema import access_keys, access_tokens, metadata, sets
from visavis.storage.store import Storage

NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=1)


def issued(storage: Storage, key: AccessKey, name: str = "token") -> str:
    storage.access_keys.add_token(key, name, NOW, LATER, keep=10)
    assert storage.access_keys.holder(name, NOW) is not None
    return name


@pytest.fixture
def key(storage: Storage, app: App) -> AccessKey:
    return storage.access_keys.create_key("client", "id", "secret", [app], 3600)


def test_nothing_that_is_kept_lets_anybody_in(storage: Storage, key: AccessKey) -> None:
    issued(storage, key)
    with storage.database.read() as connection:
        kept = [row for table in metadata.sorted_tables for row in connection.execute(select(table)).all()]
    assert "token" not in {value for row in kept for value in row}
    assert "secret" not in {value for row in kept for value in row}
    [row] = rows_of(storage, access_tokens)
    assert storage.access_keys.holder(row["hash"].hex(), NOW) is None


@pytest.mark.parametrize("values", [{"expires_at": LATER + timedelta(days=9)}, {"created_at": LATER}])
def test_a_token_is_not_prolonged(storage: Storage, key: AccessKey, values: dict[str, Any]) -> None:
    token = issued(storage, key)
    with storage.database.write() as connection:
        connection.execute(update(access_tokens).values(values))
    refused(lambda: storage.access_keys.holder(token, NOW), "The record of the token of user access key number 1")
    assert "token of user access key number 1 was altered" in faults(storage)


def test_a_token_is_not_given_to_another_key(storage: Storage, key: AccessKey) -> None:
    token = issued(storage, key)
    other = storage.access_keys.create_key("other", "id-2", "secret", None, 60)
    with storage.database.write() as connection:
        connection.execute(update(access_tokens).values(access_key_id=other.number))
    refused(lambda: storage.access_keys.holder(token, NOW), "was altered")
    assert "The access tokens of access key number 1 are not those that were kept" in faults(storage)


@pytest.mark.parametrize(
    "values",
    [{"apps": None}, {"apps": "1 2"}, {"lifetime_seconds": 86_400}, {"name": "x"}, {"old_secret": b"0" * 32}],
)
def test_a_key_gets_no_more_rights(storage: Storage, key: AccessKey, values: dict[str, Any]) -> None:
    token = issued(storage, key)
    with storage.database.write() as connection:
        connection.execute(update(access_keys).values(values))
    named = "The record of the user access key '[a-z]+' was altered"
    refused(lambda: storage.access_keys.holder(token, NOW), named)
    refused(lambda: storage.access_keys.key_of("id", "secret", NOW), named)
    refused(storage.access_keys.list_keys, named)
    refused(lambda: storage.access_keys.add_token(key, "new", NOW, LATER, keep=10), named)
    assert "The record of the user access key" in faults(storage)


def test_a_revoked_token_does_not_come_back(storage: Storage, key: AccessKey, open_again: OpenStorage) -> None:
    token = issued(storage, key)
    before = rows_of(storage, access_tokens)
    storage.access_keys.delete_token(key, token)
    replace_rows(storage, access_tokens, before)
    for opened in (storage, open_again()):
        refused(partial(opened.access_keys.holder, token, NOW), "access tokens was altered")
    assert "The access tokens of access key number 1 are not those that were kept" in faults(storage)


def test_a_revoked_key_does_not_come_back(storage: Storage, key: AccessKey) -> None:
    token = issued(storage, key)
    keys, tokens, kept = (rows_of(storage, table) for table in (access_keys, access_tokens, sets))
    storage.access_keys.delete_key(key)
    replace_rows(storage, access_keys, keys)
    replace_rows(storage, access_tokens, tokens)
    refused(lambda: storage.access_keys.key_of("id", "secret", NOW), "access keys was altered")
    refused(lambda: storage.access_keys.holder(token, NOW), "altered")
    of_tokens = [row for row in kept if row["name"] == "access_tokens"]
    replace_rows(storage, sets, [*rows_of(storage, sets), *of_tokens])
    refused(lambda: storage.access_keys.holder(token, NOW), "access keys was altered")


def test_a_secret_that_was_replaced_does_not_come_back(storage: Storage, key: AccessKey) -> None:
    before = rows_of(storage, access_keys)
    storage.access_keys.replace_secret(key, "new", NOW, NOW)
    with storage.database.write() as connection:
        connection.execute(update(access_keys).values(before[0]))
    refused(lambda: storage.access_keys.key_of("id", "secret", NOW), "access keys was altered")


def test_what_one_node_revokes_the_other_refuses(
    storage: Storage, key: AccessKey, open_again: OpenStorage
) -> None:
    other = open_again()
    tokens = [issued(storage, key, f"token-{number}") for number in range(3)]
    assert all(other.access_keys.holder(token, NOW) for token in tokens)
    other.access_keys.delete_token(key, tokens[0])
    assert storage.access_keys.holder(tokens[0], NOW) is None
    storage.access_keys.replace_secret(key, "new", NOW, NOW)
    assert other.access_keys.holder(tokens[1], NOW) is None
    token = issued(other, key)
    storage.access_keys.delete_key(key)
    assert other.access_keys.holder(token, NOW) is None
    assert other.access_keys.key_of("id", "new", NOW) is None


def test_keys_without_their_set_are_refused_after_a_start_too(
    storage: Storage, key: AccessKey, open_again: OpenStorage
) -> None:
    with storage.database.write() as connection:
        connection.execute(delete(sets).where(sets.c.name == "access_keys"))
    refused(open_again().access_keys.list_keys, "access keys was altered")
