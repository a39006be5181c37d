"""What comes of a URL once there is a server behind it: answers, sizes, time, redirects, TLS (contract.md 13)."""

from __future__ import annotations

import gzip
import random
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from visavis import __version__
from visavis.errors import ErrorCode, FaceError
from visavis.fetch import GuardedFetcher, addresses

PICTURE = bytes(range(256)) * 40
OK = b"HTTP/1.1 200 OK\r\n"
Answer: TypeAlias = bytes | Callable[[socket.socket, threading.Event], None]


class Server(socketserver.ThreadingTCPServer):
    """Answers each path with bytes as they are, or by a function that is given the connection."""

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, answers: Mapping[str, Answer], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.port = port
        self.answers = answers
        self.tls = tls
        self.requests: list[str] = []
        self.end = threading.Event()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{path}"


class Handler(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        with suppress(OSError), ExitStack() as stack:  # a client that turns away is what many of these tests want
            connection = self.request
            if self.server.tls:
                connection = stack.enter_context(self.server.tls.wrap_socket(connection, server_side=True))
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                received = connection.recv(4096)
                if not received:
                    return
                request += received
            self.server.requests.append(request.decode())
            answer = self.server.answers[request.decode().split(" ")[1]]
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection, self.server.end)


Serve: TypeAlias = Callable[..., Server]


def free_port() -> int:
    """A port that an image URL may name and nobody uses at the moment."""
    for port in random.sample(range(10000, 12001), 50):
        with suppress(OSError), closing(socket.create_server(("127.0.0.1", port))):
            return port
    raise OSError("no free port")


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers on free ports that an image URL may name."""
    with ExitStack() as stack:

        def start(answers: Mapping[str, Answer] | Answer, tls: ssl.SSLContext | None = None) -> Server:
            table = answers if isinstance(answers, Mapping) else {"/": answers}
            server = stack.enter_context(Server(free_port(), table, tls))
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            stack.callback(server.end.set)
            return server

        yield start


@pytest.fixture(scope="module")
def fetcher() -> GuardedFetcher:
    return GuardedFetcher(allow_private_addresses=True)


def refusal(fetcher: GuardedFetcher, url: str, max_bytes: int = 100_000) -> tuple[ErrorCode, str]:
    with pytest.raises(FaceError) as caught:
        fetcher.fetch(url, max_bytes)
    return caught.value.code, caught.value.detail


def invalid(detail: str) -> tuple[ErrorCode, str]:
    return ErrorCode.INVALID_IMAGE_URL, detail


def sized(body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return OK + f"Content-Length: {len(body)}\r\n{lines}\r\n".encode() + body


def chunked(body: bytes, size: int) -> bytes:
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    coded = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + coded + b"0\r\n\r\n"


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 5\r\n\r\nmoved".encode()


# Answers


@pytest.mark.parametrize(
    "answer",
    [
        sized(PICTURE),
        chunked(PICTURE, 1000),
        chunked(PICTURE, 1),
        OK + b"\r\n" + PICTURE,
        b"HTTP/1.0 200 OK\r\n\r\n" + PICTURE,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + sized(PICTURE),
        sized(PICTURE, f"Content-Length: {len(PICTURE)}, {len(PICTURE)}"),
        b"HTTP/1.1 206 Partial Content\r\n\r\n" + PICTURE,
        sized(PICTURE) + b"and more than was promised",
    ],
    ids=[
        "length",
        "chunks",
        "tiny chunks",
        "until close",
        "HTTP/1.0",
        "after hints",
        "length thrice",
        "206",
        "overlong",
    ],
)
def test_a_picture_arrives_as_it_was_sent(answer: bytes, serve: Serve, fetcher: GuardedFetcher) -> None:
    assert fetcher.fetch(serve(answer).url(), len(PICTURE)) == PICTURE


def test_the_request_says_who_asks_and_nothing_else(
    serve: Serve, fetcher: GuardedFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server = serve({"/a?b=c": sized(PICTURE)})
    fetcher.fetch(server.url("/a?b=c#d"), 100_000)
    request = (
        "GET /a?b=c HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{server.port}\r\n"
        f"User-Agent: visavis/{__version__}\r\n"
        "Accept: image/png, image/jpeg, */*;q=0.1\r\n"
        "Accept-Encoding: identity\r\n"
        "Connection: close\r\n\r\n"
    )
    assert server.requests == [request]


def test_no_cookie_is_carried_to_the_next_hop(serve: Serve, fetcher: GuardedFetcher) -> None:
    moved = redirect("/b").replace(b"\r\n", b"\r\nSet-Cookie: a=b\r\n", 1)
    server = serve({"/a": moved, "/b": sized(PICTURE)})
    assert fetcher.fetch(server.url("/a"), 100_000) == PICTURE
    assert "cookie" not in server.requests[1].lower()


def test_a_gzip_bomb_stays_packed(serve: Serve, fetcher: GuardedFetcher) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    server = serve(sized(bomb, "Content-Encoding: gzip", "Content-Type: image/png"))
    assert fetcher.fetch(server.url(), 100_000) == bomb


@pytest.mark.parametrize("status", [300, 301, 304, 400, 401, 403, 404, 410, 429, 500, 503, 599])
def test_an_answer_that_is_not_2xx_is_refused_with_its_status(
    status: int, serve: Serve, fetcher: GuardedFetcher
) -> None:
    server = serve(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
    assert refusal(fetcher, server.url()) == invalid(f"the image URL was answered with HTTP status {status}")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"\x89PNG\r\n\x1a\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"220 smtp ready\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
        b"ICY 200 OK\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n" + PICTURE,
        sized(PICTURE)[:-1],
        sized(PICTURE)[:100],
    ],
    ids=lambda answer: answer[:40].decode("latin-1").encode("unicode_escape").decode(),
)
def test_a_server_that_breaks_off_or_speaks_no_http_is_refused(
    answer: bytes, serve: Serve, fetcher: GuardedFetcher
) -> None:
    expected = invalid("the host of the image URL broke off or broke HTTP")
    assert refusal(fetcher, serve(answer).url()) == expected


def test_a_connection_reset_in_the_middle_is_refused(serve: Serve, fetcher: GuardedFetcher) -> None:
    def reset(connection: socket.socket, end: threading.Event) -> None:
        connection.sendall(sized(PICTURE)[:500])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    expected = invalid("the host of the image URL broke off or broke HTTP")
    assert refusal(fetcher, serve(reset).url()) == expected


def test_a_port_where_nobody_listens_is_refused(fetcher: GuardedFetcher) -> None:
    expected = invalid("the host of the image URL refuses connections or cannot be reached")
    assert refusal(fetcher, f"http://127.0.0.1:{free_port()}/") == expected


def test_many_threads_share_a_fetcher(serve: Serve, fetcher: GuardedFetcher) -> None:
    pictures = {f"/{i}": bytes([i]) * 10_000 for i in range(40)}
    server = serve({path: sized(picture) for path, picture in pictures.items()})
    with ThreadPoolExecutor(20) as pool:
        fetched = pool.map(lambda path: fetcher.fetch(server.url(path, "localhost"), 10_000), pictures)
        assert list(fetched) == list(pictures.values())


# Sizes


def test_an_announced_length_over_the_limit_is_refused_before_any_body(
    serve: Serve, fetcher: GuardedFetcher
) -> None:
    def announce(connection: socket.socket, end: threading.Event) -> None:
        connection.sendall(OK + b"Content-Length: 100001\r\n\r\n")
        end.wait()

    expected = (ErrorCode.IMAGE_TOO_LARGE, "the image at the URL is larger than 100000 bytes")
    assert refusal(fetcher, serve(announce).url()) == expected


@pytest.mark.parametrize("headers", [b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n"], ids=["plain", "chunked"])
def test_an_endless_body_is_left_at_the_limit(headers: bytes, serve: Serve, fetcher: GuardedFetcher) -> None:
    sent = []

    def endless(connection: socket.socket, end: threading.Event) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        connection.sendall(OK + headers)
        while not end.is_set():
            sent.append(connection.send(b"1000\r\n" + bytes(4096) + b"\r\n"))

    assert refusal(fetcher, serve(endless).url())[0] is ErrorCode.IMAGE_TOO_LARGE
    assert sum(sent) < 50_000_000  # what the sockets hold, and no more


@pytest.mark.parametrize("answer", [sized(PICTURE), chunked(PICTURE, 77), OK + b"\r\n" + PICTURE])
def test_the_limit_itself_is_not_over_it(answer: bytes, serve: Serve, fetcher: GuardedFetcher) -> None:
    server = serve(answer)
    assert fetcher.fetch(server.url(), len(PICTURE)) == PICTURE
    assert refusal(fetcher, server.url(), len(PICTURE) - 1)[0] is ErrorCode.IMAGE_TOO_LARGE


# Time


def drip(start: bytes, drop: bytes, finish: bytes) -> Answer:
    """Never silent for long, in sum too slow: a server that only a deadline for the whole stops."""

    def answer(connection: socket.socket, end: threading.Event) -> None:
        connection.sendall(start)
        for _ in range(100):
            connection.sendall(drop)
            if end.wait(0.02):
                return
        connection.sendall(finish)

    return answer


def silence(connection: socket.socket, end: threading.Event) -> None:
    end.wait()


@pytest.mark.parametrize(
    "answer",
    [
        silence,
        drip(OK, b"X-A: b\r\n", b"Content-Length: 1\r\n\r\na"),
        drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", OK + b"Content-Length: 1\r\n\r\na"),
        drip(OK + b"Content-Length: 100\r\n\r\n", b"a", b""),
        drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", b"0\r\n\r\n"),
        drip(OK + b"\r\n", b"a", b""),
    ],
    ids=["silence", "headers", "hints", "body", "chunks", "until close"],
)
def test_a_slow_answer_ends_at_the_deadline_for_the_whole(answer: Answer, serve: Serve) -> None:
    fetcher = GuardedFetcher(allow_private_addresses=True, total_timeout=0.25)
    expected = (ErrorCode.IMAGE_TIMEOUT, "fetching the image URL took longer than 0.25 seconds")
    assert refusal(fetcher, serve(answer).url()) == expected


def test_redirects_do_not_renew_the_deadline(serve: Serve) -> None:
    def slowly(answer: bytes) -> Answer:
        def wait(connection: socket.socket, end: threading.Event) -> None:
            end.wait(0.2)
            connection.sendall(answer)

        return wait

    fetcher = GuardedFetcher(allow_private_addresses=True, total_timeout=0.3)
    server = serve({"/a": slowly(redirect("/b")), "/b": slowly(sized(PICTURE))})
    assert refusal(fetcher, server.url("/a"))[0] is ErrorCode.IMAGE_TIMEOUT


def test_a_name_look_up_that_hangs_counts_as_connecting() -> None:
    end = threading.Event()

    def resolve(*question: object) -> list[tuple[Any, ...]]:
        end.wait()
        return []

    fetcher = GuardedFetcher(allow_private_addresses=True, connect_timeout=0.1, resolve=resolve)
    expected = "connecting to the host of the image URL took longer than 0.1 seconds"
    # More than there are look-ups at once: those that wait for their turn are let go in time, too.
    with ThreadPoolExecutor(40) as pool:
        refusals = list(pool.map(lambda _: refusal(fetcher, "http://pictures.example/"), range(40)))
    end.set()
    assert set(refusals) == {(ErrorCode.IMAGE_TIMEOUT, expected)}


@contextmanager
def deaf(host: str, port: int = 0) -> Iterator[int]:
    """A port that answers no call: its queue of connections is full, so that Linux drops what knocks."""
    with ExitStack() as stack:
        listener = stack.enter_context(closing(socket.create_server((host, port or free_port()), backlog=0)))
        for _ in range(3):
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's way with a full queue and 127.0.0.2")


@linux
def test_a_connection_that_hangs_ends_at_the_deadline_for_connecting() -> None:
    fetcher = GuardedFetcher(allow_private_addresses=True, connect_timeout=0.1)
    expected = "connecting to the host of the image URL took longer than 0.1 seconds"
    with deaf("127.0.0.1") as port:
        assert refusal(fetcher, f"http://127.0.0.1:{port}/") == (ErrorCode.IMAGE_TIMEOUT, expected)


@linux
def test_an_address_that_hangs_does_not_hide_one_that_answers(serve: Serve) -> None:
    resolver = Resolver(("127.0.0.2", "127.0.0.1"))
    fetcher = GuardedFetcher(allow_private_addresses=True, connect_timeout=1.0, resolve=resolver)
    server = serve(sized(PICTURE))
    with deaf("127.0.0.2", server.port):
        assert fetcher.fetch(server.url(host="pictures.example"), 100_000) == PICTURE


def test_a_handshake_that_hangs_counts_as_connecting(serve: Serve) -> None:
    server = serve(silence)
    fetcher = GuardedFetcher(allow_private_addresses=True, connect_timeout=0.1)
    expected = "connecting to the host of the image URL took longer than 0.1 seconds"
    assert refusal(fetcher, f"https://127.0.0.1:{server.port}/") == (ErrorCode.IMAGE_TIMEOUT, expected)


# Names


class Resolver:
    """Answers each question with the next of its answers, the last one for good."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    def __call__(self, host: str, port: int, family: int, kind: int) -> list[tuple[Any, ...]]:
        self.questions.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(family, kind, 0, "", (address, port)) for address in answer]


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves 127.0.0.1 to the public internet, so that a test can have a server there; all else stays."""
    others = tuple(block for block in addresses.FORBIDDEN_IPV4 if block != IPv4Network("127.0.0.0/8"))
    monkeypatch.setattr(addresses, "FORBIDDEN_IPV4", others)


@pytest.mark.usefixtures("loopback_is_public")
def test_the_connection_goes_to_the_address_that_was_checked(serve: Serve) -> None:
    resolver = Resolver(("127.0.0.1",), ("10.0.0.1",))
    fetcher = GuardedFetcher(allow_private_addresses=False, resolve=resolver)
    server = serve(sized(PICTURE))
    assert fetcher.fetch(server.url(host="pictures.example"), 100_000) == PICTURE
    assert resolver.questions == ["pictures.example"]
    assert f"\r\nHost: pictures.example:{server.port}\r\n" in server.requests[0]


@pytest.mark.usefixtures("loopback_is_public")
def test_a_name_that_turns_private_after_a_redirect_is_refused(serve: Serve) -> None:
    resolver = Resolver(("127.0.0.1",), ("10.0.0.1",))
    fetcher = GuardedFetcher(allow_private_addresses=False, connect_timeout=0.5, resolve=resolver)
    server = serve(redirect("/"))
    expected = invalid("the host of the redirect target of the image URL is not at a public address")
    assert refusal(fetcher, server.url(host="pictures.example")) == expected


def test_an_address_where_nobody_listens_does_not_hide_one_that_answers(serve: Serve) -> None:
    resolver = Resolver(("127.0.0.2", "::1", "127.0.0.1"))
    fetcher = GuardedFetcher(allow_private_addresses=True, resolve=resolver)
    assert fetcher.fetch(serve(sized(PICTURE)).url(host="pictures.example"), 100_000) == PICTURE


def unknown(*question: object) -> list[tuple[Any, ...]]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("resolve", [unknown, Resolver(())], ids=["unknown", "no address"])
def test_a_name_without_addresses_is_refused(resolve: Any) -> None:
    fetcher = GuardedFetcher(allow_private_addresses=False, resolve=resolve)
    code, detail = refusal(fetcher, "http://pictures.example/")
    assert code is ErrorCode.INVALID_IMAGE_URL
    assert detail.startswith("the host name of the image URL ")


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["/b", "b", "//127.0.0.1:{port}/b", "http://127.0.0.1:{port}/b#c", "./x/../b"]
)
def test_a_redirect_is_followed(status: int, location: str, serve: Serve, fetcher: GuardedFetcher) -> None:
    answers: dict[str, Answer] = {"/b": sized(PICTURE)}
    server = serve(answers)
    answers["/a"] = redirect(location.format(port=server.port), status)
    assert fetcher.fetch(server.url("/a"), 100_000) == PICTURE


def test_three_redirects_are_followed_and_no_more(serve: Serve, fetcher: GuardedFetcher) -> None:
    hops: dict[str, Answer] = {f"/{i}": redirect(f"/{i + 1}") for i in range(4)}
    server = serve({**hops, "/4": sized(PICTURE)})
    assert fetcher.fetch(server.url("/1"), 100_000) == PICTURE
    server.requests.clear()
    assert refusal(fetcher, server.url("/0")) == invalid("the image URL redirects more than 3 times")
    assert len(server.requests) == 4


TARGET = "the redirect target of the image URL"


@pytest.mark.parametrize(
    ("location", "detail"),
    [
        ("http://127.0.0.1:22/", f"the port of {TARGET} must be 80, 443 or 10000-12000"),
        ("//127.0.0.1:6379/", f"the port of {TARGET} must be 80, 443 or 10000-12000"),
        ("file:///etc/passwd", f"{TARGET} must begin with http:// or https://"),
        ("gopher://127.0.0.1:80/_x", f"{TARGET} must begin with http:// or https://"),
        ("http://user:hunter2@127.0.0.1/", f"{TARGET} must not contain a user name or password"),
        ("http://0x7f.1/", f"the host of {TARGET} is not a valid name or address"),
        ("http://[::1", f"{TARGET} is malformed"),
        ("http://:80/a", f"{TARGET} is malformed"),
        ("/a b", f"{TARGET} contains a space, a control character or a backslash"),
        ("/" + "a" * 9000, f"{TARGET} is longer than 8192 characters"),
    ],
)
def test_a_redirect_is_held_to_every_rule_of_a_url(
    location: str, detail: str, serve: Serve, fetcher: GuardedFetcher
) -> None:
    assert refusal(fetcher, serve(redirect(location)).url()) == invalid(detail)


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize(
    "host", ["10.0.0.1", "169.254.169.254", "192.168.1.1", "[::1]", "[::ffff:10.0.0.1]", "[fd00:ec2::254]"]
)
def test_a_redirect_to_a_special_address_is_refused(host: str, serve: Serve) -> None:
    fetcher = GuardedFetcher(allow_private_addresses=False, connect_timeout=0.5)
    server = serve(redirect(f"http://{host}/"))
    assert refusal(fetcher, server.url()) == invalid(f"the host of {TARGET} is not at a public address")


def test_a_redirect_to_bytes_that_are_no_text_is_refused(serve: Serve, fetcher: GuardedFetcher) -> None:
    answer = redirect("/b").replace(b"/b", b"/\xff")
    assert refusal(fetcher, serve(answer).url()) == invalid(f"{TARGET} is malformed")


def test_a_redirect_to_a_path_in_plain_utf_8_is_followed(serve: Serve, fetcher: GuardedFetcher) -> None:
    server = serve({"/": redirect("/\uc5bc\uad74"), "/%EC%96%BC%EA%B5%B4": sized(PICTURE)})
    assert fetcher.fetch(server.url(), 100_000) == PICTURE


# TLS


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


UNTRUSTED = "the host of the image URL offers no TLS that can be trusted"


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
