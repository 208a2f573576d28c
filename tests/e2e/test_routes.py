"""Every route of defs/routes.def with every kind of bad input: a clear status, an error a client can read,
no provider involved, and the proxy still there."""

import json
import re
import threading
import time

import pytest

import samples
from support import ROOT

ROUTES = re.findall(r'^HR_ROUTE\((\w+), "([A-Z*]+)", "([^"]+)", (\w+), (\w+),', (ROOT / "defs" / "routes.def").read_text(), re.M)
OURS = [(m, p, a) for _, m, p, a, _ in ROUTES if a != "DATA"]
MODEL = [p for _, m, p, _, h in ROUTES if h in ("messages", "chat", "responses")]
BAD = {
    "nothing": b"",
    "no JSON": b"{oops",
    "half": b'{"model":"m","messages":[{"role":',
    "an array": b"[]",
    "a number": b"7",
    "a string": b'"x"',
    "null": b"null",
    "two values": b"{} {}",
    "bad UTF-8": b'{"model":"m","messages":[{"role":"user","content":"\xff\xfe"}],"input":"\xc3"}',
    "a lone surrogate byte": b'{"model":"\xed\xa0\x80","messages":[],"input":"x"}',
    "a control character": b'{"model":"m","messages":[{"role":"user","content":"a\x01b"}],"input":"\x02"}',
    "deep": b'{"messages":' + b"[" * 20000 + b"]" * 20000 + b',"input":[]}',
    "NaN": b'{"model":"m","temperature":NaN,"messages":[],"input":"x"}',
    "a trailing comma": b'{"model":"m","messages":[],"input":"x",}',
    "binary": bytes(range(256)),
    "wrong types": b'{"model":[],"messages":{"a":1},"input":7,"hash":[],"tool_call":"x","config":7}',
}


def filled(path):
    return re.sub(r"\{[^}]+\}", "0" * 24, path)


def test_there_are_routes():
    assert len(OURS) >= 12 and len(MODEL) >= 6


@pytest.mark.parametrize("what", BAD)
def test_our_routes_with_bad_bodies(px, up, what):
    for method, path, _ in OURS:
        r = px.request("GET" if method == "*" else method, filled(path), BAD[what])
        assert r.status < 500, (method, path, r)
        if r.status >= 400:
            assert r.json["error"]["type"] and r.json["error"]["message"] and r.json["detail"], (method, path, r)
    assert not up.requests and px.get("/livez").status == 200


@pytest.mark.parametrize("what", [w for w in BAD])
@pytest.mark.parametrize("path", MODEL)
def test_model_routes_with_bad_bodies(px, up, path, what):
    for more in ({}, {"x-headroom-mode": "optimize"}, {"content-type": "text/plain"}):
        r = px.post(path, BAD[what], {**samples.KEY, **more})
        assert r.status == 400 and r.json["error"]["type"] == "invalid_request_error" and r.json["error"]["message"], r
        assert (r.json.get("type") == "error") == path.endswith("/messages")
    assert not up.requests


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_our_routes_with_other_methods(px, up, method):
    for allowed, path, _ in OURS:
        r = px.request(method, filled(path), b"{}" if method in ("POST", "PUT", "PATCH") else None)
        fits = any(
            m in (method, "*") or (m == "GET" and method == "HEAD")
            for m, p, _ in OURS
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", p), filled(path))
        )
        assert r.status < 500 and (r.status == 405) == (not fits), (method, path, r)
        if r.status == 405:
            assert allowed in r.headers["allow"]
    assert not up.requests


def test_paths_that_only_look_like_ours_are_relayed(px, up):
    """A provider may have them; what they mean is not for us to guess."""
    for path in ("/livez/", "/LIVEZ", "/stats2", "/v1/compress/x", "//stats", "/v1/retrievex", "/%73tats"):
        up.reset()
        r = px.get(path)
        assert (r.status == 200 and len(up.requests) == 1 and up.requests[0].target == path) or (
            400 <= r.status < 500 and not up.requests
        ), (path, r)


@pytest.mark.parametrize(
    "hash_",
    ["", "0", "00000", "g" * 24, "0" * 65, "%00" * 6, "..%2f..%2fetc%2fpasswd", "0" * 5000, "%" * 6, "é".encode().hex() * 2],
)
def test_hashes_that_are_none(px, up, hash_):
    r = px.post("/v1/retrieve", {"hash": hash_})
    assert r.status in (400, 404) and r.json["error"]["message"]
    if hash_:
        r = px.get(f"/v1/retrieve/{hash_}")
        assert r.status in (400, 404, 405, 414, 431), r
    assert not up.requests


@pytest.mark.parametrize(
    "call",
    [
        None,
        [],
        "x",
        7,
        {},
        {"name": "headroom_retrieve"},
        {"name": "headroom_retrieve", "input": {"hash": 7}},
        {"name": "headroom_retrieve", "input": "{oops"},
        {"name": "Bash", "input": {"hash": "0" * 24}},
        {"function": {"name": "headroom_retrieve", "arguments": "not json"}},
    ],
    ids=json.dumps,
)
def test_tool_calls_that_are_none(px, up, call):
    r = px.post("/v1/retrieve/tool_call", {"tool_call": call})
    assert r.status == 400 and r.json["error"]["message"] and not up.requests


def test_stats_answer_while_everything_else_is_busy(px, up):
    """Health does not wait behind work."""
    body = json.dumps(samples.anthropic([samples.log(20_000, f"busy{i}") for i in range(4)], question="busy")).encode()
    threads = [threading.Thread(target=px.post, args=("/v1/messages", body, samples.KEY)) for _ in range(6)]
    [t.start() for t in threads]
    time.sleep(0.1)
    slow = 0.0
    while any(t.is_alive() for t in threads):
        start = time.monotonic()
        assert px.get("/livez").status == 200
        slow = max(slow, time.monotonic() - start)
    [t.join() for t in threads]
    assert slow < 1.0
