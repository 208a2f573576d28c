"""Requests that two HTTP parsers might read differently are refused, and nothing of them reaches the
provider; odd but clear ones are served."""

import socket
import time

import pytest

from support import wait_until

BODY = b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}]}'
HIDDEN = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


def post(*headers, body=BODY, target=b"/v1/messages", version=b"HTTP/1.1", method=b"POST", host=b"Host: localhost"):
    lines = [method + b" " + target + b" " + version, *([host] if host else []), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def length(n=len(BODY)):  # noqa: B008
    return b"Content-Length: %d" % n


def chunked(*chunks, last=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + last


CHUNKED = b"Transfer-Encoding: chunked"
REFUSED = {
    "both lengths": post(length(5), CHUNKED, body=chunked(BODY) + HIDDEN),
    "both lengths, other order": post(CHUNKED, length(), body=chunked(BODY)),
    "two different lengths": post(length(), length(3)),
    "a list of different lengths": post(b"Content-Length: 71, 3"),
    "a signed length": post(b"Content-Length: +71"),
    "a negative length": post(b"Content-Length: -1"),
    "a hexadecimal length": post(b"Content-Length: 0x47"),
    "a length with a tail": post(b"Content-Length: 71x"),
    "an empty length": post(b"Content-Length:"),
    "a length beyond 64 bits": post(b"Content-Length: 99999999999999999999999"),
    "a space before the colon": post(b"Content-Length : 71"),
    "a folded header": post(b"Transfer-Encoding:\r\n chunked", body=chunked(BODY)),
    "an unknown transfer coding": post(b"Transfer-Encoding: xchunked", body=chunked(BODY)),
    "chunked, not last": post(b"Transfer-Encoding: chunked, identity", body=chunked(BODY)),
    "chunked twice": post(CHUNKED, CHUNKED, body=chunked(BODY)),
    "a chunk size that is none": post(CHUNKED, body=b"zz\r\n" + BODY),
    "a negative chunk size": post(CHUNKED, body=b"-1\r\n" + BODY),
    "a chunk size beyond 64 bits": post(CHUNKED, body=b"1" + b"0" * 17 + b"\r\n" + BODY),
    "a chunk longer than it says": post(CHUNKED, body=b"5\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunks ended by line feeds": post(CHUNKED, body=b"%x\n%s\n0\n\n" % (len(BODY), BODY)),
    "a NUL in a header": post(length(), b"X: a\0b"),
    "a carriage return in a header": post(length(), b"X: a\rb: c"),
    "a header without a colon": post(length(), b"Nonsense"),
    "a header without a name": post(length(), b": x"),
    "a blank in a header's name": post(length(), b"X Y: z"),
    "a blank in the target": post(length(), target=b"/v1/mess ages"),
    "a control character in the target": post(length(), target=b"/v1/\x01messages"),
    "no target": b"POST HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method that is none": post(length(), method=b"P@ST"),
    "an unknown version": post(length(), version=b"HTTP/3.0"),
    "a version that is none": post(length(), version=b"HTTQ/1.1"),
    "TLS to a plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)) + b"\r\n\r\n",
    "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(px, up, what):
    got = px.raw(REFUSED[what], timeout=5)
    assert got.startswith(b"HTTP/1.1 4") and got.count(b"HTTP/1.1 ") == 1, got[:200]
    assert b"connection: close" in got.lower()
    assert not up.requests


SERVED = {
    "chunks of one byte": post(CHUNKED, b"Connection: close", body=chunked(*[BODY[i : i + 1] for i in range(len(BODY))])),
    "a chunk extension and a trailer": post(
        CHUNKED, b"Connection: close", body=b"%x;a=b\r\n%s\r\n0\r\nX-T: 1\r\n\r\n" % (len(BODY), BODY)
    ),
    "chunked in capitals": post(b"Transfer-Encoding: CHUNKED", b"Connection: close", body=chunked(BODY)),
    "HTTP/1.0": post(length(), version=b"HTTP/1.0"),
    "expect: 100-continue": post(length(), b"Expect: 100-continue", b"Connection: close"),
    "an absolute target": post(length(), b"Connection: close", target=b"http://localhost/v1/messages"),
    "no blank after the colon": post(b"Content-Length:%d" % len(BODY), b"Connection:close"),
}


@pytest.mark.parametrize("what", SERVED)
def test_served(px, up, what):
    got = px.raw(SERVED[what], timeout=5)
    final = got[got.index(b"HTTP/1.1 2") :] if b"HTTP/1.1 2" in got else got
    assert final.startswith(b"HTTP/1.1 200"), got[:300]
    assert len(up.requests) == 1 and up.requests[0].body == BODY and up.requests[0].path == "/v1/messages"
    assert not [k for k, _ in up.requests[0].headers if k.lower() in ("transfer-encoding", "expect")]


def test_pipelined_requests_are_answered_in_order(px, up):
    up.script({"text": "first", "latency": 200}, {"text": "second"})
    got = px.raw(post(length()) + post(length(), b"Connection: close"), timeout=5)
    assert got.count(b"HTTP/1.1 200") == 2 and got.index(b"first") < got.index(b"second") and len(up.requests) == 2


def test_a_refused_request_takes_what_follows_it_along(px, up):
    px.raw(post(length(), CHUNKED, body=chunked(BODY)) + HIDDEN * 3, timeout=5)
    px.raw(post(b"Content-Length: 71x") + HIDDEN, timeout=5)
    assert not up.requests


def test_heads_have_a_limit(px, up):
    for head in (b"X: " + b"a" * 200_000, b"\r\n".join(b"X%d: y" % i for i in range(20_000)), b"a" * 300_000 + b": b"):
        got = px.raw(post(length(), head), timeout=5)
        assert got.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400")), got[:80]
    assert px.raw(post(length(), target=b"/v1/messages?" + b"a" * 300_000), timeout=5).startswith((b"HTTP/1.1 4",))
    assert not up.requests and px.get("/livez").status == 200


def test_an_unfinished_request_reaches_nobody(px, up):
    for data in (b"POST /v1/mess", post(length())[:-5], post(CHUNKED, body=chunked(BODY, last=b""))):
        with socket.create_connection(("127.0.0.1", px.port)) as s:
            s.sendall(data)
            time.sleep(0.1)
    assert not up.requests and px.get("/livez").status == 200


def test_slow_requests_are_served_byte_by_byte(px, up):
    data = post(length(), b"Connection: close")
    with socket.create_connection(("127.0.0.1", px.port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(data)):
            s.sendall(data[i : i + 1])
        got = b""
        while part := s.recv(65536):
            got += part
    assert got.startswith(b"HTTP/1.1 200") and up.requests[0].body == BODY


def test_many_idle_connections_do_not_keep_others_out(px, up):
    idle = [socket.create_connection(("127.0.0.1", px.port)) for _ in range(300)]
    try:
        assert px.raw(post(length(), b"Connection: close"), timeout=5).startswith(b"HTTP/1.1 200")
    finally:
        for s in idle:
            s.close()


def test_connections_beyond_the_limit_get_503(up, make_proxy):
    p = make_proxy("--limit-concurrency", "4")
    held = [socket.create_connection(("127.0.0.1", p.port)) for _ in range(4)]
    try:

        def refused():
            got = p.raw(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", timeout=3)
            return got.startswith(b"HTTP/1.1 503")

        wait_until(refused, 5, "the refusal")
    finally:
        for s in held:
            s.close()
    wait_until(
        lambda: p.raw(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", timeout=3).startswith(
            b"HTTP/1.1 200"
        ),
        5,
        "room again",
    )
