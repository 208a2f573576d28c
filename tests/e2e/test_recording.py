"""x-headroom-mode: simulate, and compression events recorded for the evaluations."""

import json
import os
import stat

import samples
from support import run_cli, wait_until


def body(name):
    return json.dumps(samples.anthropic([samples.rows(200, name)])).encode()


def test_simulate_sends_the_received_bytes_and_says_what_would_be_saved(px, up):
    sent = body("simulated")
    stored = px.get("/v1/retrieve/stats").json["store"]["entry_count"]
    before = px.get("/stats").json["session"]["tokens_saved_total"]
    r = px.post("/v1/messages", sent, {**samples.KEY, "x-headroom-mode": "simulate"})
    assert r.status == 200 and up.requests[-1].body == sent
    assert r.headers["x-headroom-simulated"] == "true"
    assert int(r.headers["x-headroom-tokens-saved"]) > 0
    assert int(r.headers["x-headroom-tokens-after"]) < int(r.headers["x-headroom-tokens-before"])
    assert r.headers["x-headroom-transforms"].startswith("json:")
    stats = px.get("/stats").json
    assert stats["session"]["tokens_saved_total"] == before
    newest = stats["recent_requests"][0]
    assert newest["mode"] == "simulate" and newest["tokens_saved"] == 0
    assert newest["tokens_input_after_simulated"] == int(r.headers["x-headroom-tokens-after"])
    assert px.get("/v1/retrieve/stats").json["store"]["entry_count"] == stored
    # what was only simulated binds nobody: the real request is decided afresh
    real = px.post("/v1/messages", sent, samples.KEY)
    assert real.headers["x-headroom-tokens-after"] == r.headers["x-headroom-tokens-after"]
    assert up.requests[-1].body != sent


def test_recorded_events_are_private_and_feed_the_evaluation(make_proxy, up, tmp_path):
    folder = tmp_path / "deep" / "events"
    secret = "sk-ant-api03-" + "a1B2" * 12
    p = make_proxy(env={"HEADROOM_PROBE_RECORD_DIR": str(folder)})
    request = samples.anthropic([samples.rows(200, "recorded")])
    request["messages"][0]["content"] = f"the key is {secret}, look"
    assert p.post("/v1/messages", json.dumps(request, indent=1).encode(), samples.KEY).status == 200
    p.post("/v1/messages", json.dumps(samples.anthropic(["short"])).encode(), samples.KEY)
    file = folder / f"compression-events-{p.process.pid}.jsonl"
    wait_until(lambda: file.exists() and file.stat().st_size, what="the recorded event")
    p.process.terminate()
    p.process.wait(20)
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600 and stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    lines = file.read_text().splitlines()
    assert len(lines) == 1 and secret not in lines[0]
    event = json.loads(lines[0])
    assert event["tokens_after"] < event["tokens_before"] and event["transforms_applied"]
    assert len(event["original_messages"]) == len(event["compressed_messages"])
    code, out, err = run_cli("evals", "probes", "--recordings", str(folder), "--json-output", "r.json", home=tmp_path)
    assert code == 0, (out, err)
    suite = json.loads((tmp_path / "r.json").read_text())["benchmarks"][-1]
    assert suite["total_cases"] == 1 and suite["evidence"]["total"] > 0 and suite["evidence"]["lost"] == 0


def test_nothing_is_recorded_unless_asked_for(make_proxy, up, tmp_path):
    p = make_proxy(home=tmp_path)
    assert p.post("/v1/messages", body("unrecorded"), samples.KEY).status == 200
    p.process.terminate()
    p.process.wait(20)
    assert not list(tmp_path.rglob("compression-events-*"))


def test_a_folder_that_is_no_use_only_costs_a_warning(make_proxy, up, tmp_path):
    (tmp_path / "file").write_text("x")
    p = make_proxy(env={"HEADROOM_PROBE_RECORD_DIR": str(tmp_path / "file" / "events")})
    assert p.post("/v1/messages", body("warned"), samples.KEY).status == 200
    assert "event=recording_off" in p.output()
