"""Where the tool call shows the command, its output gets the form made for that program."""

import json
from pathlib import Path

import pytest

import samples
from support import run_cli

DATA = Path(__file__).resolve().parents[1] / "data" / "commands"
PODS = (DATA / "kubectl-pods.txt").read_text()
PIP = (DATA / "pip-list.txt").read_text()
ALIGNED = "[aligned table of 100 rows, nothing left out"


def with_command(body, command):
    """The same conversation in which the model ran this command."""
    text = json.dumps(body)
    return json.loads(text.replace("step 0", command))


@pytest.mark.parametrize("dialect", samples.DIALECTS)
def test_the_command_of_a_call_chooses_the_view(px, up, dialect):
    path, make, headers = samples.DIALECTS[dialect]
    up.reset()
    # pip's short list is plain text to the eye: only the command tells that it is a table
    for command, view in (("cd app && pip list 2>/dev/null | cat", True), ("cat packages.txt", False)):
        question = f"What is installed? Ask {dialect} {view}."
        px.post(path, with_command(make([PIP], question), command), dict(headers))
        sent = samples.results_of(up.requests[-1].json)[0]
        assert (ALIGNED in sent) == view
        assert view or sent == PIP


def test_a_local_shell_call_chooses_the_view(px, up):
    up.reset()
    body = samples.responses([PODS], "Which pods are in trouble?")
    for item in body["input"]:
        if item["type"] == "function_call":
            action = {"type": "exec", "command": ["bash", "-lc", "kubectl get pods -A -o wide"], "env": {}}
            item.clear()
            item.update({"type": "local_shell_call", "call_id": "call_0", "status": "completed", "action": action})
        elif item["type"] == "function_call_output":
            item["type"] = "local_shell_call_output"
    px.post("/v1/responses", body, dict(samples.BEARER))
    sent = json.dumps(up.requests[-1].json)
    assert "rows omitted" in sent
    for trouble in ("CrashLoopBackOff", "ImagePullBackOff", "214 (3m12s ago)", "Running x83"):
        assert trouble in sent
    assert sent.count("Pending ") >= 2


def test_compress_api_reads_the_calls_in_the_messages(px):
    messages = with_command(samples.chat([PIP], "What is installed here?"), "pip list")["messages"]
    got = px.post("/v1/compress", {"model": "gpt-4o", "messages": messages}).json
    assert ALIGNED in json.dumps(got["messages"])


def test_compress_command_is_told_the_command(tmp_path):
    code, out, err = run_cli("compress", "--command", "pip list", stdin=PIP.encode(), home=str(tmp_path))
    assert code == 0 and out.decode().startswith(ALIGNED) and b"table:columns" in err
    code, out, _ = run_cli("compress", stdin=PIP.encode(), home=str(tmp_path))
    assert code == 0 and out.decode() == PIP
