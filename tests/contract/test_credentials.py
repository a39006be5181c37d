"""Who may call, and that an app never sees another app's groups."""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection

import pytest

from . import pictures
from .answers import Answer, assert_error, assert_success, values_at
from .calls import ABSENT
from .servers import Servers
from .session import Session, unique
from .tables import OPERATIONS, PLUS, V1, V2, V2_1, Dialect, Operation


def _assert_unauthorized(answer: Answer) -> None:
    assert_error(answer, answer.operation.dialect.wrong_credentials)


def _assert_foreign(answer: Answer) -> None:
    assert_error(answer, answer.operation.dialect.foreign_credentials)


KEYED = [operation for operation in OPERATIONS if operation.dialect.headers]
"""Operations that want a key beside the app key."""

V1_ROUTES = {(operation.method, operation.path) for operation in V1.operations.values()}

KEYLESS_NOWHERE = [operation for operation in KEYED if (operation.method, operation.path) not in V1_ROUTES]
"""Without its key, an operation of Plus is one of v1.0, if v1.0 has it."""


@pytest.mark.parametrize("operation", KEYED, ids=str)
@pytest.mark.parametrize("secret", ["", "wrong", "Bearer {right}", "{right}x", "{upper}", "\u00e9"])
def test_a_wrong_secret_is_refused(operation: Operation, secret: str, session: Session) -> None:
    for header, kind in operation.dialect.headers.items():
        right = session.credential(kind)
        value = secret.replace("{right}", right).replace("{upper}", right.swapcase())
        _assert_unauthorized(session.send(session.call(operation).with_header(header, value)))


@pytest.mark.parametrize("operation", KEYLESS_NOWHERE, ids=str)
def test_a_missing_secret_is_refused(operation: Operation, session: Session) -> None:
    for header in operation.dialect.headers:
        _assert_unauthorized(session.send(session.call(operation).with_header(header, ABSENT)))


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
@pytest.mark.parametrize("app_key", ["unknown", "x" * 300, "%", "' OR 1=1 --", "\u00e4", "\x00"])
def test_an_unknown_app_key_is_refused(operation: Operation, app_key: str, session: Session) -> None:
    _assert_foreign(session.send(session.call(operation).put("path", "appKey", app_key)))


@pytest.mark.parametrize("operation", KEYED, ids=str)
def test_the_keys_of_two_apps_do_not_mix(operation: Operation, servers: Servers) -> None:
    call = servers.main.call(operation)
    for header, kind in operation.dialect.headers.items():
        foreign = call.with_header(header, servers.neighbour.credential(kind))
        _assert_foreign(servers.main.send(foreign))


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_key_of_another_kind_is_refused(operation: Operation, session: Session) -> None:
    call = session.call(operation)
    for header, kind in operation.dialect.headers.items():
        for other in {"appKey", "secretKey", "apiKey"} - {kind}:
            _assert_unauthorized(session.send(call.with_header(header, getattr(session.keys, other))))
    for other in ("secretKey", "apiKey"):
        _assert_foreign(session.send(call.put("path", "appKey", getattr(session.keys, other))))


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.dialect.optional_headers], ids=str)
def test_an_optional_key_must_be_right_when_it_is_sent(operation: Operation, servers: Servers) -> None:
    call = servers.main.call(operation)
    for header, kind in operation.dialect.optional_headers.items():
        for wrong in ("", "wrong", getattr(servers.neighbour.keys, kind), servers.main.keys.secretKey):
            _assert_unauthorized(servers.main.send(call.with_header(header, wrong)))


def test_the_right_optional_key_is_welcome(session: Session) -> None:
    call = session.call("list_groups")
    for header, kind in session.dialect.optional_headers.items():
        assert_success(session.send(call.with_header(header, getattr(session.keys, kind))))


@pytest.mark.parametrize("dialect", [PLUS, V2, V2_1], ids=str)
def test_header_names_are_read_in_any_case(dialect: Dialect, session: Session) -> None:
    for spell in (str.upper, str.lower, str.title):
        call = session.speaking(dialect).call("list_groups")
        for header, value in dict(call.headers).items():
            call = call.with_header(header, ABSENT).with_header(spell(header), value)
        assert_success(session.send(call))


@pytest.mark.parametrize("dialect", [PLUS, V2, V2_1], ids=str)
def test_blanks_around_a_key_are_no_part_of_it(dialect: Dialect, session: Session) -> None:
    call = session.speaking(dialect).call("list_groups")
    blank = {header: f"\t {value} \t" for header, value in call.headers.items()}
    with closing(HTTPConnection("127.0.0.1", session.server.port)) as connection:  # httpx would not send these
        connection.request("GET", f"{call.url_path}?limit=1", headers=blank)
        body = json.load(connection.getresponse())
    assert body["header"]["resultCode"] == 0


def test_an_app_does_not_see_the_groups_of_another(speaker: Session, servers: Servers) -> None:
    main, neighbour = speaker, servers.neighbour.speaking(speaker.dialect)
    mine = list(values_at(main.send(main.call("list_groups")).body, "data.groups[].groupId"))
    theirs = list(values_at(neighbour.send(neighbour.call("list_groups")).body, "data.groups[].groupId"))
    assert mine
    assert theirs
    assert not set(mine) & set(theirs)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "{group-id}" in each.path], ids=str)
def test_a_group_of_another_app_is_not_found(operation: Operation, servers: Servers) -> None:
    foreign = servers.neighbour.group
    answer = servers.main.send(servers.main.call(operation).put("path", "group-id", foreign))
    assert_error(answer, -40030)
    kept = servers.neighbour.send(servers.neighbour.call("group_details"))
    assert kept.data["faceCount"] == 3


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "{face-id}" in each.path], ids=str)
def test_a_face_of_another_app_is_not_found(operation: Operation, servers: Servers) -> None:
    answer = servers.main.send(servers.main.call(operation).put("path", "face-id", servers.neighbour.face))
    assert_error(answer, -40050)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "{face-id}" in each.path], ids=str)
def test_a_face_of_another_group_is_not_found(operation: Operation, session: Session) -> None:
    other = session.new_group()
    answer = session.send(session.call(operation).put("path", "group-id", other))
    assert_error(answer, -40050)


def test_two_apps_may_use_one_group_id_and_keep_their_faces_apart(servers: Servers) -> None:
    name = unique()
    main, neighbour = servers.main, servers.neighbour
    for session, person in ((main, 1), (neighbour, 2)):
        session.new_group(name)
        session.registered(name, pictures.portrait(person), externalImageId=f"person-{person}")
    assert main.face_ids(name) != neighbour.face_ids(name)
    search = main.call("search_by_image").put("path", "group-id", name).put("json", "threshold", 1)
    found = list(values_at(main.send(search).body, "data.matchFaces[].face.externalImageId"))
    assert found == ["person-1"]
    main.send(main.call("delete_group").put("path", "group-id", name))
    assert len(neighbour.face_ids(name)) == 1
