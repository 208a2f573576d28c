"""The official Python client of OpenAI, pointed at the proxy: Chat Completions and Responses."""

import json

import openai
import pytest

import samples


@pytest.fixture
def client(px):
    return openai.OpenAI(base_url=px.url + "/v1", api_key="sk-test-client", max_retries=0, timeout=20)


def ask(client, **more):
    return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hello"}], **more)


# --- Chat Completions ----------------------------------------------------------------------------


def test_chat(client, up):
    up.script({"text": "Hi there."})
    c = ask(client)
    assert c.choices[0].message.content == "Hi there." and c.choices[0].finish_reason == "stop" and c.usage.completion_tokens == 2
    assert up.requests[0].path == "/v1/chat/completions" and up.requests[0].header("authorization") == "Bearer sk-test-client"


def test_chat_stream_with_usage(client, up):
    up.script({"text": "one two three"})
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "one two three"
    assert chunks[-1].usage.completion_tokens == 3 and not chunks[-1].choices


def test_chat_tool_calls(client, up):
    up.script(
        {"calls": [{"name": "shell", "input": {"command": "ls"}}, {"name": "shell", "input": {"command": "pwd"}}]}, {"text": "ok"}
    )
    c = ask(client, tools=[samples.SHELL_CHAT])
    calls = c.choices[0].message.tool_calls
    assert c.choices[0].finish_reason == "tool_calls" and [json.loads(x.function.arguments)["command"] for x in calls] == [
        "ls",
        "pwd",
    ]
    history = [{"role": "user", "content": "hello"}, c.choices[0].message.model_dump(exclude_none=True)]
    history += [{"role": "tool", "tool_call_id": x.id, "content": "short"} for x in calls]
    client.chat.completions.create(model="gpt-4o", messages=history, tools=[samples.SHELL_CHAT])
    assert up.requests[1].json["messages"] == history


def test_chat_tool_calls_streamed(client, up):
    up.script({"calls": [{"name": "shell", "input": {"command": "ls"}}]})
    parts = [c.choices[0] for c in ask(client, stream=True, tools=[samples.SHELL_CHAT]) if c.choices]
    calls = [t for p in parts for t in p.delta.tool_calls or []]
    assert calls[0].function.name == "shell" and json.loads("".join(t.function.arguments for t in calls)) == {"command": "ls"}
    assert parts[-1].finish_reason == "tool_calls"


def test_chat_large_result_is_sent_smaller(client, up):
    body = samples.chat([samples.rows()], question="chat client: what is wrong?")
    r = client.chat.completions.with_raw_response.create(**body)
    assert len(up.requests[0].body) < len(json.dumps(body)) * 0.7 and int(r.headers["x-headroom-tokens-saved"]) > 500
    assert "OOMKilled" in samples.results_of(up.requests[0].json)[0]


# --- Responses -----------------------------------------------------------------------------------


def test_responses(client, up):
    up.script({"text": "Hi there."})
    r = client.responses.create(model="gpt-5", input="hello", instructions="terse")
    assert r.output_text == "Hi there." and r.status == "completed" and r.usage.output_tokens == 2
    assert up.requests[0].path == "/v1/responses" and up.requests[0].json["input"] == "hello"


def test_responses_stream(client, up):
    up.script({"text": "one two three"})
    events = list(client.responses.create(model="gpt-5", input="hello", stream=True))
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == "one two three"
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    assert [e.sequence_number for e in events] == list(range(len(events)))


def test_responses_function_call_and_output(client, up):
    up.script({"calls": [{"name": "shell", "input": {"command": "ls"}}]}, {"text": "ok"})
    r = client.responses.create(model="gpt-5", input="go", tools=[samples.SHELL_RESPONSES])
    call = next(o for o in r.output if o.type == "function_call")
    items = [
        {"role": "user", "content": "go"},
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
        {"type": "function_call_output", "call_id": call.call_id, "output": "a.txt"},
    ]
    assert client.responses.create(model="gpt-5", input=items, tools=[samples.SHELL_RESPONSES]).output_text == "ok"
    assert up.requests[1].json["input"] == items


def test_responses_large_output_is_sent_smaller(client, up):
    body = samples.responses([samples.rows()], question="responses client: what is wrong?")
    r = client.responses.with_raw_response.create(**body)
    assert len(up.requests[0].body) < len(json.dumps(body)) * 0.7 and int(r.headers["x-headroom-tokens-saved"]) > 500
    assert "OOMKilled" in samples.results_of(up.requests[0].json)[0]


# --- both ----------------------------------------------------------------------------------------


def test_models(client, up):
    assert [m.id for m in client.models.list().data] == ["mock-model"]
    assert up.requests[0].path == "/v1/models" and up.requests[0].header("authorization") == "Bearer sk-test-client"


@pytest.mark.parametrize(
    "status, error",
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (404, openai.NotFoundError),
        (413, openai.APIStatusError),
        (500, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("api", ["chat", "chat-stream", "responses"])
def test_errors_are_the_providers_own(client, up, status, error, api):
    up.script({"status": status, "headers": {"x-should-retry": "false"}})
    with pytest.raises(error) as e:
        if api == "responses":
            client.responses.create(model="gpt-5", input="x")
        else:
            ask(client, stream=api == "chat-stream")
    assert e.value.status_code == status and e.value.body["message"] == "the mock was told to fail" and len(up.requests) == 1


def test_embeddings_and_other_routes_are_relayed(client, up):
    r = (
        client.with_raw_response.post("/embeddings", body={"model": "m", "input": "x"}, cast_to=object)
        if hasattr(client.with_raw_response, "post")
        else client.post("/embeddings", body={"model": "m", "input": "x"}, cast_to=object)
    )
    assert r is not None and up.requests[0].path == "/v1/embeddings" and up.requests[0].json == {"model": "m", "input": "x"}
