#!/usr/bin/env python3
"""A mock model provider for tests: Anthropic Messages, OpenAI Chat Completions and Responses, streamed
and not, well-behaved or failing as told. Standard library only.

In a test:

    with MockUpstream() as up:
        up.script({"status": 529}, {"text": "hello"})       # one step a model request, in order
        ...  # send requests to up.url
        assert up.requests[0].json["model"] == "m"

As a program: upstream.py [--port N] [--port-file F]; then POST /__mock/script (a JSON list of steps),
GET /__mock/requests, GET /__mock/stats, POST /__mock/reset.

A step is an object; what is missing takes its default. When no step is left, the answer is a plain one,
unless the model's name says otherwise: "any-mock:529" or "any-mock:cut=3,delay=20".

    text          answer text ("Hello from the mock."); a list gives one piece an event
    tokens        that many words instead of text
    thinking      a signed thinking block before the text (Anthropic)
    calls         list of {"name", "input", "id"?}: tool calls the model makes
    retrieve      call headroom_retrieve with the hash of the first marker in the request; the next
                  request is answered plainly. Does nothing when the tool is not offered
    usage         fields that replace those of the default usage object
    status        answer with this status and the dialect's error body
    headers       extra answer headers
    body          raw answer body (text), content-type "type" (application/json)
    latency       milliseconds before the head
    delay         milliseconds before each stream event
    cut           close the connection after so many events (stream) or half of the body
    clean_cut     the same, but the stream ends as if it were complete (no last event)
    reset         TCP reset instead of an answer; with "cut": after so many events
    hang          never answer
    badjson       half a JSON body, with its correct length
    empty         200 without a body
    error_event   an error event after so many events of the stream
    gzip          content-encoding: gzip
    split         write the stream in pieces of so many bytes
    crlf          CRLF line ends in the stream
    close         "connection: close" and no length
"""

import argparse
import asyncio
import base64
import gzip
import hashlib
import json
import re
import socket
import struct
import threading

DEFAULT_TEXT = "Hello from the mock."
MARKER = re.compile(rb"(?:hash=|<<ccr:|headroom retrieve )([0-9a-fA-F]{12,64})")
ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


class Request:
    """One request as it arrived. `aborted`: the caller left before the answer was complete."""

    def __init__(self, method, target, headers, body, port):
        self.method, self.target, self.headers, self.body, self.client_port = method, target, headers, body, port
        self.path = target.split("?", 1)[0]
        self.aborted = False
        self.answered = False

    def header(self, name):
        name = name.lower()
        return next((v for k, v in self.headers if k.lower() == name), None)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def sha256(self):
        return hashlib.sha256(self.body).hexdigest()

    def as_dict(self):
        try:
            body = {"body": self.body.decode()}
        except UnicodeDecodeError:
            body = {"body_base64": base64.b64encode(self.body).decode()}
        return {
            "method": self.method,
            "target": self.target,
            "headers": self.headers,
            "sha256": self.sha256,
            "aborted": self.aborted,
            "answered": self.answered,
            **body,
        }


# --- answers ------------------------------------------------------------------------------------


def dialect_of(path):
    if path.endswith("/messages"):
        return "anthropic"
    if path.endswith("/chat/completions"):
        return "chat"
    if path.endswith("/responses"):
        return "responses"
    return None


def error_body(dialect, status, message="the mock was told to fail"):
    kind = ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    if dialect == "anthropic":
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_mock"}
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def pieces_of(step):
    text = step.get("text", DEFAULT_TEXT)
    if "tokens" in step:
        text = [("" if i == 0 else " ") + f"word{i}" for i in range(int(step["tokens"]))]
    return text if isinstance(text, list) else re.findall(r"\S+\s*", text) or [text]


def calls_of(step):
    return [
        {"id": c.get("id", f"call_mock_{i}"), "name": c["name"], "input": c.get("input", {})}
        for i, c in enumerate(step.get("calls", []))
    ]


def usage_of(dialect, step, body, words):
    n = max(1, len(body) // 4)
    if dialect == "anthropic":
        base = {"input_tokens": n, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": words}
    elif dialect == "chat":
        base = {
            "prompt_tokens": n,
            "completion_tokens": words,
            "total_tokens": n + words,
            "prompt_tokens_details": {"cached_tokens": 0},
        }
    else:
        base = {
            "input_tokens": n,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": words,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": n + words,
        }
    return {**base, **step.get("usage", {})}


def finished(dialect, model, step, body):
    """The whole answer as an object."""
    pieces, calls = pieces_of(step), calls_of(step)
    text, usage = "".join(pieces), usage_of(dialect, step, body, len(pieces))
    if dialect == "anthropic":
        content = [{"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"}] if step.get("thinking") else []
        if text and not (calls and "text" not in step):
            content.append({"type": "text", "text": text})
        content += [{"type": "tool_use", **c} for c in calls]
        return {
            "id": "msg_mock",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": "tool_use" if calls else "end_turn",
            "stop_sequence": None,
            "usage": usage,
        }
    if dialect == "chat":
        message = {"role": "assistant", "content": None if calls and "text" not in step else text, "refusal": None}
        if calls:
            message["tool_calls"] = [
                {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": json.dumps(c["input"])}}
                for c in calls
            ]
        return {
            "id": "chatcmpl-mock",
            "object": "chat.completion",
            "created": 1700000000,
            "model": model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if calls else "stop"}],
            "usage": usage,
        }
    output = []
    if not calls or "text" in step:
        output.append(
            {
                "type": "message",
                "id": "msg_mock",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": text, "annotations": []}],
            }
        )
    output += [
        {
            "type": "function_call",
            "id": f"fc_mock_{i}",
            "call_id": c["id"],
            "name": c["name"],
            "arguments": json.dumps(c["input"]),
            "status": "completed",
        }
        for i, c in enumerate(calls)
    ]
    return {
        "id": "resp_mock",
        "object": "response",
        "created_at": 1700000000,
        "status": "completed",
        "model": model,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }


def anthropic_events(whole):
    usage = whole["usage"]
    yield (
        "message_start",
        {
            "type": "message_start",
            "message": {**whole, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}},
        },
    )
    yield "ping", {"type": "ping"}
    for i, block in enumerate(whole["content"]):
        if block["type"] == "text":
            yield (
                "content_block_start",
                {"type": "content_block_start", "index": i, "content_block": {"type": "text", "text": ""}},
            )
            for piece in re.findall(r"\S+\s*", block["text"]) or [block["text"]]:
                yield (
                    "content_block_delta",
                    {"type": "content_block_delta", "index": i, "delta": {"type": "text_delta", "text": piece}},
                )
        elif block["type"] == "thinking":
            yield (
                "content_block_start",
                {
                    "type": "content_block_start",
                    "index": i,
                    "content_block": {"type": "thinking", "thinking": "", "signature": ""},
                },
            )
            yield (
                "content_block_delta",
                {"type": "content_block_delta", "index": i, "delta": {"type": "thinking_delta", "thinking": block["thinking"]}},
            )
            yield (
                "content_block_delta",
                {
                    "type": "content_block_delta",
                    "index": i,
                    "delta": {"type": "signature_delta", "signature": block["signature"]},
                },
            )
        else:
            yield "content_block_start", {"type": "content_block_start", "index": i, "content_block": {**block, "input": {}}}
            yield (
                "content_block_delta",
                {
                    "type": "content_block_delta",
                    "index": i,
                    "delta": {"type": "input_json_delta", "partial_json": json.dumps(block["input"])},
                },
            )
        yield "content_block_stop", {"type": "content_block_stop", "index": i}
    yield (
        "message_delta",
        {
            "type": "message_delta",
            "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None},
            "usage": {"output_tokens": usage["output_tokens"]},
        },
    )
    yield "message_stop", {"type": "message_stop"}


def chat_events(whole, with_usage):
    base = {"id": whole["id"], "object": "chat.completion.chunk", "created": whole["created"], "model": whole["model"]}
    message, finish = whole["choices"][0]["message"], whole["choices"][0]["finish_reason"]

    def chunk(delta, reason=None):
        return None, {**base, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]}

    yield chunk({"role": "assistant", "content": ""})
    for piece in re.findall(r"\S+\s*", message["content"] or ""):
        yield chunk({"content": piece})
    for i, call in enumerate(message.get("tool_calls", [])):
        yield chunk({"tool_calls": [{"index": i, **call}]})
    yield chunk({}, finish)
    if with_usage:
        yield None, {**base, "choices": [], "usage": whole["usage"]}
    yield None, "[DONE]"


def responses_events(whole):
    seq = 0

    def event(kind, **fields):
        nonlocal seq
        seq += 1
        return kind, {"type": kind, "sequence_number": seq - 1, **fields}

    started = {**whole, "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=started)
    yield event("response.in_progress", response=started)
    for i, item in enumerate(whole["output"]):
        if item["type"] == "message":
            text = item["content"][0]["text"]
            yield event("response.output_item.added", output_index=i, item={**item, "content": [], "status": "in_progress"})
            yield event(
                "response.content_part.added",
                output_index=i,
                content_index=0,
                item_id=item["id"],
                part={"type": "output_text", "text": "", "annotations": []},
            )
            for piece in re.findall(r"\S+\s*", text) or [text]:
                yield event(
                    "response.output_text.delta", output_index=i, content_index=0, item_id=item["id"], delta=piece, logprobs=[]
                )
            yield event("response.output_text.done", output_index=i, content_index=0, item_id=item["id"], text=text, logprobs=[])
            yield event(
                "response.content_part.done", output_index=i, content_index=0, item_id=item["id"], part=item["content"][0]
            )
        else:
            yield event("response.output_item.added", output_index=i, item={**item, "arguments": "", "status": "in_progress"})
            yield event("response.function_call_arguments.delta", output_index=i, item_id=item["id"], delta=item["arguments"])
            yield event("response.function_call_arguments.done", output_index=i, item_id=item["id"], arguments=item["arguments"])
        yield event("response.output_item.done", output_index=i, item=item)
    yield event("response.completed", response=whole)


def events_of(dialect, whole, request):
    if dialect == "anthropic":
        return anthropic_events(whole)
    if dialect == "chat":
        return chat_events(whole, bool((request.get("stream_options") or {}).get("include_usage")))
    return responses_events(whole)


def frame(event, crlf):
    name, data = event
    data = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    text = (f"event: {name}\n" if name else "") + f"data: {data}\n\n"
    return (text.replace("\n", "\r\n") if crlf else text).encode()


def error_event(dialect):
    if dialect == "anthropic":
        return "error", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    if dialect == "chat":
        return None, {"error": {"message": "Overloaded", "type": "server_error", "param": None, "code": None}}
    return "error", {"type": "error", "code": "server_error", "message": "Overloaded", "param": None, "sequence_number": 99}


# --- steps --------------------------------------------------------------------------------------


def step_from_model(model):
    """ "x-mock:429" or "x-mock:cut=3,delay=20,retrieve": numbers, or true."""
    step = {}
    for item in model.split("mock:", 1)[1].split(",") if "mock:" in model else []:
        key, _, value = item.strip().partition("=")
        if key.isdigit():
            step["status"] = int(key)
        elif key:
            step[key] = (float(value) if "." in value else int(value)) if value else (1 if key in ("cut", "clean_cut") else True)
    return step


def offered_tools(request):
    tools = request.get("tools") or []
    return [(t.get("name") or (t.get("function") or {}).get("name")) for t in tools if isinstance(t, dict)]


def has_retrieval_result(request):
    return "call_mock_retrieve" in json.dumps(request.get("messages") or request.get("input") or [])


def with_retrieval(step, request, body):
    """The step with a call of the retrieval tool, when the model can make one."""
    if not step.get("retrieve") or has_retrieval_result(request):
        return step
    name = next((n for n in offered_tools(request) if n and n.endswith("headroom_retrieve")), None)
    found = MARKER.search(body)
    if not name:
        return step
    call = {"id": "call_mock_retrieve", "name": name, "input": {"hash": found.group(1).decode() if found else "0" * 24}}
    return {**step, "calls": step.get("calls", []) + [call]}


# --- the server ---------------------------------------------------------------------------------


class Gone(Exception):
    """The connection is over, by the step's will or the caller's."""


class MockUpstream:
    def __init__(self, host="127.0.0.1", port=0, tls=None):
        self.host, self.port, self.tls = host, port, tls  # tls: an ssl.SSLContext of a server
        self.requests, self.steps = [], []
        self.lock = threading.Lock()
        self.connections = 0
        self.open_now = 0

    # control from a test's thread

    @property
    def url(self):
        return f"http{'s' if self.tls else ''}://{self.host}:{self.port}"

    @property
    def model_requests(self):
        return [r for r in self.requests if dialect_of(r.path) and r.method == "POST"]

    def script(self, *steps):
        with self.lock:
            self.steps.extend(steps)

    def reset(self):
        with self.lock:
            self.requests.clear()
            self.steps.clear()

    def stats(self):
        with self.lock:
            return {
                "requests": len(self.requests),
                "model_requests": len(self.model_requests),
                "aborted": sum(r.aborted for r in self.requests),
                "bytes_in": sum(len(r.body) for r in self.requests),
                "connections": self.connections,
                "open": self.open_now,
                "steps_left": len(self.steps),
            }

    def start(self):
        ready = threading.Event()
        self.thread = threading.Thread(target=self._main, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait(10)
        return self

    def stop(self):
        if self.loop.is_running():
            self.loop.call_soon_threadsafe(self.done.set)
        self.thread.join(10)

    __enter__ = start

    def __exit__(self, *exc):
        self.stop()

    def _main(self, ready):
        asyncio.run(self._serve(ready))

    async def _serve(self, ready=None):
        self.loop, self.done = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, self.host, self.port, limit=1 << 20, backlog=512, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        if ready:
            ready.set()
        async with server:
            await self.done.wait()

    # one connection

    async def _connection(self, reader, writer):
        self.connections += 1
        self.open_now += 1
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while await self._exchange(reader, writer):
                pass
        except (Gone, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        finally:
            self.open_now -= 1
            writer.close()

    async def _read_request(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = [tuple(x.split(":", 1)) for x in lines[1:] if ":" in x]
        headers = [(k, v.strip()) for k, v in headers]
        low = {k.lower(): v for k, v in headers}
        if low.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = b""
        if "chunked" in low.get("transfer-encoding", ""):
            while True:
                size = int((await reader.readline()).split(b";")[0], 16)
                body += await reader.readexactly(size)
                await reader.readline()
                if size == 0:
                    break
        elif "content-length" in low:
            body = await reader.readexactly(int(low["content-length"]))
        return Request(method, target, headers, body, writer.get_extra_info("peername")[1])

    async def _exchange(self, reader, writer):
        try:
            req = await self._read_request(reader, writer)
        except asyncio.IncompleteReadError:
            return False
        if req.path.startswith("/__mock/"):
            return await self._control(req, writer)
        with self.lock:
            self.requests.append(req)
            dialect = dialect_of(req.path) if req.method == "POST" else None
            step = self.steps.pop(0) if dialect and self.steps else None
        watch = asyncio.ensure_future(self._watch(reader, req))
        try:
            if dialect:
                keep = await self._model(req, dialect, step, writer)
            else:
                keep = await self._other(req, writer)
            req.answered = True
        except ConnectionError:
            req.aborted = True
            raise
        finally:
            watch.cancel()
        return keep and not req.aborted and (req.header("connection") or "").lower() != "close"

    async def _watch(self, reader, req):
        """Notices a caller that leaves while it is being answered."""
        while not reader.at_eof():
            await asyncio.sleep(0.005)
        if not req.answered:
            req.aborted = True

    async def _write(self, writer, req, data):
        if req.aborted:
            raise Gone
        writer.write(data)
        await writer.drain()

    async def _send(self, writer, req, status, headers, body, length=None):
        head = [f"HTTP/1.1 {status} Mock"] + [f"{k}: {v}" for k, v in headers]
        if length is not None:
            head.append(f"content-length: {length}")
        await self._write(
            writer, req, ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + (b"" if req.method == "HEAD" else body)
        )

    def _reset_connection(self, writer):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        raise Gone

    async def _control(self, req, writer):
        name, reply = req.path[len("/__mock/") :], {"ok": True}
        if name == "script":
            self.script(*json.loads(req.body))
        elif name == "reset":
            self.reset()
        elif name == "requests":
            with self.lock:
                reply = [r.as_dict() for r in self.requests]
        elif name == "stats":
            reply = self.stats()
        await self._send(writer, req, 200, [("content-type", "application/json")], data := json.dumps(reply).encode(), len(data))
        return True

    async def _other(self, req, writer):
        """Everything that is no model call: lists, counts, echoes."""
        if req.path.endswith("/count_tokens"):
            reply = {"input_tokens": max(1, len(req.body) // 4)}
        elif req.path.endswith("/models"):
            reply = {"object": "list", "data": [{"id": "mock-model", "object": "model", "created": 0, "owned_by": "mock"}]}
        elif req.path == "/status/204":
            await self._send(writer, req, 204, [("x-mock", "1")], b"")
            return True
        elif req.path == "/status/304":
            await self._send(writer, req, 304, [("etag", '"mock"')], b"")
            return True
        elif req.path == "/stream":
            await self._send(
                writer, req, 200, [("content-type", "application/octet-stream"), ("transfer-encoding", "chunked")], b""
            )
            for i in range(5):
                await self._write(writer, req, b"6\r\npart%d\n\r\n" % i)
                await asyncio.sleep(0.05)
            await self._write(writer, req, b"0\r\n\r\n")
            return True
        else:
            reply = {"method": req.method, "target": req.target, "bytes": len(req.body), "sha256": req.sha256}
        data = json.dumps(reply).encode()
        await self._send(writer, req, 200, [("content-type", "application/json"), ("request-id", "req_mock")], data, len(data))
        return True

    async def _model(self, req, dialect, step, writer):
        raw = req.body
        if req.header("content-encoding") == "gzip":
            raw = gzip.decompress(raw)
        try:
            request = json.loads(raw)
            assert isinstance(request, dict)
        except (ValueError, AssertionError):
            request, step = {}, {"status": 400}
        step = dict(step if step is not None else step_from_model(str(request.get("model", ""))))
        step = with_retrieval(step, request, raw)
        if step.get("latency"):
            await asyncio.sleep(step["latency"] / 1000)
        if step.get("hang"):
            while not req.aborted:
                await asyncio.sleep(0.02)
            raise Gone
        if step.get("reset") and "cut" not in step:
            self._reset_connection(writer)
        headers = [("request-id", "req_mock"), ("anthropic-ratelimit-requests-remaining", "99")] + list(
            step.get("headers", {}).items()
        )
        status = step.get("status", 200)
        if status >= 400 or "body" in step:
            data = step["body"].encode() if "body" in step else json.dumps(error_body(dialect, status)).encode()
            kind = step.get("type", "application/json")
            await self._send(writer, req, status, [("content-type", kind)] + headers, data, len(data))
            return True
        whole = finished(dialect, request.get("model", "mock"), step, raw)
        if request.get("stream"):
            return await self._stream(req, dialect, step, writer, headers, whole, request)
        data = json.dumps(whole).encode()
        if step.get("empty"):
            data = b""
        if step.get("badjson"):
            data = data[: len(data) // 2]
        if step.get("gzip"):
            data = gzip.compress(data)
            headers.append(("content-encoding", "gzip"))
        headers.insert(0, ("content-type", "application/json"))
        if "cut" in step or "clean_cut" in step:
            await self._send(writer, req, 200, headers, data[: len(data) // 2], len(data))
            raise Gone
        if step.get("close"):
            await self._send(writer, req, 200, headers + [("connection", "close")], data)
            return False
        await self._send(writer, req, 200, headers, data, len(data))
        return True

    async def _stream(self, req, dialect, step, writer, headers, whole, request):
        chunked = not step.get("close")
        coder = None
        headers = [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")] + headers
        if step.get("gzip"):
            import zlib

            coder = zlib.compressobj(wbits=31)
            headers.append(("content-encoding", "gzip"))
        headers.append(("transfer-encoding", "chunked") if chunked else ("connection", "close"))
        await self._send(writer, req, 200, headers, b"")

        async def put(data):
            if coder:
                import zlib

                data = coder.compress(data) + coder.flush(zlib.Z_SYNC_FLUSH)
            size = step.get("split") or len(data)
            for i in range(0, len(data), size):
                part = data[i : i + size]
                await self._write(writer, req, b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
                if step.get("split"):
                    await asyncio.sleep(0)

        limit = step.get("cut", step.get("clean_cut"))
        for i, event in enumerate(events_of(dialect, whole, request)):
            if limit is not None and i >= limit:
                if step.get("reset"):
                    self._reset_connection(writer)
                if "clean_cut" not in step:
                    raise Gone
                break
            if step.get("error_event") == i:
                await put(frame(error_event(dialect), step.get("crlf")))
                break
            if step.get("delay"):
                await asyncio.sleep(step["delay"] / 1000)
            await put(frame(event, step.get("crlf")))
        if coder:
            data = coder.flush()
            await self._write(writer, req, b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
        if chunked:
            await self._write(writer, req, b"0\r\n\r\n")
        return chunked


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--host", default="127.0.0.1")
    ap.add_argument("--port", type=int, default=9100, help="0 picks a free one")
    ap.add_argument("--port-file", help="file that receives the port")
    a = ap.parse_args()
    up = MockUpstream(a.host, a.port).start()
    if a.port_file:
        with open(a.port_file, "w") as f:
            f.write(str(up.port))
    print(f"mock provider on {up.url}", flush=True)
    try:
        up.thread.join()
    except KeyboardInterrupt:
        up.stop()


if __name__ == "__main__":
    main()
