"""What is not made smaller leaves the proxy as it came: the same bytes, the same hash."""

import gzip
import json
import zlib

import brotli
import pytest
import zstandard

import samples
from samples import DIALECTS
from support import ROOT, events

SUITE = sorted((ROOT / "tests" / "data" / "suites" / "json").glob("y_*.json"))
ODD = {
    "spaced": '{ "x" : [ 1 , 2 ] ,\n\t"y" : { } , "z" : [ ] }',
    "numbers": "[1.0, 1.10, 1e5, 1E+05, -0, -0.0, 0.1e-7, 1152921504606846976, 18446744073709551617, 123456789012345678901234567890.12345]",
    "escapes": r'"\u0041\/\b\f\n\r\t\"\\\u00e9\ud83d\ude00\u2028\u0000"',
    "duplicates": '{"a":1,"a":2,"a":{"a":3,"a":4}}',
    "non-ascii": '"caf\u00e9 \u6f22\u5b57 \U0001f600 \u2028 \ufeff"',
    "odd keys": '{"":0," ":1,"a\\u0000b":2,"\u00e9":3,"messages":[1],"tools":[2],"cache_control":4}',
    "deep": "[" * 200 + "]" * 200,
}


def wrapped(dialect, value):
    """A request of the dialect with `value` somewhere the proxy has no business."""
    items = '"input":[{"role":"user","content":"x"}]' if dialect == "responses" else '"messages":[{"role":"user","content":"x"}]'
    return ('{"model":"m","max_tokens":9,"metadata":' + value + "," + items + ',"zzz":' + value + "}").encode()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ODD)
def test_odd_json_is_forwarded_as_it_is(px, up, dialect, name):
    path, _, key = DIALECTS[dialect]
    body = wrapped(dialect, ODD[name])
    assert px.post(path, body, key).status == 200
    assert up.requests[0].body == body


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_valid_json_of_the_suite_is_forwarded_as_it_is(px, up, dialect):
    path, _, key = DIALECTS[dialect]
    assert len(SUITE) > 90
    for f in SUITE:
        value = f.read_bytes().strip().decode()
        body = wrapped(dialect, value)
        assert px.post(path, body, key).status == 200, f.name
        assert up.requests[-1].body == body, f.name


LARGE = json.dumps(
    samples.anthropic([samples.rows(200, "raw"), samples.log(800, "raw")], question="caf\u00e9"), indent=2
).encode()


def test_without_optimisation_nothing_changes(up, make_proxy):
    p = make_proxy("--no-optimize")
    for dialect, (path, make, key) in DIALECTS.items():
        for stream in (False, True):
            body = json.dumps(
                make([samples.rows(200, "raw"), samples.log(800, "raw")], stream=stream), indent=2, ensure_ascii=False
            ).encode()
            assert p.post(path, body, key).status == 200
            assert up.requests[-1].body == body, dialect
    assert p.get("/stats").json["session"]["tokens_saved_total"] == 0


@pytest.mark.parametrize(
    "how", [{"x-headroom-bypass": "true"}, {"x-headroom-mode": "passthrough"}, {"x-headroom-mode": "audit"}], ids=str
)
def test_on_request_nothing_changes(px, up, how):
    assert px.post("/v1/messages", LARGE, {**samples.KEY, **how}).status == 200
    assert up.requests[0].body == LARGE
    assert not [k for k, _ in up.requests[0].headers if k.lower().startswith("x-headroom")]


def test_audit_tells_what_would_have_been_saved_and_changes_nothing(px, up):
    before = px.get("/stats").json["session"]["tokens_saved_total"]
    r = px.post(
        "/v1/messages",
        json.dumps(samples.anthropic([samples.rows(200, "audit")])).encode(),
        {**samples.KEY, "x-headroom-mode": "audit"},
    )
    assert r.headers["x-headroom-tokens-saved"] == "0"
    assert px.get("/stats").json["session"]["tokens_saved_total"] == before


def test_routes_that_are_only_relayed_keep_bytes_both_ways(px, up):
    for body in (LARGE, b"", b"\x00\xff not json", b"{" * 3000):
        for method, path in (
            ("POST", "/v1/messages/count_tokens"),
            ("POST", "/v1/embeddings?x=%2F&y=a+b"),
            ("PUT", "/v1/files/x"),
            ("PATCH", "/v1/other"),
            ("DELETE", "/v1/files/y"),
        ):
            up.reset()
            r = px.request(method, path, body, samples.KEY)
            assert (
                r.status == 200
                and up.requests[0].body == body
                and up.requests[0].method == method
                and up.requests[0].target == path
            )


def test_head_options_and_empty_answers_are_relayed(px, up):
    assert px.request("HEAD", "/", None).status == 200 and up.requests[0].method == "HEAD"
    assert px.request("OPTIONS", "/v1/x", None).status == 200 and up.requests[1].method == "OPTIONS"
    r = px.get("/status/204")
    assert (r.status, r.body, r.headers["x-mock"]) == (204, b"", "1")
    assert px.get("/status/304").headers["etag"] == '"mock"'
    assert px.get("/stream").body == b"part0\npart1\npart2\npart3\npart4\n"


# --- request bodies that come encoded ------------------------------------------------------------

CODINGS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "x-gzip": gzip.compress,
}


@pytest.mark.parametrize("coding", CODINGS)
def test_encoded_bodies_are_made_smaller_too(px, up, coding):
    r = px.post("/v1/messages", CODINGS[coding](LARGE), {**samples.KEY, "content-encoding": coding})
    assert r.status == 200 and int(r.headers["x-headroom-tokens-saved"]) > 1000
    got = up.requests[0]
    assert (
        got.header("content-encoding") is None
        and len(got.body) < len(LARGE)
        and got.json["messages"][0] == json.loads(LARGE)["messages"][0]
    )


@pytest.mark.parametrize("coding", CODINGS)
def test_encoded_bodies_are_the_same_after_decoding(px, up, coding):
    body = wrapped("chat", ODD["numbers"])
    assert px.post("/v1/chat/completions", CODINGS[coding](body), {"content-encoding": coding}).status == 200
    assert up.requests[0].body == body


@pytest.mark.parametrize("coding", CODINGS)
def test_damaged_or_cut_encodings_are_refused(px, up, coding):
    good = CODINGS[coding](LARGE)
    for bad in (good[: len(good) // 2], b"\x00" + good, b"", good[:40] + b"\xff" * 40 + good[80:]):
        r = px.post("/v1/messages", bad, {"content-encoding": coding})
        assert r.status == 400 and r.json["error"]["type"] == "invalid_request_error", bad[:20]
    assert not up.requests


@pytest.mark.parametrize("coding", CODINGS)
def test_small_bodies_that_grow_beyond_the_limit_are_refused(up, make_proxy, coding):
    p = make_proxy("--max-body-bytes", "1M")
    bomb = CODINGS[coding](b'{"model":"m","messages":[{"role":"user","content":"' + b"0" * 30_000_000 + b'"}]}')
    assert len(bomb) < 1 << 20
    r = p.post("/v1/messages", bomb, {"content-encoding": coding})
    assert r.status == 413 and r.json["error"]["type"] == "request_too_large"
    assert p.rss() < 600 << 20 and not up.requests


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_streams_in_pieces_of_any_size_keep_their_bytes(px, up, dialect, size):
    """Multi-byte characters and events cut anywhere."""
    path, make, key = DIALECTS[dialect]
    text = ["caf\u00e9 ", "\u6f22\u5b57 ", "\U0001f600 ", '\\u00e9 "quoted" ']
    whole = []
    for split in (0, size):
        up.script({"text": text, "split": split})
        whole.append(px.post(path, make([], stream=True), key).body)
    assert whole[0] == whole[1] and len(events(whole[0])) > 5 and b"\\ud83d\\ude00" in whole[0].lower()
