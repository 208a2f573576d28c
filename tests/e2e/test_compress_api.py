"""POST /v1/compress, as SDKs call it: no provider is involved."""

import json
import re

import pytest

import samples

HASH = re.compile(r"(?:hash=|<<ccr:)([0-9a-f]{24})")
FIELDS = {
    "messages": list,
    "tokens_before": int,
    "tokens_after": int,
    "tokens_saved": int,
    "compression_ratio": (int, float),
    "transforms_applied": list,
    "ccr_hashes": list,
}


def tool(text, **more):
    return [
        {"role": "user", "content": "What is wrong?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "shell", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": text, **more},
    ]


def compress(px, messages, headers=(), **more):
    r = px.post("/v1/compress", {"model": "gpt-4o", "messages": messages, **more}, dict(headers))
    assert r.status == 200, r
    return r.json


def stored(px):
    return px.get("/v1/retrieve/stats").json["store"]["entries"]


def test_fields_and_their_arithmetic(px, up):
    got = compress(px, tool(samples.rows(300, "fields")))
    assert all(isinstance(got[k], t) for k, t in FIELDS.items())
    assert got["tokens_saved"] == got["tokens_before"] - got["tokens_after"] > 5000
    assert got["compression_ratio"] == pytest.approx(got["tokens_after"] / got["tokens_before"], abs=0.001)
    assert got["transforms_applied"] and not up.requests


def test_every_hash_is_listed_and_gives_the_original_back(px):
    texts = [samples.rows(300, "listed"), samples.log(3000, "listed")]
    messages = tool(texts[0]) + [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c2", "type": "function", "function": {"name": "shell", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c2", "content": texts[1]},
    ]
    got = compress(px, messages)
    shown = HASH.findall(json.dumps(got["messages"]))
    assert set(got["ccr_hashes"]) == set(shown) and len(set(shown)) == 2
    assert sorted(px.original(h) for h in got["ccr_hashes"]) == sorted(texts)


def test_errors_stay_in_sight(px):
    got = compress(px, tool(samples.rows(800, "sight")))
    assert "CrashLoopBackOff" in got["messages"][2]["content"] and "OOMKilled" in got["messages"][2]["content"]
    assert "No space left on device" in compress(px, tool(samples.log(5000, "sight")))["messages"][2]["content"]


def test_messages_keep_their_order_and_all_keys_that_are_not_ours(px):
    messages = tool(samples.rows(200, "keys"), _headroomMeta={"n": 1.0, "deep": [{"\u00e9": None}]}, name="x")
    messages += [
        {"role": "assistant", "content": None, "reasoning": {"opaque": True}},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "and?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
        },
    ]
    got = compress(px, messages)["messages"]
    assert len(got) == len(messages)
    changed = [i for i, (a, b) in enumerate(zip(messages, got)) if a != b]
    assert changed == [2] and {**got[2], "content": 0} == {**messages[2], "content": 0}


def test_anthropic_messages_are_understood_too(px):
    messages = samples.anthropic([samples.rows(300, "shape")])["messages"]
    got = compress(px, messages, model="claude-test")
    assert got["tokens_saved"] > 3000 and got["messages"][:2] == messages[:2]
    assert got["messages"][2]["content"][0]["tool_use_id"] == "toolu_0"


def test_the_same_call_has_the_same_answer(px):
    a, b = (compress(px, tool(samples.rows(300, "again"))) for _ in range(2))
    assert a["messages"] == b["messages"] and a["tokens_after"] == b["tokens_after"]


def test_a_second_pass_changes_nothing(px):
    once = compress(px, tool(samples.rows(300, "second")))["messages"]
    twice = compress(px, once)
    assert twice["messages"] == once and twice["tokens_saved"] == 0


def test_nothing_to_do(px):
    short = [{"role": "user", "content": "hi"}]
    got = compress(px, short)
    assert got["messages"] == short and got["tokens_saved"] == 0 and got["compression_ratio"] == 1.0 and got["ccr_hashes"] == []
    empty = compress(px, [])
    assert (empty["messages"], empty["tokens_before"], empty["tokens_saved"], empty["compression_ratio"]) == ([], 0, 0, 1.0)


def test_retrieved_originals_and_excluded_tools_are_left_alone(px):
    for name in ("Read", "grep", "headroom_retrieve", "mcp__headroom__headroom_retrieve"):
        messages = json.loads(json.dumps(tool(samples.rows(200, name))).replace('"shell"', json.dumps(name)))
        assert compress(px, messages)["messages"] == messages, name


def test_simulate_shows_what_would_happen_and_stores_nothing(px):
    text = samples.rows(300, "simulate")
    before = stored(px)
    got = compress(px, tool(text), config={"default_mode": "simulate", "generate_diff_artifact": True})
    assert stored(px) == before
    for k in (
        "transforms",
        "messages_optimized",
        "estimated_savings",
        "block_breakdown",
        "waste_signals",
        "stable_prefix_hash",
        "cache_alignment_score",
    ):
        assert k in got, k
    assert (
        got["tokens_saved"] > 5000
        and re.fullmatch("[0-9a-f]{16}", got["stable_prefix_hash"])
        and got["cache_alignment_score"] == 100
    )
    parts = got["block_breakdown"]
    assert set(parts) == {"system", "user", "assistant", "tool_call", "tool_result", "unknown"}
    assert sum(parts.values()) == got["tokens_before"] and parts["tool_result"] > 5000 and parts["unknown"] == 0
    assert got["waste_signals"]["json_bloat"] > 0 and got["waste_signals"]["repetition"] == 0
    changed = [d for d in got["decisions"] if d["tokens_after"] < d["tokens_before"]]
    assert len(changed) == 1 and changed[0]["kind"] == "json" and changed[0]["reason"] == got["transforms"][0]
    assert changed[0]["why"] and all(d["reason"] for d in got["decisions"])


def test_simulate_names_what_keeps_a_prompt_from_being_cached(px):
    rows = samples.rows(40, "twice")
    msgs = [
        {"role": "system", "content": "Today is 2026-04-23. Session 123e4567-e89b-42d3-a456-426614174000, (deadbeef)."},
        *tool(rows),
        *tool(rows),
    ]
    got = compress(px, msgs, config={"default_mode": "simulate"})
    assert got["cache_alignment_score"] == 80
    assert got["waste_signals"]["dynamic_date"] > 0 and got["waste_signals"]["repetition"] > 0
    assert got["block_breakdown"]["system"] > 20


def test_unknown_settings_of_an_sdk_are_no_error(px):
    config = {
        "enabled": True,
        "smart_crusher": {"enabled": True, "max_items_after_crush": 15},
        "ccr": {"enabled": True, "inject_tool": True},
        "cache_aligner": {"enabled": False},
        "never_heard_of": [1],
    }
    assert compress(px, tool(samples.rows(300, "config")), config=config, token_budget=4000, more="x")["tokens_saved"] > 5000


@pytest.mark.parametrize(
    "body, words",
    [
        (b"{oops", "JSON"),
        (b"", "JSON"),
        (b"[]", ""),
        (b'"x"', ""),
        ({"messages": []}, "model"),
        ({"model": "gpt-4o"}, "messages"),
        ({"model": "gpt-4o", "messages": {}}, "messages"),
        ({"model": "gpt-4o", "messages": "x"}, "messages"),
        ({"model": "gpt-4o", "messages": None}, "messages"),
        ({"model": 7, "messages": []}, "model"),
        (b'{"model":"m","messages":[{"role":"user","content":"\xff"}]}', ""),
        (b'{"model":"m","messages":' + b"[" * 3000 + b"]" * 3000 + b"}", ""),
    ],
)
def test_bad_input(px, up, body, words):
    r = px.post("/v1/compress", body)
    assert (
        r.status == 400
        and r.json["error"]["type"] == "invalid_request"
        and words in r.json["error"]["message"]
        and not up.requests
    )


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"role": "tool"},
        {"role": "tool", "content": 5},
        {"role": 5, "content": []},
        {"role": "user", "content": [{"type": "text"}, 7, None]},
        {"content": [{"type": "tool_result"}]},
    ],
    ids=json.dumps,
)
def test_odd_messages_come_back_as_they_are(px, message):
    messages = [message] + tool("short")
    assert compress(px, messages)["messages"] == messages


def test_out_of_time_gives_the_originals(make_proxy):
    p = make_proxy(env={"HEADROOM_COMPRESSION_TIMEOUT_SECONDS": "0.001"})
    messages = tool(samples.rows(20000, "slow"))
    got = compress(p, messages)
    assert got["messages"] == messages and got["tokens_saved"] == 0
    assert got.get("compression_skipped") is True and got["skip_reason"] == "compression_timeout"
