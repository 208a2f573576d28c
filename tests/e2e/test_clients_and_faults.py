"""What client libraries make of a provider that misbehaves behind the proxy, and of two providers."""

import socket
import time

import anthropic
import openai
import pytest

from support import MockUpstream, Proxy, wait_until

HELLO = [{"role": "user", "content": "hello"}]


def claude(proxy, **more):
    return anthropic.Anthropic(base_url=proxy.url, api_key="sk-ant-test", **{"max_retries": 0, "timeout": 20, **more})


def gpt(proxy, **more):
    return openai.OpenAI(base_url=proxy.url + "/v1", api_key="sk-test", **{"max_retries": 0, "timeout": 20, **more})


def test_each_client_reaches_its_own_provider(up):
    with MockUpstream() as other, Proxy(up.url, env={"OPENAI_TARGET_API_URL": other.url}) as p:
        claude(p).messages.create(model="m", max_tokens=9, messages=HELLO)
        claude(p).messages.count_tokens(model="m", messages=HELLO)
        claude(p).models.list()
        gpt(p).chat.completions.create(model="m", messages=HELLO)
        gpt(p).responses.create(model="m", input="x")
        gpt(p).models.list()
        assert [r.path for r in up.requests] == ["/v1/messages", "/v1/messages/count_tokens", "/v1/models"]
        assert [r.path for r in other.requests] == ["/v1/chat/completions", "/v1/responses", "/v1/models"]


def test_rate_limit_of_the_provider_reaches_the_client_with_its_wait(px, up):
    """A wait that is longer than the proxy's patience is the client's to decide."""
    up.script({"status": 429, "headers": {"retry-after": "61", "anthropic-ratelimit-requests-reset": "soon"}})
    with pytest.raises(anthropic.RateLimitError) as e:
        claude(px).messages.create(model="m", max_tokens=9, messages=HELLO)
    assert (
        e.value.response.headers["retry-after"] == "61"
        and e.value.response.headers["anthropic-ratelimit-requests-reset"] == "soon"
    )
    up.script({"status": 429, "headers": {"retry-after": "61"}})
    with pytest.raises(openai.RateLimitError) as e:
        gpt(px).chat.completions.create(model="m", messages=HELLO)
    assert e.value.response.headers["retry-after"] == "61" and len(up.requests) == 2


def test_short_overload_is_waited_out_for_the_client(px, up):
    up.script(
        {"status": 529, "headers": {"retry-after": "0"}}, {"status": 429, "headers": {"retry-after": "0"}}, {"text": "at last"}
    )
    assert claude(px).messages.create(model="m", max_tokens=9, messages=HELLO).content[0].text == "at last"
    assert len(up.requests) == 3 and len({r.body for r in up.requests}) == 1


@pytest.mark.parametrize(
    "step", [{"cut": 4}, {"cut": 4, "reset": True}, {"clean_cut": 4}, {"error_event": 4}], ids=["cut", "reset", "clean", "event"]
)
def test_broken_anthropic_stream_is_an_error_for_the_client(px, up, step):
    up.script({"tokens": 30, "delay": 1, **step})
    with pytest.raises(anthropic.APIStatusError) as e:
        with claude(px).messages.stream(model="m", max_tokens=9, messages=HELLO) as s:
            s.get_final_message()
    assert e.value.body["type"] == "error" and e.value.body["error"]["type"] in ("api_error", "overloaded_error")


@pytest.mark.parametrize("step", [{"cut": 4}, {"cut": 4, "reset": True}, {"error_event": 4}], ids=["cut", "reset", "event"])
def test_broken_chat_stream_is_an_error_for_the_client(px, up, step):
    up.script({"tokens": 30, "delay": 1, **step})
    with pytest.raises(openai.APIError):
        list(gpt(px).chat.completions.create(model="m", messages=HELLO, stream=True))


@pytest.mark.parametrize("step", [{"cut": 6}, {"clean_cut": 6}], ids=["cut", "clean"])
def test_broken_responses_stream_does_not_look_complete(px, up, step):
    up.script({"tokens": 30, "delay": 1, **step})
    kinds = []
    try:
        for e in gpt(px).responses.create(model="m", input="x", stream=True):
            kinds.append(e.type)
    except openai.APIError:
        kinds.append("error")
    assert kinds[-1] in ("error", "response.failed") and "response.completed" not in kinds


def test_half_a_json_answer_is_an_error_for_the_client(px, up):
    up.script({"badjson": True}, {"badjson": True})
    with pytest.raises(Exception):
        claude(px).messages.create(model="m", max_tokens=9, messages=HELLO)
    with pytest.raises(Exception):
        gpt(px).chat.completions.create(model="m", messages=HELLO)
    assert px.get("/livez").status == 200


@pytest.mark.parametrize("stream", [False, True])
def test_provider_down(stream):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{s.getsockname()[1]}"
    with Proxy(nowhere, "--retry-max-attempts", "1") as p:
        with pytest.raises(anthropic.InternalServerError) as e:
            claude(p).messages.create(model="m", max_tokens=9, messages=HELLO, stream=stream)
        assert e.value.status_code == 502 and e.value.body["error"]["type"] == "api_error"
        with pytest.raises(openai.InternalServerError) as e:
            gpt(p).chat.completions.create(model="m", messages=HELLO, stream=stream)
        assert e.value.status_code == 502 and "connect" in e.value.body["message"]


def test_client_timeout_cancels_the_provider(px, up):
    up.script({"hang": True})
    with pytest.raises(anthropic.APITimeoutError):
        claude(px, timeout=0.5).messages.create(model="m", max_tokens=9, messages=HELLO)
    wait_until(lambda: up.requests[0].aborted, 5, "the provider being told")


def test_client_that_leaves_a_stream_cancels_the_provider(px, up):
    up.script({"tokens": 2000, "delay": 10})
    with claude(px).messages.stream(model="m", max_tokens=9, messages=HELLO) as s:
        next(iter(s.text_stream))
    wait_until(lambda: up.requests[0].aborted, 5, "the provider being told")


def test_slow_reader_gets_every_piece(px, up):
    up.script({"tokens": 3000})
    got = []
    with claude(px).messages.stream(model="m", max_tokens=9, messages=HELLO) as s:
        for i, piece in enumerate(s.text_stream):
            if i % 500 == 0:
                time.sleep(0.1)
            got.append(piece)
    assert "".join(got) == " ".join(f"word{k}" for k in range(3000))


def test_large_answer_and_large_question(px, up):
    """Bodies of megabytes both ways, on one connection."""
    up.script({"text": ["z" * 3_000_000]}, {"text": "ok"})
    c = claude(px)
    assert (
        len(c.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "y" * 5_000_000}]).content[0].text)
        == 3_000_000
    )
    assert c.messages.create(model="m", max_tokens=9, messages=HELLO).content[0].text == "ok"
    assert len(up.requests[0].json["messages"][0]["content"]) == 5_000_000


def test_connection_to_the_provider_is_kept(px, up):
    before = up.connections
    c = claude(px)
    for _ in range(10):
        c.messages.create(model="m", max_tokens=9, messages=HELLO)
    assert up.connections - before <= 1
