"""An https URL is fetched from the host it names and from no other (contract.md 13)."""

from __future__ import annotations

import socketserver
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.fetch.refusals import invalid, refusal
from tests.unit.fetch.servers import PICTURE, Resolver, Serve, redirect, sized
from visavis.fetch import GuardedFetcher


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for pictures.example with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pictures.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("pictures.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls(authority: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    return context


@pytest.fixture
def trusting(authority: Path, monkeypatch: pytest.MonkeyPatch) -> GuardedFetcher:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    return GuardedFetcher(allow_private_addresses=True, resolve=Resolver(("127.0.0.1",)))


UNTRUSTED = "the host of the image URL offers no trusted TLS connection"


def test_tls_is_spoken_to_the_name_in_the_url(serve: Serve, tls: ssl.SSLContext, trusting: GuardedFetcher) -> None:
    names: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    server = serve(sized(PICTURE), tls)
    assert trusting.fetch(server.url(host="pictures.example"), 100_000) == PICTURE
    assert names == ["pictures.example"]
    assert f"\r\nHost: pictures.example:{server.port}\r\n" in server.requests[0]


def test_a_certificate_for_another_name_is_refused(
    serve: Serve, tls: ssl.SSLContext, trusting: GuardedFetcher
) -> None:
    server = serve(sized(PICTURE), tls)
    assert refusal(trusting, server.url(host="other.example")) == invalid(UNTRUSTED)
    assert refusal(trusting, server.url(host="127.0.0.1")) == invalid(UNTRUSTED)
    assert not server.requests


def test_a_certificate_that_nobody_vouches_for_is_refused(serve: Serve, tls: ssl.SSLContext) -> None:
    fetcher = GuardedFetcher(allow_private_addresses=True, resolve=Resolver(("127.0.0.1",)))
    server = serve(sized(PICTURE), tls)
    assert refusal(fetcher, server.url(host="pictures.example")) == invalid(UNTRUSTED)
    assert not server.requests


def test_a_server_without_tls_is_refused_at_https(serve: Serve, fetcher: GuardedFetcher) -> None:
    class Plain(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server = serve(b"")
    server.RequestHandlerClass = Plain
    assert refusal(fetcher, f"https://127.0.0.1:{server.port}/") == invalid(UNTRUSTED)


def test_a_redirect_from_https_to_http_is_refused(
    serve: Serve, tls: ssl.SSLContext, trusting: GuardedFetcher
) -> None:
    plain = serve(sized(PICTURE))
    server = serve(redirect(plain.url()), tls)
    expected = invalid("the image URL redirects from https to http")
    assert refusal(trusting, server.url(host="pictures.example")) == expected
    assert not plain.requests


def test_a_redirect_from_http_to_https_is_followed(
    serve: Serve, tls: ssl.SSLContext, trusting: GuardedFetcher
) -> None:
    server = serve(sized(PICTURE), tls)
    plain = serve(redirect(server.url(host="pictures.example")))
    assert trusting.fetch(plain.url(), 100_000) == PICTURE
