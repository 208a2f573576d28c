"""What agents were seen to send that no published description shows, in small and with made-up texts."""

import json
import re

import pytest

import samples
from support import BINARY, extends

CODEX = {
    **samples.BEARER,
    "user-agent": "codex_exec/0.169.0 (Debian 12; x86_64) test",
    "originator": "codex_exec",
    "accept": "text/event-stream",
    "thread-id": "01a1fea9-0000-7000-8000-000000000001",
    "x-codex-window-id": "01a1fea9-0000-7000-8000-000000000001:0",
}


def scripts(*results, declares="exec_command(args: { cmd: string; })", asks="What is wrong?"):
    """Codex with a model that writes scripts: the tools come in the first item, in named groups; the only
    shell is a function that the tool `exec` declares in its description. Results are lists of texts."""
    groups = [
        {
            "type": "namespace",
            "name": "functions",
            "description": "",
            "tools": [
                {
                    "type": "custom",
                    "name": "exec",
                    "description": f"Runs a script.\n```ts\ndeclare const tools: {{ {declares} }};\n```",
                    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /[\\s\\S]+/"},
                },
                {"type": "function", "name": "wait", "strict": False, "parameters": {"type": "object", "properties": {}}},
            ],
        },
        {"type": "namespace", "name": "clock", "description": "", "tools": []},
    ]
    items = [
        {"type": "additional_tools", "id": "at_1", "role": "developer", "tools": groups},
        {"type": "message", "id": "m_1", "role": "developer", "content": [{"type": "input_text", "text": "Be terse."}]},
        {"type": "message", "id": "m_2", "role": "user", "content": [{"type": "input_text", "text": asks}]},
    ]
    for i, text in enumerate(results):
        script = f'const r = await tools.exec_command({{cmd: "step {i}"}});\ntext(r.output);\n'
        items.append({"type": "reasoning", "id": f"rs_{i}", "summary": [], "content": None, "encrypted_content": f"gAAAA{i}=="})
        items.append({"type": "custom_tool_call", "id": f"c_{i}", "call_id": f"call_{i}", "name": "exec", "input": script})
        head = {"type": "input_text", "text": "Script completed\nWall time 0.3 seconds\nOutput:\n"}
        items.append(
            {
                "type": "custom_tool_call_output",
                "id": f"o_{i}",
                "call_id": f"call_{i}",
                "output": [head, {"type": "input_text", "text": text}],
            }
        )
    return {"model": "model-that-scripts", "stream": True, "input": items, "tool_choice": "auto", "store": False}


@pytest.fixture
def with_shell(make_proxy, tmp_path):
    """A proxy on whose PATH agents find `headroom`."""
    (tmp_path / "headroom").symlink_to(BINARY)
    return make_proxy(env={"PATH": f"{tmp_path}:/usr/bin:/bin"})


def sent(p, body, headers):
    r = p.post("/v1/responses", json.dumps(body, separators=(",", ":")).encode(), headers)
    assert r.status == 200, r


def outputs(body):
    return [i["output"] for i in body["input"] if i["type"] == "custom_tool_call_output"]


def test_scripts_of_codex_are_made_smaller(with_shell, up):
    results = [samples.rows(150, "scripts"), samples.log(700, "scripts"), samples.rows(120, "more scripts")]
    for i in range(len(results)):
        sent(with_shell, scripts(*results[: i + 1]), CODEX)
    bodies = [r.json for r in up.model_requests]
    for before, after in zip(bodies, bodies[1:]):
        assert extends(before, after)
        assert after["input"][: len(before["input"])] == before["input"]
    shown = outputs(bodies[-1])
    assert [o[0]["text"][:16] for o in shown] == ["Script completed"] * 3
    for text, o in zip(results, shown):
        assert len(o[1]["text"]) < len(text) / 2
    hashes = [re.findall(r"headroom retrieve ([0-9a-f]{24})", o[1]["text"]) for o in shown]
    assert all(hashes)
    assert [with_shell.original(h[-1]) for h in hashes] == results
    # All else is what the client sent, and no list of tools was made up.
    received = scripts(*results)
    assert "tools" not in bodies[-1]
    for mine, theirs in zip(received["input"], bodies[-1]["input"]):
        assert mine["type"] == "custom_tool_call_output" or mine == theirs


def test_a_summary_of_codex_needs_nothing_to_be_fetched(with_shell, up):
    """What was sent smaller before stays so, for the provider's cache; what is new is there in full."""
    results = [samples.rows(150, "summary"), samples.log(700, "summary")]
    sent(with_shell, scripts(results[0]), CODEX)
    asked = scripts(*results)
    asked["input"].append({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Sum it up."}]})
    about = {"request_kind": "compaction", "window_number": 0}
    sent(with_shell, asked, {**CODEX, "x-codex-turn-metadata": json.dumps(about, separators=(",", ":"))})
    turn, summary = (r.json for r in up.model_requests)
    assert extends(turn, summary)
    assert outputs(summary)[0] == outputs(turn)[0] and "headroom retrieve" in outputs(turn)[0][1]["text"]
    assert outputs(summary)[1][1]["text"] == results[1]


def test_scripts_without_a_shell_keep_everything_visible(with_shell, up):
    """Nobody could fetch an original, so nothing may need it."""
    body = scripts(samples.rows(150, "no shell"), declares="apply_patch(input: string)")
    sent(with_shell, body, CODEX)
    assert b"headroom retrieve" not in up.requests[0].body
    assert b"CrashLoopBackOff" in up.requests[0].body


def test_no_tool_is_added_where_there_is_no_list_for_it(px, up):
    """A paying client that does not stream, with its tools in an item."""
    body = {**scripts(samples.rows(150, "nowhere")), "stream": False}
    sent(px, body, samples.BEARER)
    assert "tools" not in up.requests[0].json
    assert b"headroom_retrieve" not in up.requests[0].body
