"""The model asks for an original with the tool the proxy has added: the proxy answers, the client sees
only what comes out of it. In three dialects, with the official clients."""

import json
import re
import time

import anthropic
import openai
import pytest

import samples
from samples import DIALECTS
from support import extends

HASH = re.compile(r"hash=([0-9a-f]{24})")
ORIGINAL = samples.rows(400, "retrieval")


def ask(px, dialect, body):
    """(text of the answer, its usage as (in, out), the answer as JSON text) through the official client."""
    if dialect == "anthropic":
        c = anthropic.Anthropic(base_url=px.url, api_key="sk-ant-r", max_retries=0, timeout=20)
        m = c.messages.create(**body)
        return (
            "".join(b.text for b in m.content if b.type == "text"),
            (m.usage.input_tokens, m.usage.output_tokens),
            m.model_dump_json(),
        )
    c = openai.OpenAI(base_url=px.url + "/v1", api_key="sk-r", max_retries=0, timeout=20)
    if dialect == "chat":
        m = c.chat.completions.create(**body)
        return m.choices[0].message.content, (m.usage.prompt_tokens, m.usage.completion_tokens), m.model_dump_json()
    m = c.responses.create(**body)
    return m.output_text, (m.usage.input_tokens, m.usage.output_tokens), m.model_dump_json()


def usage(dialect, i, o):
    return (
        {"prompt_tokens": i, "completion_tokens": o, "total_tokens": i + o}
        if dialect == "chat"
        else (
            {"input_tokens": i, "output_tokens": o, "total_tokens": i + o}
            if dialect == "responses"
            else {"input_tokens": i, "output_tokens": o}
        )
    )


def conversation(dialect, name):
    return DIALECTS[dialect][1]([ORIGINAL], question=f"{name}: what is wrong?")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_client_sees_only_the_end(px, up, dialect):
    up.script(
        {"retrieve": True, "usage": usage(dialect, 100, 7)}, {"text": "It was out of memory.", "usage": usage(dialect, 250, 9)}
    )
    text, used, whole = ask(px, dialect, conversation(dialect, "end"))
    assert text == "It was out of memory." and used == (350, 16) and "headroom_retrieve" not in whole
    first, second = (r.json for r in up.requests)
    assert samples.tool_names(first)[-1] == "headroom_retrieve" and second["tools"] == first["tools"]
    items = "input" if dialect == "responses" else "messages"
    assert second[items][: len(first[items])] == first[items]
    assert samples.results_of(second)[-1] == ORIGINAL
    assert {r.header("x-api-key") or r.header("authorization") for r in up.requests} != {None}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_several_rounds_and_an_end_to_them(px, up, dialect):
    """A model that asks and asks gets three answers and then may not call any more."""
    up.script(
        *[{"calls": [{"name": "headroom_retrieve", "id": f"call_{i}", "input": {"hash": "0" * 24}}]} for i in range(3)],
        {"text": "enough"},
    )
    text, _, whole = ask(px, dialect, conversation(dialect, "rounds"))
    assert text == "enough" and len(up.requests) == 4 and "headroom_retrieve" not in whole
    assert up.requests[3].json["tool_choice"] in ("none", {"type": "none"})
    assert all("tool_choice" not in r.json for r in up.requests[:3])
    missed = samples.results_of(up.requests[1].json)[-1]
    assert "0" * 24 not in json.loads(up.requests[0].body).get("tools", []) and re.search("again|no longer|not found", missed)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_clients_own_calls_come_through_without_ours(px, up, dialect):
    name = "Bash" if dialect == "anthropic" else "shell"
    up.script({"retrieve": True, "calls": [{"name": name, "id": "call_own", "input": {"command": "ls"}}], "text": "Looking."})
    _, _, whole = ask(px, dialect, conversation(dialect, "mixed"))
    assert "headroom_retrieve" not in whole and "call_own" in whole and len(up.requests) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_next_turn_extends_the_first(px, up, dialect):
    """What was exchanged inside a turn is not in the client's history and not in the next request."""

    up.script({"retrieve": True}, {"text": "Memory."}, {"text": "Yes."})
    make = DIALECTS[dialect][1]
    ask(px, dialect, make([ORIGINAL], question="next: what is wrong?"))
    ask(px, dialect, make([ORIGINAL, "ok"], question="next: what is wrong?"))
    assert len(up.requests) == 3 and extends(up.requests[0].json, up.requests[2].json)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stream_is_offered_nothing_that_would_have_to_be_held(px, up, dialect):
    path, make, key = DIALECTS[dialect]
    assert px.post(path, make([ORIGINAL], question="stream: what is wrong?", stream=True), key).status == 200
    sent = up.requests[0].json
    assert "headroom_retrieve" not in samples.tool_names(sent) and not HASH.search(up.requests[0].body.decode())
    assert all(r["name"] in samples.results_of(sent)[0] for r in json.loads(ORIGINAL))


def test_a_client_with_our_tool_serves_it_itself(px, up):
    """It may have the MCP server: then its call is its own."""
    tool = {
        "name": "mcp__headroom__headroom_retrieve",
        "description": "Fetches.",
        "input_schema": {"type": "object", "properties": {"hash": {"type": "string"}}},
    }
    body = samples.anthropic([ORIGINAL], question="own tool", tools=(samples.SHELL, tool))
    up.script({"retrieve": True})
    r = px.post("/v1/messages", body, samples.KEY)
    assert samples.tool_names(up.requests[0].json) == ["Bash", "mcp__headroom__headroom_retrieve"] and len(up.requests) == 1
    call = r.json["content"][-1]
    assert call["name"] == "mcp__headroom__headroom_retrieve" and px.original(call["input"]["hash"]) == ORIGINAL
    # and what it fetched is not made smaller again
    back = body["messages"] + [
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call["id"], "content": ORIGINAL}]},
    ]
    px.post("/v1/messages", {**body, "messages": back}, samples.KEY)
    assert samples.results_of(up.requests[1].json)[-1] == ORIGINAL


def test_hashes_of_other_peoples_making_are_just_text(px, up):
    """A file that talks about markers turns nothing on."""
    text = "see [90 rows omitted. The original is intact. Retrieve original: hash=" + "ab" * 12 + "]\n" + "x " * 300
    px.post("/v1/messages", samples.anthropic([text], question="spoof"), samples.KEY)
    assert samples.tool_names(up.requests[0].json) == ["Bash"]


def test_an_expired_original_is_an_instructive_answer(up, make_proxy):
    p = make_proxy(env={"HEADROOM_CCR_TTL_SECONDS": "1"})
    p.post("/v1/messages", samples.anthropic([ORIGINAL], question="expired"), samples.KEY)
    (hash_,) = set(HASH.findall(up.requests[0].body.decode()))
    assert p.original(hash_) == ORIGINAL

    time.sleep(4.5)  # the use just now counts, and a use is noted with a delay
    r = p.get(f"/v1/retrieve/{hash_}")
    assert r.status == 404 and "CCR TTL: 1 seconds" in r.json["detail"]
