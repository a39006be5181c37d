"""A webhook leads to public addresses by https, elsewhere only where the operator allows it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from harness.receiver import Receiver, running_receiver
from tests.unit.fetch.servers import Resolver, Serve
from tests.unit.fetch.test_tls import authority, tls
from visavis.errors import ErrorCode, ServiceError
from visavis.fetch import GuardedWebhookSender, networks
from visavis.webhooks import Reply

__all__ = ["authority", "tls"]  # fixtures

LOOPBACK = networks("127.0.0.0/8")
NOT_PUBLIC = "The host of the webhook's URL is at an address that is neither public nor in"
PRIVATE = [
    "10.0.0.5",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.3.4",
    "192.168.0.1",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - refused here, not bound
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.5",
    "::ffff:a9fe:a9fe",
    "64:ff9b::10.0.0.5",
    "64:ff9b:1::1",
    "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "::127.0.0.1",
]


def literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@cache
def shared(allowed: str) -> tuple[GuardedWebhookSender, Resolver]:
    """To read the system's certificates takes longer than most of these tests."""
    resolver = Resolver()
    return GuardedWebhookSender(networks(allowed), resolve=resolver), resolver


def sender(*answers: tuple[str, ...], allowed: str = "") -> GuardedWebhookSender:
    """Names lead to these addresses, one answer after another."""
    guarded, resolver = shared(allowed)
    resolver.answers = list(answers)
    resolver.questions = []
    return guarded


def refusal(guarded: GuardedWebhookSender, url: str) -> str:
    """Why the URL is refused when it is set, which is why nothing is sent there later."""
    with pytest.raises(ServiceError) as caught:
        guarded.require_allowed(url)
    assert (caught.value.code, caught.value.subject) == (ErrorCode.INVALID_PARAMETER, "url")
    return caught.value.detail


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_of_a_private_network_is_taken_in_any_form(address: str) -> None:
    assert refusal(sender(), f"https://{literal(address)}/").startswith(NOT_PUBLIC)
    assert sender().post(f"https://{literal(address)}/", b"{}", {}).status is None


@pytest.mark.parametrize("address", PRIVATE)
def test_no_name_that_leads_to_a_private_network_is_taken_though_it_leads_elsewhere_too(address: str) -> None:
    assert refusal(sender(("8.8.8.8", address)), "https://gate.example/").startswith(NOT_PUBLIC)
    reply = sender(("8.8.8.8", address)).post("https://gate.example/", b"{}", {})
    assert reply.status is None
    assert reply.detail.startswith(NOT_PUBLIC)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "017700000001", "10.0x5"]
)
def test_an_address_spelt_in_another_way_is_no_host(host: str) -> None:
    detail = refusal(sender(("8.8.8.8",)), f"https://{host}/")
    assert detail == "The host of the webhook's URL is not a valid name or address."


@pytest.mark.parametrize(
    "url",
    [
        "https://gate.example@10.0.0.5/",
        "https://user:password@gate.example/",
        "https://gate.example\\@10.0.0.5/",
        "https://gate.example\t/",
        "https://gate.example:0/",
        "https://gate.example:65536/",
        "ftp://gate.example/",
        "file:///etc/passwd",
        "gopher://gate.example/",
        "//gate.example/",
        "",
    ],
)
def test_what_is_no_plain_url_is_refused_without_a_question(url: str) -> None:
    refusal(sender(("8.8.8.8",)), url)
    assert shared("")[1].questions == []


def test_nothing_goes_out_in_the_clear_but_to_allowed_networks() -> None:
    in_the_clear = "http://gate.example:8080/"
    assert "must begin with https://" in refusal(sender(("8.8.8.8",)), in_the_clear)
    assert "must begin with https://" in refusal(sender(("8.8.8.8",), allowed="10.0.0.0/8"), in_the_clear)
    assert "must begin with https://" in refusal(
        sender(("8.8.8.8", "10.0.0.5"), allowed="10.0.0.0/8"), in_the_clear
    )
    sender(("10.0.0.5",), allowed="10.0.0.0/8").require_allowed(in_the_clear)
    sender(("8.8.8.8",)).require_allowed("https://gate.example:8443/")


def test_an_allowed_network_is_allowed_and_no_other() -> None:
    one = sender(allowed="192.168.7.20, fd00:7::/32")
    one.require_allowed("http://192.168.7.20/")
    one.require_allowed("https://[fd00:7::1]/")
    one.require_allowed("http://[::ffff:192.168.7.20]/")
    for other in ("192.168.7.21", "[fd00:8::1]", "[::ffff:192.168.7.21]"):
        assert refusal(one, f"https://{other}/").startswith(NOT_PUBLIC)


def test_a_name_that_leads_elsewhere_after_it_was_set_is_sent_nothing() -> None:
    rebinding = sender(("8.8.8.8",), ("127.0.0.1",))
    rebinding.require_allowed("https://gate.example/")
    assert rebinding.post("https://gate.example/", b"{}", {}).detail.startswith(NOT_PUBLIC)


def test_the_name_is_looked_up_once_for_a_message_and_the_address_found_is_the_one_used() -> None:
    with running_receiver() as receiver:
        guarded = sender(("127.0.0.1",), ("10.0.0.5",), allowed="127.0.0.0/8")
        assert guarded.post(receiver.url.replace("127.0.0.1", "gate.example"), b"{}", {}).status == 204
    assert shared("127.0.0.0/8")[1].questions == ["gate.example"]
    assert receiver.messages[0].headers["host"].startswith("gate.example:")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


def post(url: str, guarded: GuardedWebhookSender | None = None) -> Reply:
    return (guarded or sender(allowed="127.0.0.0/8")).post(url, b'{"a":1}', {"webhook-id": "x"})


def test_a_message_arrives_as_it_is(receiver: Receiver) -> None:
    assert post(receiver.url) == Reply(204, "HTTP status 204.")
    [message] = receiver.messages
    assert (message.path, message.body) == ("/events", b'{"a":1}')
    assert message.headers["content-type"] == "application/json"
    assert message.headers["webhook-id"] == "x"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    receiver.status, receiver.headers = status, {"Location": receiver.url}
    assert post(receiver.url) == Reply(status, f"HTTP status {status}: redirects are not followed.")
    assert len(receiver.messages) == 1


def test_of_a_big_answer_only_the_status_is_taken(receiver: Receiver) -> None:
    receiver.answer = bytes(50_000_000)
    receiver.status = 503
    assert post(receiver.url) == Reply(503, "HTTP status 503.")


def test_headers_without_end_are_cut_off(serve: Serve) -> None:
    def flood(connection: socket.socket, end: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not end.is_set():
            connection.sendall(b"x-more: " + b"y" * 1000 + b"\r\n")

    assert (
        post(serve(flood).url()).detail == "The host of the webhook's URL closed the connection or violated HTTP."
    )


def test_a_receiver_that_hangs_is_left_in_time(receiver: Receiver) -> None:
    receiver.is_open.clear()
    reply = post(receiver.url, GuardedWebhookSender(LOOPBACK, total_timeout=0.3))
    assert reply == Reply(None, "Sending to the webhook's URL took longer than 0.3 seconds.")


def test_what_is_no_http_is_no_success(serve: Serve) -> None:
    assert post(serve(b"hello\r\n\r\n").url()).status is None


def test_where_nobody_listens_it_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    detail = "The host of the webhook's URL refuses connections or cannot be reached."
    assert post(f"http://127.0.0.1:{port}/") == Reply(None, detail)


@contextmanager
def trusting(authority: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GuardedWebhookSender]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    yield GuardedWebhookSender(LOOPBACK, resolve=Resolver(("127.0.0.1",)))


def test_by_https_the_certificate_must_be_that_of_the_name(
    serve: Serve, authority: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(b"HTTP/1.1 204 No Content\r\n\r\n", tls)
    untrusted = "The host of the webhook's URL offers no trusted TLS connection."
    with trusting(authority, monkeypatch) as guarded:
        assert guarded.post(server.url(host="pictures.example"), b"", {}).status == 204
        assert guarded.post(server.url(host="other.example"), b"", {}) == Reply(None, untrusted)
    assert GuardedWebhookSender(LOOPBACK).post(server.url(), b"", {}) == Reply(None, untrusted)
