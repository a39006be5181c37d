"""Two servers: a strict one behind a trusted proxy, which the tests play, and one with TLS that trusts nobody."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness.servers import Keys, Server, environment, free_port, running_server, wait_until_alive

ADMIN_TOKEN = "the-operator-of-these-tests"
CONNECTIONS = 12
STRICT = {
    "ADMIN_TOKEN": ADMIN_TOKEN,
    "EDGE__WRONG_KEYS_PER_MINUTE": "20",
    "EDGE__TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8",
    "EDGE__CONNECTIONS": str(CONNECTIONS),
    "EDGE__HEAD_SECONDS": "1",
    "EDGE__BODY_PAUSE_SECONDS": "1",
    "EDGE__BODY_SECONDS": "2",
    "EDGE__ANSWER_SECONDS": "1",
}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("edge"), STRICT) as server:
        yield server


OPERATOR = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


def new_app(server: Server) -> Keys:
    """Made by the admin API, which is quicker than the command."""
    made = server.client.post("/admin/apps", json={"name": f"app-{uuid4().hex}"}, headers=OPERATOR)
    return Keys(**made.json())


@pytest.fixture
def keys(server: Server) -> Keys:
    """A new app's."""
    return new_app(server)


@dataclass(frozen=True)
class Secure:
    """A server that speaks TLS, and the folder with its certificate."""

    port: int
    folder: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        return httpx.Client(base_url=self.url, verify=context, trust_env=False, timeout=60)


@pytest.fixture(scope="session")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    with running_secure(tmp_path_factory.mktemp("tls")) as secure:
        yield secure


@contextmanager
def running_secure(
    folder: Path, settings: Mapping[str, str] | None = None, descriptors: int | None = None
) -> Iterator[Secure]:
    """A server with TLS, which may have so many files open (`ulimit -n`)."""
    issue(folder)
    port, log = free_port(), folder / "server.log"
    command = ["serve", "--port", str(port), "--data-dir", str(folder / "data")]
    options = ["--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem")]
    with log.open("ab") as output:
        limit = ["bash", "-c", f'ulimit -n {descriptors}; exec "$@"', "-"] if descriptors else []
        process = subprocess.Popen(  # noqa: S603 - our own command line
            [*limit, sys.executable, "-m", "visavis", *command, *options],
            stdout=output,
            stderr=output,
            env=environment(settings or {}),
        )
        secure = Secure(port, folder, log, process)
        try:
            with secure.client() as client:
                wait_until_alive(client, process, log)
            yield secure
        finally:
            process.terminate()
            process.wait(timeout=60)


def issue(folder: Path, name: str = "first") -> None:
    """A certificate for 127.0.0.1 and its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
