"""Pages of other origins may call the operations where a setting names them, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from harness.servers import PREFIX, Server, running_server
from visavis.settings import EdgeSettings

OURS, THEIRS = "https://app.example.com", "https://evil.example.com"


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("cors"), {"EDGE__CORS_ORIGINS": f"{OURS}, http://x:81"}) as server:
        yield server


def preflight(server: Server, path: str, origin: str = OURS) -> dict[str, str]:
    asks = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, x-nhn-authorization, x-nhn-apikey",
    }
    answer = server.client.options(path, headers=asks)
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize(
    "path",
    [
        f"{PREFIX}/x/groups",
        "/v2.1/appkeys/x/groups",
        "/nhn-face-reco/v1.0/appkeys/x/detect",
        "/modules/faces",
        "/modules/search",
        "/search",
        "/faces",
    ],
)
def test_a_page_of_a_named_origin_may_call_every_operation(path: str, open_server: Server) -> None:
    answer = preflight(open_server, path)
    assert answer["access-control-allow-origin"] == OURS
    assert {"GET", "POST", "DELETE"} <= set(answer["access-control-allow-methods"].split(", "))
    assert "authorization" in answer["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer
    called = open_server.client.get(path, headers={"Origin": OURS}).headers
    assert called["Access-Control-Allow-Origin"] == OURS
    assert "X-Error-Detail" in called["Access-Control-Expose-Headers"]


def test_other_pages_and_other_paths_may_not(open_server: Server) -> None:
    assert "access-control-allow-origin" not in preflight(open_server, f"{PREFIX}/x/groups", THEIRS)
    for path in ("/admin/apps", "/oauth2/token/create", "/console/sign-in", "/livez", "/metrics"):
        assert preflight(open_server, path) == {}
        called = open_server.client.get(path, headers={"Origin": OURS})
        assert "Access-Control-Allow-Origin" not in called.headers


def test_without_the_setting_no_page_may(server: Server) -> None:
    assert preflight(server, f"{PREFIX}/x/groups") == {}
    assert server.client.options(f"{PREFIX}/x/groups").status_code == 405


@pytest.mark.parametrize(
    "origin", ["app.example.com", "https://app.example.com/", "https://a b", "ftp://x", "null"]
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError, match="is not an origin"):
        EdgeSettings(cors_origins=origin)
