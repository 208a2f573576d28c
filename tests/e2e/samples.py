"""Made-up tool results and the conversations around them, in three dialects. The same arguments give
the same bytes."""

import json
import random

KEY = {"x-api-key": "sk-ant-test-0000", "anthropic-version": "2023-06-01"}
BEARER = {"Authorization": "Bearer sk-test-0000"}


def rows(n=120, seed="rows"):
    """An array of records as a tool prints it, with one error among them."""
    r = random.Random(f"{seed}/{n}")
    names = ["api", "web", "queue", "mail", "search", "billing"]
    out = [
        {
            "id": 1000 + i,
            "name": f"{r.choice(names)}-{r.randrange(16**6):06x}",
            "region": r.choice(["eu-west-1", "us-east-1"]),
            "status": "running",
            "restarts": 0,
            "cpu": round(r.uniform(0.1, 9.9), 2),
            "owner": r.choice(["ana", "ben", "chloe"]),
            "started": f"2026-03-{1 + i % 28:02d}T{r.randrange(24):02d}:{r.randrange(60):02d}:00Z",
        }
        for i in range(n)
    ]
    out[n // 2].update(status="CrashLoopBackOff", restarts=17, error="OOMKilled: memory limit 512Mi exceeded")
    return json.dumps(out, indent=2)


def log(n=900, seed="log"):
    """A log with one error in the middle."""
    r = random.Random(f"{seed}/{n}")
    lines = [
        f"2026-03-01T10:{i // 60 % 60:02d}:{i % 60:02d}Z INFO worker-{r.randrange(4)} request id={r.randrange(10**8)} path=/v1/items/{r.randrange(900)} "
        f"status=200 took={r.randrange(5, 90)}ms"
        for i in range(n)
    ]
    lines[n // 2] = f"2026-03-01T10:31:07Z ERROR worker-2 could not write segment {seed}: No space left on device"
    return "\n".join(lines) + "\n"


SHELL = {
    "name": "Bash",
    "description": "Runs a command.",
    "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
}
SHELL_CHAT = {
    "type": "function",
    "function": {"name": "shell", "description": "Runs a command.", "parameters": SHELL["input_schema"]},
}
SHELL_RESPONSES = {
    "type": "function",
    "name": "shell",
    "description": "Runs a command.",
    "parameters": SHELL["input_schema"],
    "strict": False,
}


def anthropic(results, question="What is wrong?", stream=False, tools=(SHELL,), model="claude-test", **more):
    """A conversation in which the model has run one command for each of `results`."""
    messages = [{"role": "user", "content": question}]
    for i, text in enumerate(results):
        messages.append(
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": f"toolu_{i}", "name": "Bash", "input": {"command": f"step {i}"}}],
            }
        )
        messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"toolu_{i}", "content": text}]})
    body = {"model": model, "max_tokens": 1024, "system": "You are terse.", "messages": messages, **more}
    if tools:
        body["tools"] = list(tools)
    return {**body, "stream": True} if stream else body


def chat(results, question="What is wrong?", stream=False, tools=(SHELL_CHAT,), model="gpt-4o", **more):
    messages = [{"role": "system", "content": "You are terse."}, {"role": "user", "content": question}]
    for i, text in enumerate(results):
        messages.append(
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": f"call_{i}",
                        "type": "function",
                        "function": {"name": "shell", "arguments": json.dumps({"command": f"step {i}"})},
                    }
                ],
            }
        )
        messages.append({"role": "tool", "tool_call_id": f"call_{i}", "content": text})
    body = {"model": model, "messages": messages, **more}
    if tools:
        body["tools"] = list(tools)
    return {**body, "stream": True} if stream else body


def responses(results, question="What is wrong?", stream=False, tools=(SHELL_RESPONSES,), model="gpt-5", **more):
    items = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": question}]}]
    for i, text in enumerate(results):
        items.append(
            {"type": "function_call", "call_id": f"call_{i}", "name": "shell", "arguments": json.dumps({"command": f"step {i}"})}
        )
        items.append({"type": "function_call_output", "call_id": f"call_{i}", "output": text})
    body = {"model": model, "instructions": "You are terse.", "input": items, "store": False, **more}
    if tools:
        body["tools"] = list(tools)
    return {**body, "stream": True} if stream else body


# name -> (path, maker, credential headers)
DIALECTS = {
    "anthropic": ("/v1/messages", anthropic, KEY),
    "chat": ("/v1/chat/completions", chat, BEARER),
    "responses": ("/v1/responses", responses, BEARER),
}


def results_of(body):
    """The tool results of a request, in order, as texts."""
    out = []
    for m in body.get("messages", body.get("input")) or []:
        if m.get("type") == "function_call_output":
            out.append(m["output"])
        elif m.get("role") == "tool":
            out.append(m["content"])
        for b in m["content"] if isinstance(m.get("content"), list) else []:
            if b.get("type") == "tool_result":
                c = b.get("content")
                out.append(c if isinstance(c, str) else "".join(x.get("text", "") for x in c or []))
    return [o if isinstance(o, str) else "".join(x.get("text", "") for x in o) for o in out]


def tool_names(body):
    return [t.get("name") or (t.get("function") or {}).get("name") for t in body.get("tools") or []]
