"""Nothing that the server writes, answers or shows tells a secret, at its most talkative, whatever goes wrong."""

from __future__ import annotations

import base64
import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.console.person import Crowd
from harness.postgres import Postgres, running_postgres
from harness.servers import Keys, Server, running_server, visavis
from visavis.api.dialect import Dialect
from visavis.api.nhn.plus import PLUS
from visavis.api.nhn.v1 import V1
from visavis.api.nhn.v2 import V2
from visavis.api.nhn.v2_1 import V2_1
from visavis.api.searchface.dialect import SEARCHFACE

MASTER_KEY = base64.b64encode(os.urandom(32)).decode()
ADMIN_TOKEN = "marked-admin-token-of-this-test"
METRICS_TOKEN = "marked-metrics-token-of-this-test"
DATABASE_PASSWORD = "marked-database-password"
URL_PASSWORD = "marked-password-of-a-url"
URL_TOKEN = "marked-token-of-a-url"
PERSONS_PASSWORD = "marked quiet words of a person"


@dataclass
class Stage:
    """A server, everything that must not come out of it, and everything that came."""

    server: Server
    keys: Keys
    secrets: dict[str, str]
    seen: list[str] = field(default_factory=list)

    def note(self, response: httpx.Response) -> httpx.Response:
        """What an answer says."""
        self.seen.append(f"{response.headers}\n{response.text}")
        return response

    def assert_nothing_told(self) -> None:
        process = Path(f"/proc/{self.server.process.pid}")
        places = {
            "log": self.server.log.read_text(),
            "arguments": (process / "cmdline").read_text(),
            "answers": "\n".join(self.seen),
        }
        told = [
            (name, place, text[max(text.index(it) - 200, 0) : text.index(it)])
            for place, text in places.items()
            for name, it in self.secrets.items()
            if it in text
        ]
        assert told == []


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """One of its own, since it is stopped."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def selfie() -> bytes:
    return (resources.files("visavis") / "assets" / "ines-small.jpg").read_bytes()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Stage]:
    settings = {
        "LOG_LEVEL": "debug",
        "MASTER_KEY": MASTER_KEY,
        "ADMIN_TOKEN": ADMIN_TOKEN,
        "METRICS_TOKEN": METRICS_TOKEN,
        "DATABASE_URL": postgres.new_database().replace("@", f":{DATABASE_PASSWORD}@"),
        "EDGE__HEAD_SECONDS": "0.5",
        "EDGE__BODY_PAUSE_SECONDS": "0.5",
    }
    with running_server(tmp_path_factory.mktemp("secrets"), settings) as server:
        keys = server.create_app("holder")
        access_key = server.create_access_key("of the holder")
        secrets = {
            "master key": MASTER_KEY,
            "master key in hexadecimal": base64.b64decode(MASTER_KEY).hex(),
            "admin token": ADMIN_TOKEN,
            "metrics token": METRICS_TOKEN,
            "database password": DATABASE_PASSWORD,
            "password of a URL": URL_PASSWORD,
            "token of a URL": URL_TOKEN,
            "password of a person": PERSONS_PASSWORD,
            "appKey": keys.appKey,
            "secretKey": keys.secretKey,
            "apiKey": keys.apiKey,
            "secret of an access key": access_key.secret,
            "access token": server.new_token(access_key),
        }
        yield Stage(server, keys, secrets)


DIALECTS = [V1, PLUS, V2, V2_1, SEARCHFACE]


def headers_of(dialect: Dialect, keys: Keys, token: str) -> dict[str, str]:
    return {
        "v1": {},
        "plus": {"x-nhn-apikey": keys.apiKey},
        "v2": {"Authorization": keys.secretKey},
        "v2.1": {"x-nhn-authorization": f"Bearer {token}"},
        "searchface": {"x-api-key": keys.apiKey},
    }[dialect.name]


def bodies(keys: Keys, picture: bytes) -> list[dict[str, Any]]:
    """Of requests: right ones, and such as hold secrets where they do not belong."""
    url = f"http://user:{URL_PASSWORD}@127.0.0.1/a.png?token={URL_TOKEN}"
    nowhere = f"http://127.0.0.1:10099/a.png?token={URL_TOKEN}"
    secret = keys.secretKey
    return [
        {"json": {"groupId": "staff", "image": {"url": url}, "limit": 5, "threshold": 90}},
        {
            "json": {
                "groupId": f"/{secret}",
                "image": {"url": nowhere},
                "limit": secret,
                "externalImageId": f"/{secret}",
            }
        },
        {"json": {"sourceImage": {"url": url}, "targetImage": {"bytes": secret}, "threshold": 5}},
        {"json": {"collectionId": "c", "requestName": "n", "faceImage": f"data:image/png;base64,{secret}"}},
        {"content": f'{{"limit": "{secret}', "headers": {"Content-Type": "application/json"}},
        {"content": secret, "headers": {"Content-Type": f"text/{secret}"}},
        {"content": f"--{secret}", "headers": {"Content-Type": f"multipart/form-data; boundary={secret}"}},
        {"files": {"imageFile": picture}, "data": {"limit": "5", "threshold": "90"}},
        {"files": {secret: (secret, picture)}, "data": {"limit": secret}},
    ]


def use_everything(stage: Stage, dialect: Dialect, picture: bytes, only: str = "") -> None:
    """Every operation, or one, with right keys, wrong keys, and keys that are mixed up."""
    keys = stage.keys
    wrong = Keys("wrong", keys.appKey[::-1], keys.secretKey[::-1], keys.apiKey[::-1])
    swapped = Keys("swapped", keys.secretKey, keys.appKey, keys.secretKey)
    client = stage.server.client
    for operation in (each for each in dialect.operations if only in each.name):
        for holder in (keys, wrong, swapped):
            path = operation.path.format(app_key=holder.appKey, group_id="staff", face_id=keys.apiKey)
            token = stage.secrets["access token"] if holder is keys else holder.secretKey
            own = headers_of(dialect, holder, token)
            bare = operation.method != "POST"
            queries = [{"limit": "5", "threshold": "90"}, {"next-token": keys.secretKey, "limit": "x"}]
            for query in queries if bare else queries[:1]:
                for body in bodies(keys, picture)[: 1 if bare else None]:
                    extra = dict(body)
                    sent = own | dict(extra.pop("headers", {}))
                    if bare:
                        extra = {}
                    url = f"{dialect.prefix}{path}"
                    stage.note(client.request(operation.method, url, params=query, headers=sent, **extra))
    for path in (f"/{keys.appKey}", f"{dialect.prefix}/{keys.secretKey}", f"/docs/{keys.apiKey}"):
        stage.note(client.get(path))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_no_secret_comes_out_of_a_dialect(dialect: Dialect, stage: Stage, selfie: bytes) -> None:
    use_everything(stage, dialect, selfie)
    stage.assert_nothing_told()


def test_no_secret_comes_out_where_tokens_are_issued_and_revoked(stage: Stage) -> None:
    client, secret, token = (
        stage.server.client,
        stage.secrets["secret of an access key"],
        stage.secrets["access token"],
    )
    for path in ("/oauth2/token/create", "/oauth2/token/revoke", f"/oauth2/{secret}", f"/oauth2/token/{token}"):
        for form in ({"grant_type": secret}, {"client_id": secret, "client_secret": token}, {"scope": secret}):
            stage.note(client.post(path, data=form, params={"client_secret": secret, "token": token}))
            stage.note(client.post(path, data=form, auth=(secret, token)))
        stage.note(client.post(path, json={"client_secret": secret}, headers={"Authorization": f"Bearer {token}"}))
        stage.note(client.get(f"{path}?token={token}"))
    stage.assert_nothing_told()


def test_no_secret_comes_out_of_the_operators_pages(stage: Stage) -> None:
    client, keys = stage.server.client, stage.keys
    right = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    for headers in (right, {"Authorization": ADMIN_TOKEN}, {"Authorization": f"Bearer {METRICS_TOKEN}"}):
        for method, path in (
            ("GET", "/admin/apps"),
            ("GET", "/admin/apps/holder/keys"),
            ("PATCH", f"/admin/apps/{keys.secretKey}"),
            ("POST", "/admin/apps/nobody/keys"),
            ("GET", f"/admin/{ADMIN_TOKEN}"),
        ):
            stage.note(client.request(method, path, headers=headers, content=f'{{"{keys.secretKey}": 1'))
    for token in (METRICS_TOKEN, ADMIN_TOKEN):
        stage.note(client.get("/metrics", headers={"Authorization": f"Bearer {token}"}))
    stage.assert_nothing_told()


def test_no_secret_comes_out_of_the_console(stage: Stage) -> None:
    with ExitStack() as stack:
        person = Crowd(stage.server, stack).newcomer("administrator", PERSONS_PASSWORD)
        stage.secrets["session"] = person.cookie
        for path in ("", "/profile", "/users"):
            page = person.get(path)
            # The browser's cookie is renewed by the answer that is its own, and by nothing else.
            stage.seen.append(page.text)
        person.post("/sign-in", name=person.name, password=PERSONS_PASSWORD + "x")
        stage.note(person.post("/profile", name=PERSONS_PASSWORD))
    stage.assert_nothing_told()


def test_no_secret_comes_out_of_what_is_no_http(stage: Stage) -> None:
    secret = stage.keys.secretKey.encode()
    for sent in (
        secret + b"\r\n\r\n",
        b"GET /" + secret + b"\xff HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + secret + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nAuthorization: " + secret,
        b"GET / HTTP/1.1\r\nAuthorization: " + secret * 1_000 + b"\r\n\r\n",
        b"POST /v2.0/appkeys/"
        + stage.keys.appKey.encode()
        + b"/faces/detect HTTP/1.1\r\nAuthorization: "
        + secret
        + b"\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        + secret,
    ):
        with closing(socket.create_connection(("127.0.0.1", stage.server.port), timeout=60)) as connection:
            connection.sendall(sent)
            stage.seen.append(connection.recv(65_536).decode("latin-1"))
    stage.assert_nothing_told()


def test_no_secret_comes_out_while_the_database_is_gone(stage: Stage, postgres: Postgres, selfie: bytes) -> None:
    postgres.stop("immediate")
    try:
        use_everything(stage, V2, selfie, only="list_groups")
        stage.note(stage.server.client.get("/readyz"))
        failed = visavis(
            "app", "list", "--data-dir", str(stage.server.data_dir), settings=stage.server.settings, check=False
        )
        assert failed.returncode != 0
        stage.seen += [failed.stdout, failed.stderr]
    finally:
        postgres.start()
    assert re.search(r"ERROR|Traceback", stage.server.log.read_text())
    stage.assert_nothing_told()


def test_commands_that_fail_tell_no_secret(tmp_path: Path) -> None:
    for settings in (
        {"MASTER_KEY": "marked-no-master-key"},
        {"DATABASE_URL": "mysql://user:marked-password@host/x"},
    ):
        failed = visavis("app", "list", "--data-dir", str(tmp_path), settings=settings, check=False)
        assert failed.returncode == 1
        assert "marked" not in failed.stdout + failed.stderr
