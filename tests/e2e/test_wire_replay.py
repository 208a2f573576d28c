"""Recorded traffic of coding agents goes through the proxy again, request by request, headers and all,
and the provider gives the recorded answers."""

import json
import os
import re
import signal

import pytest

import recordings
from support import BINARY, shared, wait_until

ALL = recordings.load()
HASH = re.compile(r"(?:hash=|retrieve )([0-9a-f]{24})")


def dump(x):
    return json.dumps(x, ensure_ascii=False, separators=(",", ":")).encode()


def replay(p, up, recording, between=None):
    """Sends every request; returns [(step, forwarded request, answer)]."""
    out = []
    for step in recording.steps:
        if step.is_model_call:
            up.script({"status": step.status, "body": step.reply.decode(), "type": step.reply_type})
        seen = len(up.requests)
        # the recordings are shared by tests: a conversation of its own each time
        answer = p.request(step.method, step.target, step.body or None, dict(step.headers))
        assert answer.status == step.status, (recording, step.number, answer)
        assert len(up.requests) == seen + 1, (recording, step.number)
        out.append((step, up.requests[seen], answer))
        if between:
            between()
    return out


def edited(before, after, where=""):
    """[(path, old text, new text)] of the strings that differ; anything else that differs is an error."""
    if type(before) is not type(after):
        raise AssertionError(f"{where}: another type")
    if isinstance(before, dict):
        assert list(before) == list(after), f"{where}: keys"
        return [e for k in before for e in edited(before[k], after[k], f"{where}.{k}")]
    if isinstance(before, list):
        assert len(before) == len(after), f"{where}: {len(before)} became {len(after)}"
        return [e for i, (x, y) in enumerate(zip(before, after)) for e in edited(x, y, f"{where}[{i}]")]
    if before == after:
        return []
    assert isinstance(before, str), f"{where}: {before!r} became {after!r}"
    return [(where, before, after)]


def without_our_tool(body):
    """The request as forwarded, less the tool that the proxy added, and whether it did."""
    tools = body.get("tools") or []
    names = [t.get("name") or (t.get("function") or {}).get("name") for t in tools]
    if names and names[-1] == "headroom_retrieve":
        return {**body, "tools": tools[:-1]}, True
    return body, False


def put(body, where, text):
    """body with the string at `where` (as edited() names it) replaced."""
    keys = [int(k[1:-1]) if k[0] == "[" else k[1:] for k in re.findall(r"\[\d+\]|\.[^.\[]+", where)]
    for k in keys[:-1]:
        body = body[k]
    body[keys[-1]] = text


RESULT = re.compile(r"^\.(messages|input)\[\d+\]\.(content(\[\d+\]\.content(\[\d+\]\.text)?)?|output(\[\d+\]\.text)?)$")


def check_bytes(recording, triples):
    """Side requests are the received bytes; in others only tool results differ, and our tool is last."""
    changed = 0
    for step, sent, answer in triples:
        assert (sent.method, sent.target) == (step.method, step.target)
        for k, v in step.headers:
            if k.lower() not in ("anthropic-beta", "openai-beta"):
                assert sent.header(k) == v, (recording, step.number, k)
        if step.method != "HEAD" and step.reply and step.is_model_call:
            assert answer.body == step.reply, (recording, step.number)  # the model's name, ids, usage: all of it
        if step.is_side_request:
            assert sent.body == step.body, (recording, step.number)
            continue
        forwarded, _ = without_our_tool(sent.json)
        edits = edited(step.json, forwarded)
        for where, old, new in edits:
            assert RESULT.match(where), (recording, step.number, where)
            assert len(new) < len(old)
            put(forwarded, where, old)
        assert dump(forwarded) == step.body, (recording, step.number)
        changed += len(edits)
    return changed


def check_prefixes(recording, triples):
    """Whatever two requests of a conversation have in common as the agent sent them, they have in
    common as they were forwarded."""
    calls = [(s, sent.json) for s, sent, _ in triples if not s.is_side_request]
    for k, (step, forwarded) in enumerate(calls):
        for before, old in calls[:k]:
            if before.lineage == step.lineage:
                want, have = shared(before.json, step.json)[0], shared(old, forwarded)[0]
                assert have >= want, f"{recording}: {before.number} and {step.number} shared {want} pieces, now {have}"


@pytest.fixture(params=["plain", "shell"])
def proxy(request, make_proxy, tmp_path):
    """plain: agents cannot run `headroom`; shell: it is on their PATH, so markers may name it."""
    path = "/usr/bin:/bin"
    if request.param == "shell":
        (tmp_path / "bin").mkdir()
        os.symlink(BINARY, tmp_path / "bin" / "headroom")
        path = f"{tmp_path}/bin:{path}"
    return make_proxy(env={"PATH": path})


@pytest.mark.parametrize("recording", ALL, ids=str)
def test_replay(proxy, up, recording):
    triples = replay(proxy, up, recording)
    check_bytes(recording, triples)
    check_prefixes(recording, triples)
    for _, sent, _ in triples:
        for h in HASH.findall(sent.body.decode()):
            assert proxy.original(h) is not None


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
@pytest.mark.parametrize(
    "recording", [r for r in ALL if r.name in ("claude-code-turns", "codex-turns-http", "opencode-chat-subagents")], ids=str
)
def test_replay_with_a_restart_after_each_request(make_proxy, up, recording, sig):
    p = make_proxy()
    triples = replay(p, up, recording, between=lambda: p.restart(sig))
    check_bytes(recording, triples)
    check_prefixes(recording, triples)


def test_the_recordings_are_worth_replaying(make_proxy, up):
    """Something in them is made smaller, or the tests above would prove nothing."""
    p = make_proxy()
    small = {}
    for r in ALL:
        up.reset()
        triples = replay(p, up, r)
        small[r.name] = check_bytes(r, triples)
    assert sum(small.values()) >= 3, small


@pytest.mark.parametrize("recording", [r for r in ALL if "subagents" in r.name], ids=str)
def test_sub_agents_are_conversations_of_their_own(make_proxy, up, recording):
    p = make_proxy()
    keys = {}
    for step, _, answer in replay(p, up, recording):
        if step.is_side_request:
            continue
        id_ = answer.headers["x-headroom-request-id"]
        row = wait_until(
            lambda id_=id_: next((r for r in p.get("/stats").json["recent_requests"] if r["request_id"] == id_), None),
            5,
            "the record",
        )
        lineage = (step.lineage, len(step.json["tools"])) if step.lineage[0] == "other" else step.lineage
        keys.setdefault(lineage, set()).add(row["tags"]["conversation"])
    assert len(keys) > 1 and all(len(k) == 1 for k in keys.values()), keys
    assert len(set.union(*keys.values())) == len(keys), keys


def test_a_websocket_upgrade_is_told_to_use_http(px, up):
    r = px.get(
        "/v1/responses",
        {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
    )
    assert r.status == 426 and not up.requests
