"""v1.0 and Plus have the same paths: which one a request is, what only one can, and v1.0 switched off."""

from __future__ import annotations

import pytest

from harness.servers import visavis

from . import pictures
from .answers import assert_error, assert_success
from .calls import ABSENT
from .servers import Servers
from .session import Session, unique
from .tables import PLUS, V1, V2, Dialect, Operation

API_KEY = "x-nhn-apikey"

SHARED = [PLUS.operations[name] for name in V1.operations]
PLUS_ONLY = [operation for operation in PLUS.operations.values() if operation.name not in V1.operations]


def test_both_have_the_same_routes_and_plus_has_one_more() -> None:
    assert {(each.method, each.path) for each in SHARED} == {
        (each.method, each.path) for each in V1.operations.values()
    }
    assert {each.name for each in PLUS_ONLY} == {"spoofing"}


@pytest.mark.parametrize("name", ["list_groups", "group_details", "detect", "compare"])
def test_the_header_alone_tells_them_apart(name: str, session: Session) -> None:
    call = session.call(PLUS.operations[name])
    with_key, without = session.send(call), session.send(call.with_header(API_KEY, ABSENT))
    assert with_key.body["header"]["resultMessage"] == "Success"
    assert without.body["header"]["resultMessage"] == "SUCCESS"


@pytest.mark.parametrize("operation", PLUS_ONLY, ids=str)
def test_what_only_plus_has_is_unauthorized_without_its_key(operation: Operation, session: Session) -> None:
    assert_error(session.send(session.call(operation).with_header(API_KEY, ABSENT)), -41000)


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_wrong_key_does_not_make_it_a_request_of_v1(key: str, session: Session) -> None:
    call = session.call(PLUS.operations["list_groups"]).with_header(API_KEY, key)
    assert_error(session.send(call), -41000)


def test_v1_takes_larger_pictures(session: Session) -> None:
    picture = pictures.padded(PLUS.max_image_bytes + 1)
    assert_success(session.send(session.call(V1.operations["detect"]).with_picture(picture)))
    assert_error(session.send(session.call(PLUS.operations["detect"]).with_picture(picture)), -45020)


@pytest.mark.parametrize("name", ["detect", "register", "search_by_image", "compare", "verify"])
def test_v1_gives_no_verdict_on_spoofing_even_if_asked(name: str, session: Session) -> None:
    call = session.call(V1.operations[name]).put("json", "spoofing", True).put("json", "spoofingCondition", 1)
    answer = session.send(call)
    assert_success(answer)
    assert "spoofing" not in answer.response.text


@pytest.fixture(scope="module")
def without_v1(servers: Servers) -> Session:
    """An app for which v1.0 is switched off."""
    main = servers.main
    app = Session(main.server, V2, main.server.create_app(unique())).furnished()
    visavis("app", "set", app.keys.name, "--off", "v1", "--data-dir", str(main.server.data_dir))
    return app


@pytest.mark.parametrize("operation", V1.operations.values(), ids=str)
def test_v1_switched_off_for_an_app_is_unauthorized(operation: Operation, without_v1: Session) -> None:
    answer = without_v1.send(without_v1.call(operation))
    assert_error(answer, -41000)
    assert "switched off" in answer.detail


@pytest.mark.parametrize("dialect", [PLUS, V2], ids=str)
def test_the_other_dialects_are_not_switched_off_with_it(dialect: Dialect, without_v1: Session) -> None:
    assert_success(without_v1.send(without_v1.call(dialect.operations["search_by_image"])))


def test_v1_switched_off_for_one_app_is_on_for_the_others(without_v1: Session, session: Session) -> None:
    assert without_v1.server is session.server
    assert_success(session.send(session.call(V1.operations["list_groups"])))


def test_v1_can_be_switched_on_again(session: Session) -> None:
    app = Session(session.server, V1, session.server.create_app(unique()))
    call, folder = app.call("list_groups"), str(session.server.data_dir)
    visavis("app", "set", app.keys.name, "--off", "v1", "--data-dir", folder)
    assert_error(app.send(call), -41000)
    visavis("app", "set", app.keys.name, "--on", "v1", "--data-dir", folder)
    assert_success(app.send(call))
