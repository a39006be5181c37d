"""Requests that readers of HTTP are known to disagree about, each with what it may be answered.

A request that is split elsewhere than where its sender, or a proxy before us, splits it lets one client write
the beginning of another's. Whatever stands behind the end of a request here is a complete request of its own for a
page that anybody may see: were it heard, there would be one answer more.
"""

from __future__ import annotations

from dataclasses import dataclass

HIDDEN = b"GET /livez HTTP/1.1\r\nHost: hidden\r\n\r\n"
"""The request behind the request."""


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes to send, and the statuses that may be answered, in order."""

    name: str
    sent: bytes
    statuses: tuple[int, ...] = (400,)

    def __str__(self) -> str:
        return self.name


def post(headers: bytes, body: bytes = b"", line: bytes = b"POST /livez HTTP/1.1") -> bytes:
    """A request that no operation takes (405), so that what counts is where it ends."""
    return line + b"\r\nHost: x\r\n" + headers + b"\r\n" + body


def get(headers: bytes = b"", line: bytes = b"GET /livez HTTP/1.1", host: bytes = b"Host: x\r\n") -> bytes:
    return line + b"\r\n" + host + headers + b"\r\n"


CHUNKED = b"Transfer-Encoding: chunked\r\n"
CLOSE = b"Connection: close\r\n"


def _chunked(body: bytes) -> bytes:
    return post(CHUNKED, body)


LENGTHS = tuple(
    Case(f"Content-Length {value!r}", post(b"Content-Length: " + value + b"\r\n", HIDDEN))
    for value in (
        b"+37",
        b"-1",
        b"0x25",
        b"37 37",
        b"37, 0",
        b"0, 37",
        b"",
        b"37;",
        b"3.7e1",
        b"\xb2",
        b"\xd9\xa3\xd9\xa7",
        b"1e1",
        b"3\x007",
    )
)

CODINGS = tuple(
    Case(f"Transfer-Encoding {value!r}", post(b"Transfer-Encoding:" + value + b"\r\n", b"0\r\n\r\n" + HIDDEN))
    for value in (
        b" identity",
        b" xchunked",
        b" chunkedx",
        b" chunked, identity",
        b" identity, chunked",
        b" gzip, chunked",
        b" chunked, chunked",
        b" chunked;q=1",
        b' "chunked"',
        b" \x0bchunked",
        b" \x0cchunked",
        b" chunked\x00",
        b"\r\n chunked",
        b"",
    )
)

BOTH = (
    Case(
        "a length, then chunks",
        post(b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n" + HIDDEN),
    ),
    Case("chunks, then a length", post(CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n" + HIDDEN)),
    Case("two lengths", post(b"Content-Length: 0\r\nContent-Length: 37\r\n", HIDDEN)),
    Case("two codings", post(CHUNKED + b"Transfer-Encoding: identity\r\n", b"0\r\n\r\n" + HIDDEN)),
    Case("chunks in HTTP/1.0", post(CHUNKED, b"0\r\n\r\n" + HIDDEN, b"POST /livez HTTP/1.0")),
    Case("a blank before the colon", post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + HIDDEN)),
    Case("a tab before the colon", post(b"Transfer-Encoding\t: chunked\r\n", b"0\r\n\r\n" + HIDDEN)),
    Case("a length with a blank before the colon", post(b"Content-Length : 37\r\n", HIDDEN)),
    Case("a blank before the name", post(b" Content-Length: 37\r\n", HIDDEN)),
    Case("a length that ends in a bare carriage return", post(b"Content-Length: 37\rX: y\r\n", HIDDEN)),
)

CHUNKS = tuple(
    Case(f"chunks {body!r}", _chunked(body + HIDDEN))
    for body in (
        b"0x0\r\n\r\n",
        b"-1\r\n\r\n",
        b"+0\r\n\r\n",
        b" 0\r\n\r\n",
        b"\r\n0\r\n\r\n",
        b"g\r\n\r\n",
        b";x\r\n\r\n",
        b"0\n\n",
        b"0\n\r\n",
        b"0\r\n\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"5;a\nb\r\nhello\r\n0\r\n\r\n",
        b"5;a\rb\r\nhello\r\n0\r\n\r\n",
        b"5;\r\r\nhello\r\n0\r\n\r\n",
        b"5;\x00\r\nhello\r\n0\r\n\r\n",
        b"5;\xff\r\nhello\r\n0\r\n\r\n",
        b"5;" + b"x" * 300 + b"\r\nhello\r\n0\r\n\r\n",
        b"100000000000000000005\r\nhello\r\n0\r\n\r\n",
        b"0\r\nX: y\n\r\n",
        b"0\r\nX: y\r\n z\r\n\r\n",
        b"0\r\nX : y\r\n\r\n",
        b"0\r\nno colon\r\n\r\n",
    )
)

LINES = (
    Case("lines that end in LF", get().replace(b"\r\n", b"\n")),
    Case("one header that ends in LF", get(b"X: y\n")),
    Case("a head that ends in LF LF", b"GET /livez HTTP/1.1\r\nHost: x\n\n"),
    Case("a head that ends in LF CR LF", b"GET /livez HTTP/1.1\r\nHost: x\n\r\n"),
    Case("a request line that ends in LF", b"GET /livez HTTP/1.1\nHost: x\r\n\r\n"),
    Case("a header hidden behind a bare CR", get(b"X: y\rContent-Length: 37\r\n") + HIDDEN),
    Case("a header hidden behind a bare LF", get(b"X: y\nContent-Length: 37\r\n") + HIDDEN),
    Case("a header that goes on in the next line", get(b"X: y\r\n z\r\n")),
    Case("a first header that is a continuation", b"GET /livez HTTP/1.1\r\n Host: x\r\n\r\n"),
    Case("a NUL in a value", get(b"X: a\x00b\r\n")),
    Case("a NUL in a name", get(b"X\x00Y: b\r\n")),
    Case("a blank in a name", get(b"X Y: b\r\n")),
    Case("no name", get(b": b\r\n")),
    Case("no colon", get(b"nothing\r\n")),
    Case("a name in brackets", get(b"(x): y\r\n")),
    Case("a name that is not ASCII", get(b"\xc3\xa9: y\r\n")),
)

REQUEST_LINES = tuple(
    Case(f"request line {line!r}", get(line=line))
    for line in (
        b"GET /livez",
        b"GET",
        b"GET  /livez HTTP/1.1",
        b"GET /livez  HTTP/1.1",
        b"GET /livez HTTP/1.1 ",
        b" GET /livez HTTP/1.1",
        b"GET\t/livez HTTP/1.1",
        b"GET /li vez HTTP/1.1",
        b"GET /livez\x00 HTTP/1.1",
        b"GET /livez\xff HTTP/1.1",
        b"GET livez HTTP/1.1",
        b"GET /livez HTTP/0.9",
        b"GET /livez HTTP/1.2",
        b"GET /livez HTTP/2.0",
        b"GET /livez HTTP/1.11",
        b"GET /livez HTTP/11",
        b"GET /livez http/1.1",
        b"GET /livez HTTPS/1.1",
        b"GE(T /livez HTTP/1.1",
        b"CONNECT x:443 HTTP/1.1",
        b"PRI * HTTP/2.0",
    )
)

HOSTS = tuple(
    Case(f"hosts {host!r}", get(host=host))
    for host in (
        b"",
        b"Host: x\r\nHost: x\r\n",
        b"Host: x\r\nHost: y\r\n",
        b"Host: x\r\nhost: y\r\n",
        b"Host: x, y\r\n",
        b"Host: x y\r\n",
        b"Host: x/livez\r\n",
        b"Host: user@x\r\n",
    )
)

HEARD = (
    Case("no Host in HTTP/1.0", get(line=b"GET /livez HTTP/1.0", host=b""), (200,)),
    Case("an empty Host", get(CLOSE, host=b"Host:\r\n"), (200,)),
    Case("a whole URL in the request line", get(CLOSE, b"GET http://x/livez HTTP/1.1"), (200,)),
    Case("line breaks before the request", b"\r\n\r\n" + get(CLOSE), (200,)),
    Case("a method in small letters", get(CLOSE, b"get /livez HTTP/1.1"), (405,)),
    Case("the same length twice", post(CLOSE + b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"), (405,)),
    Case("a chunk extension", post(CLOSE + CHUNKED, b'5;name="value"\r\nhello\r\n0\r\n\r\n'), (405,)),
    Case("a trailer", post(CLOSE + CHUNKED, b"5\r\nhello\r\n0\r\nX: y\r\n\r\n"), (405,)),
    Case("a body with a GET", get(b"Content-Length: 37\r\n") + HIDDEN + get(CLOSE), (200, 200)),
    Case("two requests at once", get() + get(CLOSE), (200, 200)),
    Case("a body, and a request", post(b"Content-Length: 37\r\n", HIDDEN) + get(CLOSE), (405, 200)),
    Case("chunks, and a request", post(CHUNKED, b"25\r\n" + HIDDEN + b"\r\n0\r\n\r\n") + get(CLOSE), (405, 200)),
    Case("a name with an underscore", get(CLOSE + b"Transfer_Encoding: chunked\r\n"), (200,)),
)
assert len(HIDDEN) == 37

UPGRADES = tuple(
    Case(
        f"upgrade to {protocol!r}",
        post(b"Connection: " + connection + b"\r\nUpgrade: " + protocol + b"\r\nContent-Length: 37\r\n", HIDDEN)
        + get(CLOSE),
        (405, 200),
    )
    for protocol in (b"h2c", b"foo", b"websocket", b"TLS/1.2, HTTP/2.0")
    for connection in (b"Upgrade", b"Upgrade, HTTP2-Settings")
)

CASES = (
    *LENGTHS,
    *CODINGS,
    *BOTH,
    *CHUNKS,
    *LINES,
    *REQUEST_LINES,
    *HOSTS,
    *HEARD,
    *UPGRADES,
)
