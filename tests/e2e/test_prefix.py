"""The economy of the prompt cache: what was sent once is sent again with the same bytes, whatever
happens in between, so that each request's prompt starts with the one before it."""

import json
import os
import re
import signal
import threading

import pytest

import samples
from samples import DIALECTS
from support import extends, shared

TURNS = 6
HASH = re.compile(r"hash=([0-9a-f]{24})")


def history(dialect, turns, name, **more):
    """Bodies of a conversation that grows by one tool result a turn; results of all sizes and kinds."""
    _, make, _ = DIALECTS[dialect]
    results = [
        (
            samples.rows(150, f"{name}{i}")
            if i % 3 == 0
            else samples.log(700, f"{name}{i}")
            if i % 3 == 1
            else f"{name}: nothing new ({i})"
        )
        for i in range(turns)
    ]
    return [make(results[: i + 1], question=f"{name}: what is wrong?", **more) for i in range(turns)]


def send(p, dialect, body, **headers):
    path, _, key = DIALECTS[dialect]
    r = p.post(
        path, json.dumps(body, separators=(",", ":")).encode(), {**key, **{k.replace("_", "-"): v for k, v in headers.items()}}
    )
    assert r.status == 200, r
    return r


def assert_extends(requests):
    bodies = [r.json for r in requests]
    for k in range(1, len(bodies)):
        assert extends(bodies[k - 1], bodies[k]), (
            f"request {k + 1} broke the prompt of request {k} at {shared(bodies[k - 1], bodies[k])}"
        )


def assert_smaller(requests, sent):
    forwarded, received = sum(len(r.body) for r in requests), sum(len(json.dumps(b, separators=(",", ":"))) for b in sent)
    assert forwarded < 0.75 * received, (forwarded, received)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_turn_extends_the_one_before(px, up, dialect, stream):
    sent = history(dialect, TURNS, f"grow-{dialect}-{stream}", stream=stream)
    for body in sent:
        send(px, dialect, body)
    assert_extends(up.requests)
    assert_smaller(up.requests, sent)


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_also_when_the_proxy_is_started_again(up, make_proxy, dialect, sig):
    """At every turn: a block that was made smaller before the restart is the same after it."""
    p = make_proxy()
    sent = history(dialect, 4, f"restart-{dialect}-{sig}")
    for body in sent:
        send(p, dialect, body)
        p.restart(sig)
    assert_extends(up.requests)
    assert_smaller(up.requests, sent)


def test_originals_survive_a_kill(up, make_proxy):
    p = make_proxy()
    original = samples.rows(400, "kill")
    send(p, "anthropic", samples.anthropic([original], question="kill: what is wrong?"))
    shown = samples.results_of(up.requests[0].json)[0]
    p.restart(signal.SIGKILL)
    hashes = HASH.findall(shown)
    assert hashes, "nothing was left out of 400 rows"
    assert original in [p.original(h) for h in hashes]


def test_every_hash_that_is_shown_can_be_had_back(px, up):
    texts = [samples.rows(300, "back"), samples.log(1500, "back")]
    send(px, "anthropic", samples.anthropic(texts, question="back: what is wrong?"))
    shown = samples.results_of(up.requests[0].json)
    assert len(shown) == 2 and any(HASH.findall(s) for s in shown)
    for text, view in zip(texts, shown):
        for h in HASH.findall(view):
            assert px.original(h) == text


def test_the_same_request_twice_has_the_same_bytes(px, up):
    """A retry, and the same turn without stream."""
    body = samples.anthropic([samples.rows(150, "twice")], question="twice: what is wrong?", stream=True)
    for b in (body, body, {k: v for k, v in body.items() if k != "stream"}):
        send(px, "anthropic", b)
    first, second, third = (r.body for r in up.requests)
    assert (
        first == second
        and extends(json.loads(first), json.loads(third))
        and len(json.loads(third)["messages"]) == len(body["messages"])
    )


def test_a_client_that_leaves_or_a_provider_that_fails_costs_nothing(px, up):
    """The decision of a failed turn stands: the repeat is the same, and the next turn extends it."""
    sent = history("anthropic", 3, "failed")
    send(px, "anthropic", sent[0])
    up.script({"status": 500}, {"reset": True})
    second = json.dumps(sent[1], separators=(",", ":")).encode()
    assert px.post("/v1/messages", second, samples.KEY).status == 500
    assert px.post("/v1/messages", second, samples.KEY).status in (200, 502)
    send(px, "anthropic", sent[1])
    send(px, "anthropic", sent[2])
    assert_extends(up.requests)
    assert len({r.body for r in up.requests[1:-1]}) == 1


def test_conversations_do_not_disturb_each_other(px, up):
    """Four at once, in different order; each is compared with itself."""
    names = [f"parallel-{i}" for i in range(4)]
    failures = []

    def run(name):
        try:
            for body in history("anthropic", 4, name):
                send(px, "anthropic", body)
        except AssertionError as e:
            failures.append(e)

    threads = [threading.Thread(target=run, args=(n,)) for n in names]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not failures
    for name in names:
        own = [r for r in up.requests if f"{name}: what" in r.body.decode()]
        assert len(own) == 4
        assert_extends(own)


def test_the_same_turn_in_parallel_is_decided_once(px, up):
    """Two requests race to decide the same block; whoever is second sends what the first one did."""
    for k in range(4):
        up.reset()
        body = json.dumps(
            samples.anthropic([samples.rows(150, f"race{k}"), samples.log(900, f"race{k}")], question=f"race {k}")
        ).encode()
        threads = [threading.Thread(target=px.post, args=("/v1/messages", body, samples.KEY)) for _ in range(6)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert len(up.requests) == 6 and len({r.body for r in up.requests}) == 1


@pytest.mark.parametrize("where", ["system", "first message"])
def test_a_changed_front_loses_no_decision(px, up, where):
    """A date or a git status that is new after the client's restart: the results behind it keep their bytes."""
    who = {"x-headroom-session-id": f"front-{where}"}
    sent = history("anthropic", 3, "front")
    for body in sent[:2]:
        send(px, "anthropic", body, **who)
    changed = json.loads(json.dumps(sent[2]))
    if where == "system":
        changed["system"] = "You are terse. Today is another day."
    else:
        changed["messages"][0]["content"] += " (today is another day)"
    send(px, "anthropic", changed, **who)
    before, after = (samples.results_of(r.json) for r in up.requests[1:3])
    assert after[:2] == before and before[0] != samples.results_of(sent[1])[0]


def test_spelling_and_breakpoints_may_move(px, up):
    """As Claude Code does: the newest text is a block with a breakpoint, one turn later a string."""
    sent = history("anthropic", 3, "spelling")
    for body in sent:
        body = json.loads(json.dumps(body))
        last = body["messages"][-1]["content"]
        last[-1]["cache_control"] = {"type": "ephemeral"}
        body["system"] = [{"type": "text", "text": body["system"], "cache_control": {"type": "ephemeral"}}]
        for m in body["messages"][:-1]:
            if isinstance(m["content"], list) and m["content"][0]["type"] == "tool_result":
                m["content"][0]["content"] = [{"type": "text", "text": m["content"][0]["content"]}]
        send(px, "anthropic", body)
        assert up.requests[-1].json["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert_extends(up.requests)
    assert_smaller(up.requests, sent)


def test_old_results_that_nobody_decided_stay(up, make_proxy):
    """History with breakpoints that was sent without the proxy may be in the provider's cache."""
    p = make_proxy()
    body = json.loads(json.dumps(history("anthropic", 5, "old")[-1]))
    body["messages"][-1]["content"][-1]["cache_control"] = {"type": "ephemeral"}
    body["messages"][-3]["content"][-1]["cache_control"] = {"type": "ephemeral"}
    send(p, "anthropic", body)
    was, now = samples.results_of(body), samples.results_of(up.requests[0].json)
    assert now[:4] == was[:4]


def test_edited_results_only(px, up):
    """Every byte outside the edited results is the one received, spaces and all."""
    text = samples.rows(150, "bytes")
    body = json.dumps(samples.anthropic([text, "short"], question="bytes \u00e9 \U0001f600?"), indent=1).replace(
        '"max_tokens": 1024', '"max_tokens": 1024.0, "n": 1152921504606846976123'
    )
    send_raw = body.encode()
    assert px.post("/v1/messages", send_raw, samples.KEY).status == 200
    got = up.requests[0].body
    quoted = json.dumps(text).encode()
    start = send_raw.index(quoted)
    after = send_raw[start + len(quoted) :]
    assert got.startswith(send_raw[:start]) and got != send_raw
    tools_end = after.rindex(b"]")  # where our own tool may have been added
    assert got.endswith(after[tools_end:]) and after[:tools_end].rstrip() in got


@pytest.mark.parametrize("dialect", DIALECTS)
def test_our_tool_is_last_and_the_same_all_the_way(px, up, dialect):
    for body in history(dialect, 4, f"tool-{dialect}"):
        send(px, dialect, body)
    assert [samples.tool_names(r.json)[-1] for r in up.requests] == ["headroom_retrieve"] * 4
    assert len({json.dumps(r.json["tools"]) for r in up.requests}) == 1
    assert "cache_control" not in json.dumps(up.requests[0].json["tools"][-1])


def test_our_tool_is_never_added_later(px, up):
    """The first request had nothing large: from then on the conversation's tools are the client's."""
    small = samples.anthropic(["ok"], question="later: anything?")
    send(px, "anthropic", small)
    for i in range(3):
        grown = samples.anthropic(["ok"] + [samples.rows(300, f"later{k}") for k in range(i + 1)], question="later: anything?")
        send(px, "anthropic", grown)
    assert [samples.tool_names(r.json) for r in up.requests] == [["Bash"]] * 4
    assert_extends(up.requests)


def test_requests_without_tools_get_none(px, up):
    send(px, "anthropic", samples.anthropic([samples.rows(300, "none")], question="none: title?", tools=()))
    assert "tools" not in up.requests[0].json and not HASH.search(up.requests[0].body.decode())


@pytest.mark.parametrize("flag", ["--no-ccr-inject-tool", "--no-ccr-responses", "--lossless-only", "--no-ccr-marker"])
def test_without_a_way_back_nothing_is_left_out(up, make_proxy, flag):
    p = make_proxy(flag, env={"PATH": "/nonexistent"})
    send(p, "anthropic", samples.anthropic([samples.rows(300, flag), samples.log(1500, flag)], question=flag))
    assert samples.tool_names(up.requests[0].json) == ["Bash"] and not HASH.search(up.requests[0].body.decode())


def test_excluded_tools_are_left_alone(up, make_proxy):
    p = make_proxy("--protect-tool-results", "Bash,mcp__*")
    texts = [samples.rows(200, "excluded")]
    send(p, "anthropic", samples.anthropic(texts, question="excluded"))
    assert samples.results_of(up.requests[0].json) == texts
    read = json.loads(json.dumps(samples.anthropic(texts, question="read")).replace('"Bash"', '"Read"'))
    send(p, "anthropic", read)
    assert samples.results_of(up.requests[1].json) == texts


def test_two_proxies_share_their_decisions(up, make_proxy, tmp_path):
    """Two processes with one store: a conversation may go through either."""
    home = tmp_path / "home"
    home.mkdir()
    a, b = (make_proxy(home=home, env={"HEADROOM_WORKSPACE_DIR": str(tmp_path / "ws")}) for _ in range(2))
    for i, body in enumerate(history("anthropic", 6, "shared")):
        send((a, b)[i % 2], "anthropic", body)
    assert_extends(up.requests)
    assert os.listdir(tmp_path / "ws")
