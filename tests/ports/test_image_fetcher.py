"""Pictures by their URLs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.contract.picture_host import serving_pictures
from tests.fakes.fetcher import FakeFetcher
from visavis.core.ports import ImageFetcher
from visavis.errors import ErrorCode, ServiceError
from visavis.fetch import GuardedFetcher


@dataclass(frozen=True)
class Web:
    """A fetcher, and a host that has a text of 22 bytes or so, one that is silent, and one that nobody is at."""

    fetcher: ImageFetcher
    text: str
    silent: str
    nobody: str


@pytest.fixture(scope="module", params=["fake", "real"])
def web(request: pytest.FixtureRequest) -> Iterator[Web]:
    if request.param == "fake":
        text, silent = "http://host.example/text", "http://host.example/silence"
        yield Web(FakeFetcher({text: b"no picture at all"}, {silent}), text, silent, "http://nobody.example/")
        return
    fetcher = GuardedFetcher(allow_private_addresses=True, total_timeout=0.5)
    with serving_pictures() as host:
        yield Web(fetcher, host.url("text"), host.url("silence"), f"http://127.0.0.1:{host.closed_port}/")


def refusal(web: Web, url: str, max_bytes: int = 1000) -> ErrorCode:
    with pytest.raises(ServiceError) as refused:
        web.fetcher.fetch(url, max_bytes)
    return refused.value.code


def test_a_file_comes_as_it_was_sent_whatever_it_is(web: Web) -> None:
    data = web.fetcher.fetch(web.text, 1000)
    assert data
    assert web.fetcher.fetch(web.text, len(data)) == data


def test_a_file_above_the_limit_is_refused(web: Web) -> None:
    size = len(web.fetcher.fetch(web.text, 1000))
    assert refusal(web, web.text, size - 1) is ErrorCode.IMAGE_TOO_LARGE


def test_a_host_that_never_answers_is_given_up_on(web: Web) -> None:
    assert refusal(web, web.silent) is ErrorCode.IMAGE_TIMEOUT


@pytest.mark.parametrize("url", ["", "picture.jpg", "ftp://host.example/picture.jpg", "http://", "http://a b/"])
def test_what_is_no_url_of_a_picture_is_refused(web: Web, url: str) -> None:
    assert refusal(web, url) is ErrorCode.INVALID_IMAGE_URL


def test_a_host_that_nobody_is_at_is_refused(web: Web) -> None:
    assert refusal(web, web.nobody) is ErrorCode.INVALID_IMAGE_URL
