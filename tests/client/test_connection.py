"""What a client is made with is checked before anything is sent, and no key is ever shown."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from visavis_client import AccessKey, Client

URL = "http://127.0.0.1:1"
KEY = "a-key-that-must-not-be-seen"


def refused(kind: type[Client], *arguments: str, **options: Any) -> str:
    """The message of the ValueError, having looked for the key in all that a log would show."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        kind(*arguments, **options)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert KEY not in shown
    return str(caught.value)


@pytest.mark.parametrize("white", ["\n", "\r\n", " ", "\t"])
def test_a_key_with_the_line_end_of_its_file_is_refused_and_stays_secret(white: str, kind: type[Client]) -> None:
    said = "has white space around it, perhaps the line end of a file: strip it"
    assert refused(kind, URL, "app", KEY + white) == f"secret_key {said}"
    assert refused(kind, URL, KEY + white, "secret") == f"app_key {said}"
    assert refused(kind, URL, "app", "secret", api_key=white + KEY) == f"api_key {said}"
    access_key = AccessKey("id", KEY + white)
    assert refused(kind, URL, "app", access_key=access_key) == f"access_key.secret {said}"


@pytest.mark.parametrize("key", [f"{KEY}\n{KEY}", f"{KEY} {KEY}", f"{KEY}\x00", f"{KEY}\uac00"])
def test_a_key_that_no_header_can_carry_is_refused(key: str, kind: type[Client]) -> None:
    assert refused(kind, URL, "app", key) == "secret_key has a character that no key has"


def test_an_empty_key_is_refused(kind: type[Client]) -> None:
    assert refused(kind, URL, "app", "") == "secret_key is empty"
    assert refused(kind, URL, "", "secret") == "app_key is empty"


@pytest.mark.parametrize(
    "url", ["", "faces.example.org", "127.0.0.1:8000", "//faces.example.org", "ftp://a", "http://"]
)
def test_a_url_without_scheme_or_host_is_refused_at_once(url: str, kind: type[Client]) -> None:
    assert refused(kind, url, "app", "secret") == "base_url must begin with http:// or https:// and name a host"
