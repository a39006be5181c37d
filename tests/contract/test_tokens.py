"""Next-tokens: worth something only where they were issued, and only as they were issued."""

from __future__ import annotations

import string
from dataclasses import dataclass

import pytest

from . import pictures
from .answers import assert_error, assert_success
from .calls import ABSENT, Call
from .servers import Servers
from .session import Session, unique
from .tables import OPERATIONS, Operation

PAGED = [operation for operation in OPERATIONS if any(each.type == "token" for each in operation.parameters)]

TOKEN_CHARACTERS = string.ascii_letters + string.digits + "-_.=+/"


@dataclass(frozen=True)
class Issued:
    """A token with the request that got it."""

    call: Call
    token: str

    def present(self) -> Call:
        return self.call.put("query", "next-token", self.token)


def _issued(session: Session, operation: Operation | str, group: str = "", **query: str) -> Issued:
    """The token of a first page of one item, of which more are sure to follow."""
    call = session.call(operation).put("query", "limit", "1")
    if group:
        call = call.put("path", "group-id", group)
    for name, value in query.items():
        call = call.put("query", name.replace("_", "-"), value)
    answer = session.send(call)
    assert_success(answer)
    assert answer.data["nextToken"]
    return Issued(call, answer.data["nextToken"])


def _assert_invalid(session: Session, call: Call) -> None:
    assert_error(session.send(call), -40040)


@pytest.mark.parametrize("operation", PAGED, ids=str)
def test_a_token_works_more_than_once(operation: Operation, session: Session) -> None:
    issued = _issued(session, operation)
    first, second = (session.send(issued.present()) for _ in range(2))
    assert_success(first)
    assert first.data.keys() == second.data.keys()


@pytest.mark.parametrize("operation", PAGED, ids=str)
def test_a_token_damaged_at_any_position_is_refused(operation: Operation, session: Session) -> None:
    issued = _issued(session, operation)
    token = issued.token
    for position, char in enumerate(token):
        # The neighbour differs in the lowest bits, those that a careless decoder drops at the end.
        at = TOKEN_CHARACTERS.index(char)
        for other in (TOKEN_CHARACTERS[at - 1], TOKEN_CHARACTERS[(at + 1) % 64]):
            damaged = token[:position] + other + token[position + 1 :]
            _assert_invalid(session, issued.call.put("query", "next-token", damaged))


@pytest.mark.parametrize("operation", PAGED, ids=str)
def test_the_last_character_of_a_token_has_no_second_spelling(operation: Operation, session: Session) -> None:
    issued = _issued(session, operation)
    for other in set(TOKEN_CHARACTERS) - {issued.token[-1]}:
        _assert_invalid(session, issued.call.put("query", "next-token", issued.token[:-1] + other))


@pytest.mark.parametrize("operation", PAGED, ids=str)
def test_a_token_cut_short_or_lengthened_is_refused(operation: Operation, session: Session) -> None:
    issued = _issued(session, operation)
    token = issued.token
    variants = [token[:end] for end in range(1, len(token))]
    variants += [token + char for char in ("A", "=", ".", " ", "\n", "\x00")]
    variants += [" " + token, token + token, token.swapcase(), token[::-1], f"{token}.{token}"]
    for variant in variants:
        _assert_invalid(session, issued.call.put("query", "next-token", variant))


@pytest.mark.parametrize("operation", PAGED, ids=str)
@pytest.mark.parametrize("token", ["x", "null", "0", "-1", "\u00e4", "\udcff", "e30.e30.e30", "A" * 5000, "." * 9])
def test_what_never_was_a_token_is_refused(operation: Operation, token: str, session: Session) -> None:
    text: str | bytes = token.encode("utf-8", "surrogateescape")
    _assert_invalid(session, session.call(operation).put("query", "next-token", text))


def test_a_token_of_another_group_is_refused(speaker: Session) -> None:
    other = speaker.new_group()
    speaker.registered(other, pictures.sheet(), limit=2)
    issued = _issued(speaker, "list_faces")
    _assert_invalid(speaker, issued.present().put("path", "group-id", other))


def test_a_token_of_another_operation_is_refused(speaker: Session) -> None:
    groups, faces = _issued(speaker, "list_groups"), _issued(speaker, "list_faces")
    _assert_invalid(speaker, groups.call.put("query", "next-token", faces.token))
    _assert_invalid(speaker, faces.call.put("query", "next-token", groups.token))


@pytest.mark.parametrize("operation", PAGED, ids=str)
def test_a_token_of_another_app_is_refused(operation: Operation, servers: Servers) -> None:
    name = unique()
    for session in (servers.main, servers.neighbour):
        session.new_group(name)
        session.registered(name, pictures.sheet(), limit=2)
    group = name if "{group-id}" in operation.path else ""
    stolen = _issued(servers.neighbour, operation, group).token
    _assert_invalid(servers.main, _issued(servers.main, operation, group).call.put("query", "next-token", stolen))


def test_a_token_does_not_outlive_its_group(speaker: Session) -> None:
    group = speaker.new_group()
    speaker.registered(group, pictures.sheet(), limit=2)
    issued = _issued(speaker, "list_faces", group)
    assert_success(speaker.send(speaker.call("delete_group").put("path", "group-id", group)))
    speaker.new_group(group)
    speaker.registered(group, pictures.sheet(), limit=2)
    _assert_invalid(speaker, issued.present())


@pytest.mark.parametrize("operation", PAGED, ids=str)
@pytest.mark.parametrize("limit", [ABSENT, "", "0", "201", "many", "99999999999999999999", "200"], ids=str)
def test_with_a_token_the_limit_is_the_one_it_was_issued_with(
    operation: Operation, limit: object, session: Session
) -> None:
    answer = session.send(_issued(session, operation).present().put("query", "limit", limit))
    assert_success(answer)
    [count] = [value for name, value in answer.data.items() if name.endswith("Count")]
    assert count == 1
