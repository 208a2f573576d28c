"""The proxy between a plain HTTP client and the mock provider: every flow, byte by byte."""

import gzip
import hashlib
import json
import os
import re
import signal
import socket
import stat
import sys
import threading
import time
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mock"))
from upstream import MockUpstream  # noqa: E402

from harness import Proxy, events  # noqa: E402

MODEL_PATHS = ["/v1/messages", "/v1/chat/completions", "/v1/responses"]
KEY = {"x-api-key": "sk-ant-test"}


@pytest.fixture(scope="module")
def up():
    with MockUpstream() as u:
        yield u


@pytest.fixture(scope="module")
def proxy(up):
    with Proxy(up.url) as p:
        yield p


@pytest.fixture(autouse=True)
def fresh(up):
    up.reset()


def simple(path, text="x", **more):
    body = {"model": "m", **more}
    return body | ({"input": text} if path.endswith("responses") else {"messages": [{"role": "user", "content": text}]})


def log_lines(n=2500):
    """A log with much repetition and one line that matters."""
    rows = [
        f"2026-01-01T00:{i // 60 % 60:02d}:{i % 60:02d}Z INFO worker-{i % 7} request {i} served in {i % 90} ms status=200"
        for i in range(n)
    ]
    rows[n // 2] = "2026-01-01T00:30:00Z ERROR worker-3 pool exhausted: 17 waiters, giving up"
    return "\n".join(rows)


def records(n=1500):
    return json.dumps(
        [
            {"id": i, "name": f"service-{i}", "region": "eu-west-1", "state": "running", "cpu": i % 97, "note": None}
            for i in range(n)
        ],
        indent=2,
    )


def tool_turn(text, name="fetch_logs", tools=True, **more):
    body = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 64,
        "messages": [
            {"role": "user", "content": "Why did it stop?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": name, "input": {"file": "app"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": text}]},
        ],
    }
    if tools:
        body["tools"] = [
            {"name": name, "description": "logs", "input_schema": {"type": "object", "properties": {"file": {"type": "string"}}}}
        ]
    return body | more


# --- what is forwarded --------------------------------------------------------------------------

ODD = {
    "/v1/messages": '{ "model" : "m",\n\t"max_tokens":1.0, "n": 1152921504606846976123, "a":1, "a":2, "messages":[ {"role":"user","content":"caf\\u00e9 \u00fc \\ud83d\\ude00 \\/"} ] }',
    "/v1/chat/completions": '{"model":"m","temperature":1.0,"seed":18446744073709551616, "messages" : [{"role":"user","content":"\u6f22\u5b57 \\n"}]}\n',
    "/v1/responses": ' {"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"\u00e9\\u0000"}]}],"x":1e400}',
}


@pytest.mark.parametrize("path", MODEL_PATHS)
def test_untouched_bodies_are_forwarded_byte_for_byte(up, proxy, path):
    body = ODD[path].encode()
    r = proxy.post(path + "?beta=true&x=%2F", body, KEY)
    assert r.status == 200
    (got,) = up.requests
    assert got.body == body
    assert got.target == path + "?beta=true&x=%2F"


def test_a_long_body_without_optimisation_is_untouched(up):
    body = json.dumps(tool_turn(log_lines()), indent=1).encode()
    with Proxy(up.url, "--no-optimize") as p:
        assert p.post("/v1/messages", body, KEY).status == 200
    assert up.requests[0].body == body


def test_bypass_header_forwards_the_received_bytes(up, proxy):
    body = json.dumps(tool_turn(records()), indent=1).encode()
    for header in ({"x-headroom-bypass": "TRUE"}, {"x-headroom-mode": "passthrough"}, {"x-headroom-mode": "audit"}):
        up.reset()
        r = proxy.post("/v1/messages", body, {**KEY, **header})
        assert r.status == 200 and up.requests[0].body == body
    assert r.headers["x-headroom-tokens-saved"] == "0"


def test_headers_to_the_provider(up, proxy):
    proxy.post(
        "/v1/messages",
        simple("/v1/messages"),
        {
            **KEY,
            "anthropic-version": "2023-06-01",
            "anthropic-beta": "a,b",
            "User-Agent": "client/1",
            "X-Headroom-Project": "p",
            "x-headroom-session-id": "s",
            "X-HEADROOM-Proxy-Token": "t",
            "Connection": "keep-alive, x-private",
            "X-Private": "1",
            "TE": "trailers",
            "Accept-Encoding": "gzip, br, zstd",
            "Proxy-Authorization": "Basic abc",
            "X-Other": "kept",
        },
    )
    h = {k.lower(): v for k, v in up.requests[0].headers}
    assert not [k for k in h if k.startswith("x-headroom")]
    assert not {"te", "x-private", "proxy-authorization", "keep-alive"} & set(h)
    assert h["host"] == up.url.removeprefix("http://")
    assert h["x-api-key"] == "sk-ant-test" and h["anthropic-version"] == "2023-06-01" and h["anthropic-beta"] == "a,b"
    assert h["user-agent"] == "client/1" and h["x-other"] == "kept" and h["accept-encoding"] == "gzip, br, zstd"
    assert not {"x-forwarded-for", "via", "forwarded"} & set(h)


def test_codings_we_cannot_read_are_not_asked_for(up, proxy):
    proxy.post("/v1/messages", simple("/v1/messages"), {"Accept-Encoding": "gzip;q=0.5, dcb, br"})
    assert up.requests[0].header("accept-encoding") == "gzip;q=0.5, br"


@pytest.mark.parametrize(
    "path,goes_to",
    [
        ("/p/my%20app/v1/messages?x=1", "/v1/messages?x=1"),
        ("/anthropic/v1/messages", "/v1/messages"),
        ("/p/a/anthropic/v1/messages", "/v1/messages"),
        ("/v1/codex/responses", "/v1/responses"),
        ("/backend-api/codex/responses", "/v1/responses"),
        ("/backend-api/responses", "/v1/responses"),
        ("/p/x/v1/models", "/v1/models"),
        ("/anthropic/v1/models", "/v1/models"),
        ("/p/only", "/p/only"),
    ],
)
def test_aliases_and_project_prefix(up, proxy, path, goes_to):
    if "responses" in path or "messages" in path:
        assert proxy.post(path, simple("/v1/responses" if "responses" in path else "/v1/messages")).status == 200
    else:
        assert proxy.get(path).status == 200
    assert up.requests[0].target == goes_to


def test_project_is_in_the_books(proxy):
    proxy.post("/p/my%20app/v1/messages", simple("/v1/messages"))
    proxy.post("/p/ignored/v1/messages", simple("/v1/messages"), {"X-Headroom-Project": "from header"})
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        got = [r["tags"].get("project") for r in proxy.get("/stats").json["recent_requests"][:2]]
        if got == ["from header", "my app"]:
            break
    assert got == ["from header", "my app"]


def test_base_url_with_a_path(up):
    env = {"ANTHROPIC_TARGET_API_URL": up.url + "/gateway/anthropic/v1/", "OPENAI_TARGET_API_URL": up.url + "/oai"}
    with Proxy(up.url, env=env) as p:
        p.post("/v1/messages?beta=true", simple("/v1/messages"))
        p.post("/v1/chat/completions", simple("/v1/chat/completions"))
        p.get("/v1/models?limit=2", {"x-api-key": "k"})
    assert [r.target for r in up.requests] == [
        "/gateway/anthropic/v1/messages?beta=true",
        "/oai/v1/chat/completions",
        "/gateway/anthropic/v1/models?limit=2",
    ]


def test_named_base_url(up, proxy):
    with MockUpstream() as other:
        h = {"x-headroom-base-url": other.url + "/ignored"}
        assert (
            proxy.post(
                "/v1/chat/completions", simple("/v1/chat/completions"), {**h, "x-headroom-original-path": "/zen/chat/completions"}
            ).status
            == 200
        )
        assert proxy.get("/some/list?q=1", {"x-headroom-base-url": other.url + "/base/"}).status == 200
        assert [r.target for r in other.requests] == ["/zen/chat/completions", "/base/some/list?q=1"]
        assert not up.requests
        for bad in (
            "ftp://x",
            "http://169.254.169.254/",
            "http://[fe80::1]/",
            "http://user:pw@host/",
            "http://2852039166/",
            "file:///etc/passwd",
        ):
            assert proxy.get("/x", {"x-headroom-base-url": bad}).status == 400, bad
        # a web page that rebound its name may not choose where credentials go
        assert proxy.get("/x", {"x-headroom-base-url": other.url, "Host": "evil.example"}).status == 400


# --- bodies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", MODEL_PATHS)
@pytest.mark.parametrize(
    "name,body",
    [
        ("empty", b""),
        ("not json", b"{oops"),
        ("array", b"[]"),
        ("string", b'"x"'),
        ("bad utf-8", b'{"model":"m","messages":[{"role":"user","content":"\xff"}],"input":"\xff"}'),
        ("nan", b'{"model":"m","temperature":NaN,"messages":[],"input":"x"}'),
        ("deep", b'{"messages":' + b"[" * 5000 + b"]" * 5000 + b',"input":[]}'),
        ("number", b'{"model":"m","messages":1,"input":1}'),
        ("bom", b'\xef\xbb\xbf{"model":"m","messages":[],"input":"x"}'),
    ],
)
def test_bad_bodies_are_refused_in_the_providers_shape(up, proxy, path, name, body):
    r = proxy.post(path, body, KEY)
    assert r.status == 400
    assert not up.requests
    error = r.json["error"]
    assert error["type"] == "invalid_request_error" and error["message"]
    assert (r.json.get("type") == "error") == (path == "/v1/messages")


@pytest.mark.parametrize("path", MODEL_PATHS)
def test_missing_and_too_many_messages(up, proxy, path):
    if not path.endswith("responses"):
        assert proxy.post(path, {"model": "m"}).status == 400
    many = [{"role": "user", "content": "x"}] * 10001
    assert proxy.post(path, {"model": "m", "messages": many, "input": many}).status == 400
    assert not up.requests


@pytest.mark.parametrize(
    "coding,encode",
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda b: zlib.compress(b, wbits=-15)),
        ("identity", bytes),
    ],
)
def test_encoded_bodies_are_decoded_and_relabelled(up, proxy, coding, encode):
    body = json.dumps(simple("/v1/messages", "y" * 5000)).encode()
    assert proxy.post("/v1/messages", encode(body), {"content-encoding": coding}).status == 200
    (got,) = up.requests
    assert got.body == body
    assert got.header("content-encoding") in (None, "identity")


def test_bad_encodings(up, proxy):
    body = json.dumps(simple("/v1/messages")).encode()
    assert proxy.post("/v1/messages", b"not gzip", {"content-encoding": "gzip"}).status == 400
    assert proxy.post("/v1/messages", gzip.compress(body)[:-10], {"content-encoding": "gzip"}).status == 400
    assert proxy.post("/v1/messages", body, {"content-encoding": "lzma"}).status == 400
    assert not up.requests


def test_limits_raw_and_inflated(up):
    with Proxy(up.url, "--max-body-bytes", "100k") as p:
        big = simple("/v1/messages", "z" * 200_000)
        for path in MODEL_PATHS:
            r = p.post(path, simple(path, "z" * 200_000))
            assert r.status == 413, r
            assert "message" in r.json["error"]
        assert p.post("/v1/messages", gzip.compress(json.dumps(big).encode()), {"content-encoding": "gzip"}).status == 413
        bomb = gzip.compress(b"0" * 80_000_000)
        assert p.post("/v1/messages", bomb[:90_000] if len(bomb) > 100_000 else bomb, {"content-encoding": "gzip"}).status == 413
        chunks = b"".join(b"%x\r\n%s\r\n" % (8192, b"a" * 8192) for _ in range(20)) + b"0\r\n\r\n"
        got = p.raw(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        assert b" 413 " in got.split(b"\r\n")[0]
        assert p.post("/v1/compress", json.dumps(big)).status == 413
        assert p.post("/v1/retrieve", json.dumps(big)).status == 413
        assert p.get("/livez").status == 200
        assert not up.requests
        # what is not held in memory has no limit
        assert p.post("/v1/files", b"f" * 500_000).json["bytes"] == 500_000


def test_a_413_arrives_although_the_client_is_still_sending(up):
    with Proxy(up.url, "--max-body-bytes", "10M") as p:
        for mb in (11, 35, 80):
            try:
                r = p.post("/v1/messages", b'{"model":"m","messages":[{"role":"user","content":"' + b"x" * (mb << 20))
                assert r.status == 413 and r.json["error"]["type"] == "request_too_large"
            except OSError:
                assert mb > 40  # beyond four times the limit the rest is not read
        assert p.rss() < 400 << 20
    assert not up.requests


def test_smuggling_is_refused(up, proxy):
    body = b'{"model":"m","messages":[]}'
    both = (
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
        % (len(body), body)
    )
    bad_chunk = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    two = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"
    for data in (both, bad_chunk, two, b"\x16\x03\x01\x02\x00\r\n\r\n"):
        assert b" 400 " in proxy.raw(data).split(b"\r\n")[0]
    assert b" 431 " in proxy.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70000 + b"\r\n\r\n").split(b"\r\n")[0]
    assert not up.requests


# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", MODEL_PATHS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "step", [{}, {"gzip": True}, {"split": 1}, {"crlf": True}, {"close": True}], ids=["plain", "gzip", "split", "crlf", "close"]
)
def test_answers_are_relayed_byte_for_byte(up, proxy, path, stream, step):
    body = simple(path, stream=stream) | ({"stream_options": {"include_usage": True}} if "chat" in path and stream else {})
    up.script(step, step)
    accept = {"accept-encoding": "gzip"} if step.get("gzip") else {"accept-encoding": "identity"}
    direct = direct_post(up, path, body, accept)
    via = proxy.post(path, body, accept)
    assert via.status == 200 and via.body == direct
    for name in ("request-id", "anthropic-ratelimit-requests-remaining", "content-type"):
        assert via.headers[name]
    for name in (
        "x-headroom-tokens-before",
        "x-headroom-tokens-after",
        "x-headroom-tokens-saved",
        "x-headroom-model",
        "x-headroom-request-id",
    ):
        assert name in via.headers, name
    record = wait_record(proxy, via.headers["x-headroom-request-id"])
    assert record["output_tokens"] == 4 and record["stream"] == stream and record["error"] is None


def direct_post(up, path, body, headers):
    import http.client

    c = http.client.HTTPConnection("127.0.0.1", up.port)
    c.request("POST", path, json.dumps(body), {"content-type": "application/json", **headers})
    data = c.getresponse().read()
    c.close()
    return data


def wait_record(proxy, request_id, limit=5):
    """The books are closed when the answer is over, which may be a moment after the client saw its end."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        for r in proxy.get("/stats").json["recent_requests"]:
            if r["request_id"] == request_id:
                return r
        time.sleep(0.01)
    raise AssertionError(f"no record of {request_id}")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503, 529])
@pytest.mark.parametrize("stream", [False, True])
def test_provider_errors_are_relayed_verbatim(up, status, stream):
    with Proxy(up.url, "--retry-max-attempts", "1") as p:
        for path in MODEL_PATHS:
            up.reset()
            up.script({"status": status, "headers": {"retry-after": "7", "x-should-retry": "true"}})
            r = p.post(path, simple(path, stream=stream))
            assert r.status == status and len(up.requests) == 1
            assert r.headers["retry-after"] == "7" and r.json["error"]["message"] == "the mock was told to fail"
        assert p.get("/stats").json["requests"]["failed"] == 3


@pytest.mark.parametrize(
    "stream,statuses,want,tries",
    [
        (False, [529, 200], 200, 2),
        (False, [429, 503, 200], 200, 3),
        (False, [529, 529, 529, 200], 529, 3),
        (False, [500, 200], 500, 1),
        (False, [502, 504, 200], 200, 3),
        (True, [529, 200], 200, 2),
        (True, [503, 200], 503, 1),
        (True, [500, 200], 500, 1),
        (True, [429, 429, 200], 200, 3),
    ],
)
def test_retries(up, proxy, stream, statuses, want, tries):
    up.script(*[{"status": s, "headers": {"retry-after": "0"}} if s != 200 else {} for s in statuses])
    r = proxy.post("/v1/messages", simple("/v1/messages", stream=stream))
    assert (r.status, len(up.requests)) == (want, tries)
    assert len({q.body for q in up.requests}) == 1


def test_retry_after_is_waited_for_and_long_waits_are_the_clients(up, proxy):
    up.script({"status": 429, "headers": {"retry-after": "1"}}, {})
    t = time.monotonic()
    assert proxy.post("/v1/messages", simple("/v1/messages")).status == 200
    assert 0.9 < time.monotonic() - t < 3
    up.script({"status": 429, "headers": {"retry-after": "120"}}, {"status": 429, "headers": {"x-should-retry": "false"}})
    t = time.monotonic()
    assert proxy.post("/v1/messages", simple("/v1/messages")).status == 429
    assert proxy.post("/v1/messages", simple("/v1/messages")).status == 429
    assert time.monotonic() - t < 0.5 and len(up.requests) == 4


@pytest.mark.parametrize("stream", [False, True])
def test_unreachable_provider_is_a_502_in_its_shape(up, stream):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{s.getsockname()[1]}"
    with Proxy(nowhere, "--retry-max-attempts", "2") as p:
        for path in MODEL_PATHS:
            r = p.post(path, simple(path, stream=stream))
            assert r.status == 502 and r.headers["content-type"] == "application/json"
            assert (r.json.get("type") == "error") == (path == "/v1/messages")
            assert "connect" in r.json["error"]["message"]
        assert p.get("/v1/models").status == 502
        assert p.get("/readyz").status == 200
        assert p.get("/health").json["checks"]["upstream"]["status"] == "unhealthy"
        assert p.metric("headroom_upstream_retries_total") == 3


def test_lost_requests_are_not_repeated(up):
    """On a new connection: one that was kept may have been closed before the request arrived."""
    for step in ({"reset": True}, {"latency": 30, "reset": True}):
        with Proxy(up.url) as p:
            up.reset()
            up.script(step, {})
            r = p.post("/v1/messages", simple("/v1/messages"))
            assert r.status == 502 and len(up.requests) == 1, step


def test_a_silent_provider_times_out(up):
    with Proxy(up.url, "--request-timeout-seconds", "1") as p:
        for stream in (False, True):
            up.script({"hang": True})
            t = time.monotonic()
            r = p.post("/v1/messages", simple("/v1/messages", stream=stream))
            assert r.status == 504 and 0.8 < time.monotonic() - t < 3
        up.script({"tokens": 3, "delay": 3000})
        r = p.post("/v1/messages", simple("/v1/messages", stream=True))
        assert r.status in (200, 504)
    assert len(up.requests) == 3


@pytest.mark.parametrize("path", MODEL_PATHS)
@pytest.mark.parametrize("how", ["cut", "reset"])
def test_a_cut_stream_ends_with_an_error_event(up, proxy, path, how):
    up.script({"tokens": 30, "cut": 5, "delay": 2, **({"reset": True} if how == "reset" else {})})
    r = proxy.post(path, simple(path, stream=True))
    assert r.status == 200
    got = events(r.body)
    if path == "/v1/messages":
        assert got[-1][0] == "error" and json.loads(got[-1][1])["error"]["type"] == "api_error"
    elif path == "/v1/chat/completions":
        assert got[-1][1] == "[DONE]" and "error" in json.loads(got[-2][1])
    else:
        assert json.loads(got[-1][1])["type"] in ("error", "response.failed")
    record = wait_record(proxy, r.headers["x-headroom-request-id"])
    assert record["error"]


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/responses"])
def test_a_stream_that_just_stops_is_broken_too(up, proxy, path):
    up.script({"tokens": 30, "clean_cut": 5})
    before = proxy.metric("headroom_streams_truncated_total")
    got = events(proxy.post(path, simple(path, stream=True)).body)
    assert "error" in got[-1][1]
    assert proxy.metric("headroom_streams_truncated_total") == before + 1


@pytest.mark.parametrize("path", MODEL_PATHS)
def test_an_error_event_is_relayed_and_counted(up, proxy, path):
    up.script({"tokens": 30, "error_event": 4})
    failed = proxy.metric("headroom_requests_failed_total")
    r = proxy.post(path, simple(path, stream=True))
    assert sum("verloaded" in d for _, d in events(r.body)) == 1
    wait_record(proxy, r.headers["x-headroom-request-id"])
    assert proxy.metric("headroom_requests_failed_total") == failed + 1


def test_half_an_answer_is_half_an_answer(up, proxy):
    up.script({"badjson": True}, {"empty": True})
    assert not proxy.post("/v1/messages", simple("/v1/messages")).body.endswith(b"}")
    r = proxy.post("/v1/messages", simple("/v1/messages"))
    assert (r.status, r.body) == (200, b"")
    up.script({"cut": 1})
    with pytest.raises(Exception):
        proxy.post("/v1/messages", simple("/v1/messages"))


def test_the_first_event_is_not_held_back(up, proxy):
    up.script({"tokens": 5, "delay": 300})
    with socket.create_connection(("127.0.0.1", proxy.port)) as s:
        body = json.dumps(simple("/v1/messages", stream=True)).encode()
        s.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        t, seen = time.monotonic(), b""
        while b"message_start" not in seen:
            seen += s.recv(4096)
        first = time.monotonic() - t
        assert b"message_stop" not in seen and first < 1.0


def test_a_client_that_leaves_cancels_the_provider(up, proxy):
    up.script({"tokens": 400, "delay": 20})
    body = json.dumps(simple("/v1/messages", stream=True)).encode()
    s = socket.create_connection(("127.0.0.1", proxy.port))
    s.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    s.recv(200)
    s.close()
    end = time.monotonic() + 3
    while not up.requests[0].aborted and time.monotonic() < end:
        time.sleep(0.01)
    assert up.requests[0].aborted
    up.script({"hang": True})  # also while it waits for the first byte
    s = socket.create_connection(("127.0.0.1", proxy.port))
    s.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    time.sleep(0.2)
    s.close()
    end = time.monotonic() + 3
    while not up.requests[1].aborted and time.monotonic() < end:
        time.sleep(0.01)
    assert up.requests[1].aborted


def test_a_client_that_does_not_read_stops_the_provider(up, proxy):
    up.script({"tokens": 150_000})
    body = json.dumps(simple("/v1/messages", stream=True)).encode()
    before = proxy.rss()
    with socket.create_connection(("127.0.0.1", proxy.port)) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        s.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(1.5)
        assert proxy.rss() - before < 12 << 20
        size = 0
        while part := s.recv(1 << 16):
            size += len(part)
    assert size > 15 << 20


def test_parallel_streams_do_not_mix(up, proxy):
    def one(i, out):
        r = proxy.post("/v1/messages", simple("/v1/messages", f"n{i}", stream=True, model=f"m{i}-mock:tokens={i + 1},delay=3"))
        out[i] = r.status == 200 and r.body.count(b"text_delta") == i + 1 and f'"m{i}-mock'.encode() in r.body

    out = {}
    threads = [threading.Thread(target=one, args=(i, out)) for i in range(40)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert all(out.get(i) for i in range(40))


# --- optimisation -------------------------------------------------------------------------------


def test_a_large_result_gets_smaller_and_the_rest_keeps_its_bytes(up, proxy):
    body = json.dumps(tool_turn(records()), indent=1)
    for stream in (False, True):
        up.reset()
        sent = body.replace('"max_tokens": 64', f'"max_tokens": 64, "stream": {str(stream).lower()}').encode()
        r = proxy.post("/v1/messages", sent, KEY)
        assert r.status == 200
        (got,) = up.requests
        assert len(got.body) < len(sent) * 0.8
        before, after, saved = (int(r.headers[f"x-headroom-tokens-{k}"]) for k in ("before", "after", "saved"))
        assert saved == before - after > 1000 and r.headers["x-headroom-transforms"]
        head = sent[: sent.index(b'"content": "[')]
        assert got.body.startswith(head)
        assert json.loads(got.body)["messages"][:2] == json.loads(sent)["messages"][:2]
        r = wait_record(proxy, r.headers["x-headroom-request-id"])
        assert r["tokens_saved"] == saved and r["transforms_applied"]
    assert proxy.get("/stats").json["session"]["tokens_saved_total"] >= 2 * saved


def test_a_refused_edit_is_sent_untouched_once(up):
    with Proxy(up.url) as p:
        body = json.dumps(tool_turn(records(), user="refused")).encode()
        up.script({"status": 400}, {"text": "fine"})
        r = p.post("/v1/messages", body, KEY)
        assert r.status == 200 and "fine" in r.body.decode()
        assert len(up.requests) == 2 and len(up.requests[0].body) < len(body) and up.requests[1].body == body
        assert r.headers["x-headroom-tokens-saved"] == "0"
        assert p.metric("headroom_refused_edits_total") == 1
        end = time.monotonic() + 5
        while True:  # the conversation is left alone from now on
            up.reset()
            assert p.post("/v1/messages", body, KEY).status == 200
            if up.requests[0].body == body or time.monotonic() > end:
                break
        assert up.requests[0].body == body
        up.reset()
        other = json.dumps(
            tool_turn(records(), user="refused twice")
            | {
                "messages": tool_turn(records())["messages"][:0]
                + [{"role": "user", "content": "Another question"}]
                + tool_turn(records())["messages"][1:]
            }
        ).encode()
        up.script({"status": 413}, {"status": 413})
        r = p.post("/v1/messages", other, KEY)
        assert r.status == 413 and len(up.requests) == 2 and up.requests[1].body == other


def test_retrieval_rounds_are_answered_inside(up, proxy):
    body = tool_turn(log_lines(), user="rounds")
    up.script(
        {"retrieve": True, "usage": {"input_tokens": 100, "output_tokens": 7}},
        {"text": "It ran out of connections.", "usage": {"input_tokens": 200, "output_tokens": 9}},
    )
    r = proxy.post("/v1/messages", body, KEY)
    assert r.status == 200
    first = up.requests[0].json
    if not any(t["name"] == "headroom_retrieve" for t in first["tools"]) or b"hash=" not in up.requests[0].body:
        pytest.skip("nothing was left out of this log, so there is nothing to retrieve")
    assert len(up.requests) == 2
    second = up.requests[1].json
    assert second["messages"][:3] == first["messages"] and second["tools"] == first["tools"]
    assert second["messages"][3]["role"] == "assistant"
    result = second["messages"][4]["content"][0]
    assert result["type"] == "tool_result" and "pool exhausted" in json.dumps(result)
    answer = r.json
    assert "headroom_retrieve" not in r.body.decode() and answer["content"][0]["text"] == "It ran out of connections."
    assert answer["usage"]["input_tokens"] == 300 and answer["usage"]["output_tokens"] == 16
    assert proxy.metric("headroom_retrieval_rounds_total") >= 1


def test_mixed_calls_hide_ours(up, proxy):
    up.script({"retrieve": True, "text": "Looking.", "calls": [{"name": "fetch_logs", "id": "toolu_9", "input": {"file": "b"}}]})
    r = proxy.post("/v1/messages", tool_turn(log_lines(), user="mixed"), KEY)
    if not any(t["name"] == "headroom_retrieve" for t in up.requests[0].json["tools"]):
        pytest.skip("the tool was not offered")
    assert r.status == 200 and len(up.requests) == 1
    assert [b["type"] for b in r.json["content"]] == ["text", "tool_use"] and r.json["content"][1]["id"] == "toolu_9"
    assert "headroom_retrieve" not in r.body.decode()


def test_endless_retrieval_stops_after_three_rounds(up, proxy):
    step = {"calls": [{"name": "headroom_retrieve", "input": {"hash": "0" * 24}}]}
    up.script(step, step, step, {"text": "enough"})
    r = proxy.post("/v1/messages", tool_turn(log_lines(), user="endless"), KEY)
    if not any(t["name"] == "headroom_retrieve" for t in up.requests[0].json["tools"]):
        pytest.skip("the tool was not offered")
    assert r.status == 200 and len(up.requests) == 4 and r.json["content"][0]["text"] == "enough"
    assert up.requests[3].json["tool_choice"] == {"type": "none"} and "tool_choice" not in up.requests[2].json


def test_a_failed_round_hands_on_the_paid_answer(up):
    with Proxy(up.url, "--retry-max-attempts", "1") as p:
        up.script({"text": "Wait.", "calls": [{"name": "headroom_retrieve", "input": {"hash": "0" * 24}}]}, {"status": 500})
        r = p.post("/v1/messages", tool_turn(log_lines(), user="failed"), KEY)
        if not any(t["name"] == "headroom_retrieve" for t in up.requests[0].json["tools"]):
            pytest.skip("the tool was not offered")
        assert r.status == 200 and r.json["content"][0]["text"] == "Wait."


def test_sticky_beta_headers(up, proxy):
    body = tool_turn("small", user="beta-user")
    for value in ("one,two", "two", "Three,ONE", None):
        proxy.post("/v1/messages", body, {**KEY, **({"anthropic-beta": value} if value else {})})
    assert [r.header("anthropic-beta") for r in up.requests] == ["one,two", "one,two", "one,two,Three", "one,two,Three"]
    up.reset()
    proxy.post("/v1/messages", body, {"x-api-key": "another credential"})
    assert up.requests[0].header("anthropic-beta") is None


# --- relaying the rest --------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_is_relayed(up, proxy, method):
    r = proxy.request(method, "/v1/whatever/x%2Fy?a=b&c", b"payload" if method in ("POST", "PUT", "PATCH") else None)
    assert r.status == 200 and up.requests[0].method == method and up.requests[0].target == "/v1/whatever/x%2Fy?a=b&c"


def test_head_and_bodiless_answers(up, proxy):
    assert proxy.request("HEAD", "/").status == 200 and up.requests[0].method == "HEAD"
    r = proxy.get("/status/304")
    assert (r.status, r.body, r.headers["etag"]) == (304, b"", '"mock"')
    assert proxy.get("/status/204").status == 204
    assert proxy.request("HEAD", "/livez").status == 200


def test_count_tokens_is_the_count_of_what_was_sent(up, proxy):
    body = json.dumps(tool_turn(records()), indent=2).encode()
    r = proxy.post("/v1/messages/count_tokens?beta=true", body, KEY)
    assert r.json["input_tokens"] == len(body) // 4 and up.requests[0].body == body


def test_large_uploads_stream_through(up, proxy):
    data = os.urandom(24 << 20)
    before = proxy.rss()
    r = proxy.post("/v1/files", data, {"content-type": "application/octet-stream"})
    assert r.json["sha256"] == hashlib.sha256(data).hexdigest() and r.json["bytes"] == len(data)
    chunks = b"".join(b"%x\r\n%s\r\n" % (65536, data[i : i + 65536]) for i in range(0, 4 << 20, 65536)) + b"0\r\n\r\n"
    got = proxy.raw(b"PUT /v1/files HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert hashlib.sha256(data[: 4 << 20]).hexdigest().encode() in got
    assert proxy.rss() - before < 20 << 20


def test_downloads_stream_through(up, proxy):
    with socket.create_connection(("127.0.0.1", proxy.port)) as s:
        s.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        seen = b""
        while b"part0" not in seen:
            seen += s.recv(4096)
        assert b"part4" not in seen


def test_where_the_rest_goes(up):
    with MockUpstream() as anthropic, MockUpstream() as openai, MockUpstream() as gemini:
        env = {
            "ANTHROPIC_TARGET_API_URL": anthropic.url,
            "OPENAI_TARGET_API_URL": openai.url,
            "GEMINI_TARGET_API_URL": gemini.url,
        }
        with Proxy("", env=env) as p:
            for headers, path, want in [
                ({}, "/v1/models", openai),
                ({"authorization": "Bearer sk-x"}, "/v1/models", openai),
                ({"x-api-key": "k"}, "/v1/models", anthropic),
                ({"anthropic-version": "1"}, "/v1/models/m", anthropic),
                ({"authorization": "Bearer sk-ant-x"}, "/v1/models", anthropic),
                ({"user-agent": "claude-cli/2.0"}, "/", anthropic),
                ({"x-goog-api-key": "g"}, "/v1beta/models", gemini),
                ({}, "/v1beta/models/g:generateContent", gemini),
                ({}, "/v1/embeddings", openai),
                ({}, "/v1/messages/batches", anthropic),
            ]:
                [u.reset() for u in (anthropic, openai, gemini)]
                p.get(path, headers)
                assert len(want.requests) == 1, (headers, path)


@pytest.mark.parametrize(
    "method,path",
    [
        ("GET", "/dashboard"),
        ("GET", "/stats-history?format=csv"),
        ("POST", "/v1/telemetry/import"),
        ("GET", "/v1/feedback/my%2Ftool"),
        ("GET", "/v1/toin/patterns?limit=2"),
        ("POST", "/admin/runtime-env"),
        ("GET", "/debug/memory"),
        ("GET", "/v1/telemetry/tools/abc"),
    ],
)
def test_our_own_paths_never_reach_a_provider(up, proxy, method, path):
    r = proxy.request(method, path, b"{}" if method == "POST" else None, {"authorization": "Bearer ours"})
    assert r.status == 404 and r.json["detail"] == r.json["error"]["message"]
    assert not up.requests


def test_websocket_upgrades_are_told_to_use_http(up, proxy):
    got = proxy.raw(
        b"GET /v1/responses HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        timeout=2,
    )
    assert b" 426 " in got.split(b"\r\n")[0] and b"error" in got
    assert not up.requests


# --- access -------------------------------------------------------------------------------------

GUARDED = [
    ("POST", "/v1/compress"),
    ("POST", "/v1/retrieve"),
    ("GET", "/v1/retrieve/stats"),
    ("GET", "/v1/retrieve/" + "0" * 24),
    ("POST", "/v1/retrieve/tool_call"),
    ("POST", "/cache/clear"),
    ("POST", "/stats/reset"),
]
OTHERS = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "[::2]",
    "127.0.0.1:x",
    "",
    "0.0.0.0",
    "127.1",
]
OURS = ["127.0.0.1", "127.0.0.1:8787", "localhost", "LocalHost:1", "[::1]", "[::1]:80", "127.9.9.9"]


@pytest.mark.parametrize("method,path", GUARDED)
def test_loopback_guard(up, proxy, method, path):
    def status(**headers):
        return proxy.request(method, path, b"{}" if method == "POST" else None, headers).status

    for host in OTHERS:
        r = proxy.request(method, path, b"{}" if method == "POST" else None, {"Host": host})
        assert r.status in (404, 400) and (r.status == 400 or r.json["detail"] == "Not Found"), host
        assert host == "" or r.status == 404
    for host in OURS:
        r = proxy.request(method, path, b"{}" if method == "POST" else None, {"Host": host})
        assert not (r.status == 404 and r.json["detail"] == "Not Found"), host
    assert status(Origin="http://evil.example") == 404
    assert status(Origin="null") == 404
    assert status(Origin="http://localhost:3000") != 404 or "0" * 24 in path
    assert status(**{"X-Forwarded-For": "8.8.8.8"}) != 404 or "0" * 24 in path
    assert not up.requests


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("198.51.100.1", 9))
            address = s.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address


def test_token_gate(up):
    address = own_address()
    if not address:
        pytest.skip("this machine has no address besides loopback")
    with Proxy(up.url, host="0.0.0.0", env={"HEADROOM_PROXY_TOKEN": "s3cret"}) as p:

        def ask(path, method="GET", body=None, **headers):
            return p.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()}, host=address)

        for path in ("/livez", "/readyz", "/health", "/healthz"):
            assert ask(path).status == 200
        assert "config" not in ask("/health").json and "config" in p.get("/health").json
        for path in ("/stats", "/metrics", "/v1/models", "/v1/retrieve/stats"):
            assert ask(path).status == 401
            assert ask(path, x_headroom_proxy_token="wrong").status == 401
            assert ask(path, x_headroom_proxy_token="s3cret").status == 200
        body = simple("/v1/messages")
        assert ask("/v1/messages", "POST", body).status == 401
        up.reset()
        assert (
            ask("/v1/messages", "POST", body, authorization="Bearer sk-provider", x_headroom_proxy_token="s3cret").status == 200
        )
        assert up.requests[0].header("authorization") == "Bearer sk-provider"
        assert ask("/v1/messages", "POST", body, authorization="Bearer s3cret", x_api_key="k").status == 200
        assert up.requests[1].header("authorization") is None and up.requests[1].header("x-api-key") == "k"
        assert not any("s3cret" in str(r.headers) for r in up.requests)
        assert ask("/stats", x_headroom_proxy_token="s3cret").json["config"]
        assert p.get("/stats").status == 200  # this machine needs none
    with Proxy(up.url, host="0.0.0.0") as p:
        assert "HEADROOM_PROXY_TOKEN" in p.output()
        assert p.request("GET", "/v1/retrieve/stats", host=address).status == 404
        assert "recent_requests" not in p.request("GET", "/stats", host=address).json


def test_cors(up, proxy):
    h = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
    r = proxy.request("OPTIONS", "/v1/compress", None, h)
    assert (
        r.status == 200
        and r.headers["access-control-allow-origin"] == "http://localhost:5173"
        and "POST" in r.headers["access-control-allow-methods"]
    )
    assert proxy.request("OPTIONS", "/v1/messages", None, {**h, "Origin": "http://evil.example"}).status == 400
    assert "access-control-allow-origin" not in proxy.get("/livez", {"Origin": "http://evil.example"}).headers
    r = proxy.get("/livez", {"Origin": "http://127.0.0.1:1"})
    assert r.headers["access-control-allow-origin"] == "http://127.0.0.1:1" and "credentials" not in str(r.headers)
    with Proxy(up.url, env={"HEADROOM_CORS_ORIGINS": "https://app.example"}) as p:
        assert p.get("/livez", {"Origin": "https://app.example"}).headers["access-control-allow-origin"] == "https://app.example"
        assert "access-control-allow-origin" not in p.get("/livez", {"Origin": "http://localhost:1"}).headers
    assert not up.requests


def test_wrong_methods_and_security_headers(up, proxy):
    for method, path in [("GET", "/v1/compress"), ("DELETE", "/stats"), ("POST", "/livez"), ("PUT", "/v1/retrieve")]:
        r = proxy.request(method, path)
        assert r.status == 405 and r.headers["allow"] and r.json["error"]["message"], (method, path)
    assert not up.requests
    for path in ("/livez", "/v1/models", "/v1/retrieve/zz"):
        h = proxy.get(path).headers
        assert (
            h["x-content-type-options"] == "nosniff" and h["x-frame-options"] == "DENY" and h["referrer-policy"] == "no-referrer"
        )


# --- own routes ---------------------------------------------------------------------------------


def test_health_shapes(proxy):
    live = proxy.get("/livez").json
    assert live["service"] == "headroom-proxy" and live["status"] == "healthy" and live["alive"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", live["timestamp"]) and live["uptime_seconds"] >= 0
    for path in ("/readyz", "/health"):
        h = proxy.get(path).json
        assert h["ready"] is True and set(h["checks"]) == {
            "startup",
            "http_client",
            "cache",
            "rate_limiter",
            "memory",
            "upstream",
        }
        assert all(c["status"] in ("healthy", "unhealthy", "disabled") for c in h["checks"].values())
        assert set(h["runtime"]) == {"anthropic_pre_upstream", "compression_executor", "websocket_sessions"}
    assert {"optimize", "cache", "rate_limit", "pid"} <= set(proxy.get("/health").json["config"])


def test_compress_and_retrieve(up, proxy):
    text = log_lines()
    r = proxy.post(
        "/v1/compress",
        {
            "model": "gpt-4o",
            "messages": [
                {"role": "user", "content": "why?", "_mine": {"Keep": 1}},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "logs", "arguments": "{}"}}],
                },
                {"role": "tool", "tool_call_id": "c", "content": text},
            ],
        },
    )
    assert r.status == 200
    got = r.json
    assert (
        len(got["messages"]) == 3
        and got["messages"][0] == {"role": "user", "content": "why?", "_mine": {"Keep": 1}}
        and got["messages"][1]["content"] is None
    )
    assert got["tokens_saved"] == got["tokens_before"] - got["tokens_after"] > 0
    assert all(re.fullmatch("[0-9a-f]{24}", h) for h in got["ccr_hashes"])
    for h in got["ccr_hashes"]:
        for back in (proxy.post("/v1/retrieve", {"hash": h.upper(), "query": "x"}), proxy.get(f"/v1/retrieve/{h}")):
            assert back.status == 200 and back.json["original_content"] == text and back.json["hash"] == h
        call = {"tool_call": {"id": "toolu_1", "name": "headroom_retrieve", "input": {"hash": h}}}
        answer = proxy.post("/v1/retrieve/tool_call", call).json
        assert (
            answer["success"] and answer["tool_result"]["tool_use_id"] == "toolu_1" and answer["data"]["original_content"] == text
        )
        assert json.loads(answer["tool_result"]["content"]) == answer["data"]
        call = {
            "tool_call": {
                "id": "call_1",
                "type": "function",
                "function": {"name": "headroom_retrieve", "arguments": json.dumps({"hash": h})},
            },
            "provider": "openai",
        }
        answer = proxy.post("/v1/retrieve/tool_call", call).json
        assert answer["tool_result"]["role"] == "tool" and answer["tool_result"]["tool_call_id"] == "call_1"
        assert proxy.get("/v1/retrieve/stats").json["recent_retrievals"][0]["hash"] == h
    assert not up.requests


@pytest.mark.parametrize(
    "method,path,body,status",
    [
        ("POST", "/v1/compress", b"{oops", 400),
        ("POST", "/v1/compress", {"messages": [{"role": "user", "content": "x"}]}, 400),
        ("POST", "/v1/compress", {"model": "m"}, 400),
        ("POST", "/v1/compress", {"model": "m", "messages": {}}, 400),
        ("POST", "/v1/compress", [], 400),
        ("POST", "/v1/compress", b"", 400),
        ("POST", "/v1/retrieve", b"{oops", 400),
        ("POST", "/v1/retrieve", {}, 400),
        ("POST", "/v1/retrieve", {"hash": 5}, 400),
        ("POST", "/v1/retrieve", {"hash": "zz"}, 400),
        ("POST", "/v1/retrieve", {"hash": "0" * 24}, 404),
        ("GET", "/v1/retrieve/" + "0" * 24, None, 404),
        ("GET", "/v1/retrieve/nothex", None, 400),
        ("POST", "/v1/retrieve/tool_call", {"tool_call": {"name": "other", "input": {"hash": "0" * 24}}}, 400),
        ("POST", "/v1/retrieve/tool_call", {}, 400),
    ],
)
def test_own_errors_have_both_shapes(up, proxy, method, path, body, status):
    r = proxy.request(method, path, body)
    assert r.status == status
    assert r.json["detail"] == r.json["error"]["message"] and r.json["error"]["type"]
    assert not up.requests


def test_a_missing_original_is_no_error_for_a_tool_call(proxy):
    r = proxy.post(
        "/v1/retrieve/tool_call", {"tool_call": {"id": "t", "name": "mcp__x__headroom_retrieve", "input": {"hash": "ab" * 12}}}
    )
    assert (
        r.status == 200
        and r.json["success"] is False
        and r.json["data"]["status"] == "missing"
        and r.json["data"]["ttl_seconds"] == 1800
    )


def test_compress_bypass_and_encoded(proxy):
    messages = [{"role": "tool", "tool_call_id": "c", "content": records()}]
    r = proxy.post("/v1/compress", {"model": "gpt-4o", "messages": messages}, {"X-Headroom-Bypass": "True"})
    assert (
        r.status == 200 and r.json["messages"] == messages and r.json["tokens_before"] == 0 and r.json["compression_ratio"] == 1.0
    )
    raw = json.dumps({"model": "gpt-4o", "messages": []}).encode()
    r = proxy.post("/v1/compress", gzip.compress(raw), {"content-encoding": "gzip"})
    assert r.status == 200 and r.json["messages"] == [] and r.json["compression_ratio"] == 1.0
    assert proxy.post("/v1/compress", raw, {"content-encoding": "gzip"}).status == 400


def test_stats_and_metrics(up):
    with Proxy(up.url) as p:
        p.post("/v1/messages", simple("/v1/messages"), KEY)
        p.post("/v1/chat/completions", simple("/v1/chat/completions", model='evil"\nname'))
        up.script({"status": 401})
        p.post("/v1/responses", simple("/v1/responses"))
        s = p.get("/stats").json
        assert s["requests"]["total"] == 3 and s["requests"]["failed"] == 1
        assert s["requests"]["by_provider"] == {"anthropic": 1, "openai": 2}
        assert set(s["session"]) >= {
            "requests_total",
            "tokens_input_before",
            "tokens_input_after",
            "tokens_saved_total",
            "tokens_output_total",
            "cache_hits",
            "compression_ratio_avg",
        }
        assert s["latency"]["total_requests"] == 3 and len(s["recent_requests"]) == 3
        assert s["tokens"]["output"] == 8 and s["session"]["tokens_output_total"] == 8
        m = p.get("/metrics")
        assert m.headers["content-type"].startswith("text/plain; version=0.0.4")
        text = m.body.decode()
        for line in text.splitlines():
            assert re.fullmatch(r'# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="([^"\\\n]|\\.)*"\})? [0-9.e+]+', line), line
        names = re.findall(r"^# TYPE (\S+)", text, re.M)
        assert len(names) == len(set(names)) and all(f"# HELP {n} " in text for n in names)
        assert "headroom_requests_total 3" in text and 'headroom_requests_by_model{model="evil\\"_name"} 1' in text
        assert 'headroom_latency_seconds_bucket{le="+Inf"} 3' in text
        assert p.post("/stats/reset").json == {"status": "reset"} and p.get("/stats").json["requests"]["total"] == 0
        assert p.post("/cache/clear").json["status"] in ("cleared", "cache disabled")
        assert '"action":"stats_reset"' in p.output()


def test_request_log(up, tmp_path):
    log = tmp_path / "sub" / "requests.jsonl"
    with Proxy(up.url, "--log-file", str(log), "--log-messages") as p:
        body = simple("/v1/messages", "my key is sk-ant-api03-abcdefghijklmnop and " + "QUJD" * 1000)
        p.post("/v1/messages", body, {"x-api-key": "sk-ant-secretsecret", "authorization": "Bearer topsecretvalue"})
        up.script({"status": 500})
        p.post("/v1/chat/completions", simple("/v1/chat/completions", stream=True))
        p.stop()
        rows = [json.loads(x) for x in log.read_text().splitlines()]
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert [r["provider"] for r in rows] == ["anthropic", "openai"] and rows[0]["output_tokens"] == 4
        assert "Hello from the mock." in rows[0]["response_content"] and rows[1]["status"] == 500
        text = log.read_text() + p.output()
        for secret in ("abcdefghijklmnop", "secretsecret", "topsecretvalue", "QUJDQUJD"):
            assert secret not in text
        assert re.search(
            r"\[hr_\d+_\d{6}\] PERF model=m msgs=1 tok_before=\d+ tok_after=\d+ tok_saved=\d+ cache_read=0 cache_write=0 cache_hit_pct=0 "
            r"opt_ms=\S+ total_ms=\S+ tok_out=4 ttfb_ms=\S+ transforms=none",
            p.output(),
        )


# --- limits and life ----------------------------------------------------------------------------


def test_debug_log_says_why_for_each_text(up, tmp_path):
    """Also for a tool whose name is meant to forge a line, and without the credential."""
    rows = "\n".join(f"2026-01-01T00:00:{i % 60:02d}Z INFO worker-{i % 3} did {i * 7}" for i in range(400))
    tools = [{"name": "Bash", "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}}}]
    call = lambda i, name: {"role": "assistant", "content": [{"type": "tool_use", "id": i, "name": name, "input": {}}]}  # noqa: E731
    result = lambda i, text: {"role": "user", "content": [{"type": "tool_result", "tool_use_id": i, "content": text}]}  # noqa: E731
    messages = [
        {"role": "user", "content": "go"},
        call("a", "Bash"),
        result("a", rows),
        call("b", "x\n2026 - forged"),
        result("b", "ok"),
    ]
    body = {"model": "m", "max_tokens": 9, "messages": messages, "tools": tools}
    with Proxy(up.url, "--log-level", "debug") as p:
        assert p.post("/v1/messages", body, {"x-api-key": "sk-ant-api03-0123456789abcdef0123456789"}).status == 200
        end = time.monotonic() + 5
        while p.output().count(" block msg=") < 3 and time.monotonic() < end:
            time.sleep(0.02)
        text = p.output()
    lines = [line for line in text.splitlines() if " block msg=" in line]
    assert "sk-ant-api03" not in text
    assert len(lines) == 3 and all(" - headroom - DEBUG - [hr_" in line for line in lines), lines
    assert "reason=user_text" in lines[0]
    assert "tool=Bash" in lines[1] and re.search(r"tok_before=\d{4,} tok_after=\d{2,4} reason=\S+", lines[1]), lines
    assert "tool=x 2026 - forged" in lines[2] and "reason=too_small" in lines[2]


def test_no_limit_unless_asked_for(up, proxy):
    assert {proxy.post("/v1/messages", simple("/v1/messages")).status for _ in range(90)} == {200}


def test_rate_limit(up):
    with Proxy(up.url, "--rpm", "3") as p:
        for path in MODEL_PATHS:
            key = {"authorization": f"Bearer sk-proj-one-{path}"}
            codes = [p.post(path, simple(path), key).status for _ in range(5)]
            assert codes == [200, 200, 200, 429, 429]
            r = p.post(path, simple(path), key)
            assert int(r.headers["retry-after"]) >= 1 and "ate limit" in r.json["error"]["message"]
            assert r.json["error"]["type"] == "rate_limit_error" or path != "/v1/messages"
            assert p.post(path, simple(path), {"authorization": f"Bearer sk-proj-two-{path}"}).status == 200
        assert p.get("/stats").json["requests"]["rate_limited"] == 9
        assert p.get("/health").json["config"]["rate_limit"] is True
    with Proxy(up.url, "--tpm", "1000") as p:
        up.script({"usage": {"input_tokens": 5000}})
        assert p.post("/v1/messages", simple("/v1/messages"), KEY).status == 200
        end = time.monotonic() + 5
        while p.post("/v1/messages", simple("/v1/messages"), KEY).status != 429:
            assert time.monotonic() < end
    with Proxy(up.url, "--rpm", "1", "--no-rate-limit") as p:
        assert {p.post("/v1/messages", simple("/v1/messages")).status for _ in range(5)} == {200}


def test_sigterm_lets_streams_finish(up):
    p = Proxy(up.url)
    got = {}
    up.script({"tokens": 60, "delay": 20})
    t = threading.Thread(target=lambda: got.update(r=p.post("/v1/messages", simple("/v1/messages", stream=True))))
    t.start()
    time.sleep(0.5)
    assert p.stop(signal.SIGTERM) == 0
    t.join()
    assert b"message_stop" in got["r"].body
    assert "Sanitizer" not in p.output(), p.output()[-4000:]


def test_exit_codes(up):
    with Proxy(up.url) as p:
        again = os.spawnv(
            os.P_NOWAIT,
            "/bin/sh",
            ["sh", "-c", f"exec {Proxy.__init__.__globals__['BINARY']} proxy --port {p.port} >/dev/null 2>&1"],
        )
        assert os.waitstatus_to_exitcode(os.waitpid(again, 0)[1]) == 1
        assert p.get("/livez").status == 200
    p = Proxy(up.url)
    assert p.stop(signal.SIGINT) == 130


def test_a_home_that_cannot_be_written(up, tmp_path):
    (tmp_path / "home").mkdir()
    blocked = tmp_path / "file"
    blocked.write_text("")
    with Proxy(up.url, env={"HEADROOM_WORKSPACE_DIR": str(blocked / "ws"), "HOME": str(blocked)}, home=tmp_path / "home") as p:
        assert p.post("/v1/messages", tool_turn(records()), KEY).status == 200
