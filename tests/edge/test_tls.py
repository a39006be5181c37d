"""`serve` speaks TLS by two options: versions from 1.2 on, certificates that are renewed, and plain reasons."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError

from harness.servers import Server
from visavis.cli.serve import _certificate
from visavis.errors import SetupError
from visavis.settings import Settings
from visavis.web.edge.tls import Certificate

from .conftest import Secure, issue


def handshake(secure: Secure, version: ssl.TLSVersion) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", secure.port), timeout=60)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_present_versions_are_spoken(version: ssl.TLSVersion, secure: Secure) -> None:
    with closing(handshake(secure, version)) as connection:
        assert connection.version() == version.name.replace("v1_", "v1.")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_past_versions_are_not(version: ssl.TLSVersion, secure: Secure) -> None:
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        handshake(secure, version)


def test_what_is_no_tls_gets_no_answer(secure: Secure) -> None:
    with closing(socket.create_connection(("127.0.0.1", secure.port), timeout=60)) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP/1.1 200" not in connection.recv(1000)


def health_check(port: int, certificate: str) -> int:
    """What the image's health check ends with."""
    dockerfile = (Path(__file__).parents[2] / "deploy" / "Dockerfile").read_text()
    [written] = re.findall(r"HEALTHCHECK .*\\\n +CMD (\[.*\])", dockerfile)
    settings = {"VISAVIS_PORT": str(port), "VISAVIS_TLS_CERT": certificate}
    given = os.environ | {name: value for name, value in settings.items() if value}
    command = [sys.executable, *json.loads(written)[1:]]
    return subprocess.run(command, env=given, check=False, capture_output=True).returncode  # noqa: S603 - as written


def test_the_health_check_of_the_image_follows_port_and_tls(secure: Secure, server: Server) -> None:
    assert health_check(secure.port, str(secure.folder / "cert.pem")) == 0
    assert health_check(server.port, "") == 0
    assert health_check(secure.port, "") != 0


def served_name(secure: Secure) -> str:
    """Of the certificate that a new connection gets."""
    with closing(handshake(secure, ssl.TLSVersion.TLSv1_3)) as connection:
        encoded = connection.getpeercert(binary_form=True)
    assert encoded
    [name] = x509.load_der_x509_certificate(encoded).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(name.value)


def test_a_renewed_certificate_is_served_after_a_hangup_and_a_wrong_one_is_not(secure: Secure) -> None:
    issue(secure.folder, "renewed")
    renewed = (secure.folder / "key.pem").read_bytes()
    secure.process.send_signal(signal.SIGHUP)
    while served_name(secure) != "renewed":
        pass
    issue(secure.folder, "of another key")
    (secure.folder / "key.pem").write_bytes(renewed)
    secure.process.send_signal(signal.SIGHUP)
    while "The certificate stays as it was" not in secure.log.read_text():
        pass
    assert served_name(secure) == "renewed"
    issue(secure.folder, "first")
    secure.process.send_signal(signal.SIGHUP)
    while served_name(secure) != "first":
        pass


@pytest.mark.parametrize("option", ["tls_cert", "tls_key"])
def test_a_certificate_and_its_key_come_together(option: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="TLS needs both a certificate and its key"):
        _certificate(given(**{option: tmp_path / "a.pem"}))


def given(**values: Any) -> Settings:
    """Settings for which no model has to be there."""
    return Settings(recognition_model="any", **values)


def refused(chain: Path, key: Path) -> str:
    """Why they cannot be used."""
    with pytest.raises(SetupError) as caught:
        Certificate(chain, key)
    return str(caught.value)


def test_a_certificate_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path) -> None:
    issue(tmp_path)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    assert "No such file or directory" in refused(certificate, tmp_path / "none.pem")
    assert "is no PEM chain" in refused(key, key)
    locked = serialization.load_pem_private_key(key.read_bytes(), None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    key.write_bytes(locked)
    assert "without a password" in refused(certificate, key)


@pytest.mark.parametrize(
    ("host", "proxies", "warned"),
    [
        ("0.0.0.0", "", True),  # noqa: S104 - the point of the test
        ("192.0.2.1", "", True),
        ("0.0.0.0", "10.0.0.1", False),  # noqa: S104 - likewise
        ("127.0.0.1", "", False),
        ("::1", "", False),
        ("localhost", "", False),
    ],
)
def test_a_server_warns_where_keys_would_travel_in_the_clear(
    host: str, proxies: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert _certificate(given(host=host, edge={"trusted_proxies": proxies})) is None
    assert ("Keys and pictures travel in the clear" in caplog.text) is warned


@pytest.mark.parametrize("proxies", ["proxy.example", "10.0.0.1/99", "10.0.0.1;10.0.0.2", "*", "10.1.0.5/16"])
def test_a_trusted_proxy_is_an_address_or_a_network(proxies: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        given(edge={"trusted_proxies": proxies})
