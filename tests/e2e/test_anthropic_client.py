"""The official Python client of Anthropic, pointed at the proxy."""

import asyncio
import json
import time

import anthropic
import pytest

import samples


@pytest.fixture
def client(px):
    return anthropic.Anthropic(base_url=px.url, api_key="sk-ant-test-client", max_retries=0, timeout=20)


def credential(request):
    """Versions of the client differ in the header they use."""
    return request.header("x-api-key") or request.header("authorization")


def ask(client, text="hello", **more):
    return client.messages.create(model="claude-test", max_tokens=64, messages=[{"role": "user", "content": text}], **more)


def test_message(client, up):
    up.script({"text": "Hi there."})
    m = ask(client)
    assert m.content[0].text == "Hi there." and m.stop_reason == "end_turn" and m.usage.output_tokens == 2
    sent = up.requests[0]
    assert sent.path == "/v1/messages" and "sk-ant-test-client" in credential(sent)
    assert sent.header("anthropic-version") and sent.json["messages"] == [{"role": "user", "content": "hello"}]


def test_stream_events_arrive_in_order_and_whole(client, up):
    up.script({"text": "one two three four"})
    with client.messages.stream(model="claude-test", max_tokens=64, messages=[{"role": "user", "content": "go"}]) as s:
        kinds = [
            e.type
            for e in s
            if e.type in ("message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop")
        ]
        final = s.get_final_message()
    assert kinds == ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]
    assert final.content[0].text == "one two three four" and final.usage.output_tokens == 4


def test_stream_pieces_are_not_held_back(client, up):
    """The first text is here long before the provider has finished."""
    up.script({"text": ["a ", "b ", "c ", "d "], "delay": 150})
    t, first = time.monotonic(), None
    with client.messages.stream(model="claude-test", max_tokens=64, messages=[{"role": "user", "content": "go"}]) as s:
        for piece in s.text_stream:  # noqa: B007 (the last one is looked at below)
            first = first or time.monotonic() - t
    whole = time.monotonic() - t
    assert piece and first < whole - 0.4


def test_tool_use_and_result(client, up):
    up.script({"calls": [{"name": "Bash", "input": {"command": "ls -la"}}]}, {"text": "Two files."})
    m = ask(client, tools=[samples.SHELL])
    call = next(b for b in m.content if b.type == "tool_use")
    assert m.stop_reason == "tool_use" and call.name == "Bash" and call.input == {"command": "ls -la"}
    history = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": [b.model_dump(exclude_none=True) for b in m.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "a.txt\nb.txt"}]},
    ]
    m = client.messages.create(model="claude-test", max_tokens=64, messages=history, tools=[samples.SHELL])
    assert m.content[0].text == "Two files." and up.requests[1].json["messages"] == history


def test_tool_use_streamed(client, up):
    up.script({"calls": [{"name": "Bash", "input": {"command": "ls"}}], "text": "Looking."})
    with client.messages.stream(
        model="claude-test", max_tokens=64, tools=[samples.SHELL], messages=[{"role": "user", "content": "go"}]
    ) as s:
        m = s.get_final_message()
    assert [b.type for b in m.content] == ["text", "tool_use"] and m.content[1].input == {"command": "ls"}


def test_thinking_blocks_come_through_and_go_back_unchanged(client, up):
    up.script({"thinking": True, "text": "done"}, {"text": "again"})
    m = ask(client)
    assert m.content[0].type == "thinking" and m.content[0].signature == "c2lnbmVk"
    history = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": [b.model_dump(exclude_none=True) for b in m.content]},
        {"role": "user", "content": "more"},
    ]
    client.messages.create(model="claude-test", max_tokens=64, messages=history)
    assert up.requests[1].json["messages"][1]["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"}


def test_count_tokens_is_the_providers_count_of_what_the_client_sent(client, up):
    messages = [{"role": "user", "content": samples.rows(60)}]
    n = client.messages.count_tokens(model="claude-test", messages=messages)
    assert up.requests[0].path == "/v1/messages/count_tokens" and up.requests[0].json["messages"] == messages
    assert n.input_tokens == max(1, len(up.requests[0].body) // 4)


def test_query_string_and_betas_are_kept(client, up):
    client.beta.messages.create(
        model="claude-test", max_tokens=64, messages=[{"role": "user", "content": "hi"}], betas=["context-1m-2025-08-07"]
    )
    client.with_options(default_query={"beta": "true", "x": "a b"}).messages.create(
        model="claude-test", max_tokens=64, messages=[{"role": "user", "content": "hi"}]
    )
    assert up.requests[0].path == "/v1/messages" and "context-1m-2025-08-07" in up.requests[0].header("anthropic-beta")
    assert up.requests[1].target in ("/v1/messages?beta=true&x=a+b", "/v1/messages?beta=true&x=a%20b")


def test_large_result_is_sent_smaller_and_the_answer_says_so(client, up):
    body = samples.anthropic([samples.rows()], question="client: what is wrong?")
    plain = len(json.dumps(body))
    r = client.messages.with_raw_response.create(**body)
    assert r.parse().content[0].text and len(up.requests[0].body) < plain * 0.7
    assert int(r.headers["x-headroom-tokens-saved"]) > 500
    assert int(r.headers["x-headroom-tokens-before"]) - int(r.headers["x-headroom-tokens-after"]) == int(
        r.headers["x-headroom-tokens-saved"]
    )
    assert "OOMKilled" in samples.results_of(up.requests[0].json)[0]


@pytest.mark.parametrize(
    "status, error",
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (403, anthropic.PermissionDeniedError),
        (404, anthropic.NotFoundError),
        (413, anthropic.APIStatusError),
        (500, anthropic.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_the_providers_own(client, up, status, error, stream):
    up.script({"status": status, "headers": {"x-should-retry": "false"}})
    with pytest.raises(error) as e:
        if stream:
            with client.messages.stream(model="claude-test", max_tokens=64, messages=[{"role": "user", "content": "go"}]) as s:
                s.get_final_message()
        else:
            ask(client)
    assert (
        e.value.status_code == status
        and e.value.body["type"] == "error"
        and e.value.body["error"]["message"] == "the mock was told to fail"
    )
    assert len(up.requests) == 1


def test_models(client, up):
    up.reset()
    assert [m.id for m in client.models.list().data] == ["mock-model"]
    assert up.requests[0].path == "/v1/models" and "sk-ant-test-client" in credential(up.requests[0])


def test_twenty_streams_at_once_with_the_same_system_prompt(px, up):
    async def main():
        async with anthropic.AsyncAnthropic(base_url=px.url, api_key="k", max_retries=0, timeout=30) as c:

            async def one(i):
                async with c.messages.stream(
                    model=f"m-mock:delay=5,tokens={i + 1}",
                    max_tokens=64,
                    system="the same",
                    messages=[{"role": "user", "content": f"{i}"}],
                ) as s:
                    return (await s.get_final_message()).content[0].text

            return await asyncio.gather(*[one(i) for i in range(20)])

    texts = asyncio.run(main())
    assert texts == [" ".join(f"word{k}" for k in range(i + 1)) for i in range(20)]
