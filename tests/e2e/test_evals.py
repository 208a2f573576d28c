"""`headroom evals` from outside: generated documents, own folders, conversations, recordings."""

import json
import re
import xml.etree.ElementTree as ET

import pytest

import samples
from support import run_cli


def evals(home, *args):
    code, out, err = run_cli("evals", *args, "--json-output", "r.json", home=home, timeout=280)
    return code, out.decode(), json.loads((home / "r.json").read_text())


@pytest.fixture
def home(tmp_path):
    return tmp_path


@pytest.mark.parametrize("what", ["probes", "retention", "adversarial", "roundtrip", "needles"])
def test_each_evaluation_passes_on_small_documents(home, what):
    code, out, report = evals(home, what, "--max-rows", "50")
    assert code == 0 and report["all_passed"], out
    for b in report["benchmarks"]:
        assert b["passed"] and b["total_cases"] > 0 and b["evidence"]["lost"] == 0
        e = b["evidence"]
        assert e["total"] == e["visible"] + e["retrievable"] + e["lost"]
        assert e["visible_95"][0] <= e["visible_rate"] <= e["visible_95"][1]
        assert b["saved_95"][0] <= b["saved_share"] + 1e-4 and b["saved_share"] <= b["saved_95"][1] + 1e-4


def test_the_needle_grid_is_whole(home):
    _, _, report = evals(home, "needles", "--max-rows", "200")
    groups = {(g["by"], g["name"]) for g in report["benchmarks"][0]["groups"]}
    assert {n for b, n in groups if b == "content"} == {"json_array", "nested", "log", "search", "diff", "csv", "plain"}
    assert {n for b, n in groups if b == "rows"} == {"50", "200"}
    assert {n for b, n in groups if b == "position"} == {"0%", "25%", "50%", "75%", "100%"}
    asked = next(g for g in report["benchmarks"][0]["groups"] if g["name"] == "asked_for_id")
    assert asked["evidence"]["visible"] == asked["evidence"]["total"] > 0


def test_no_payload_is_kept_better_than_harmless_text(home):
    _, _, report = evals(home, "adversarial")
    rows = {s["payload_class"]: s for s in report["benchmarks"][0]["summaries"]}
    assert len(rows) == 7 and all(s["cells"] == 54 and s["suppressed_cells"] == 0 for s in rows.values())


def test_the_report_is_one_page_that_needs_nothing_else(home):
    assert run_cli("evals", "retention", "--html", "r.html", home=home)[0] == 0
    page = (home / "r.html").read_text()
    assert not re.search(r"<script|https?:|src=|@import|url\(", page)
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ET.fromstring(svg)
    assert page.count("<svg") >= 3 and "<polyline" in page


def test_a_folder_gets_the_card_the_figures_and_the_page(home):
    code, out, err = run_cli("evals", "needles", "--max-rows", "50", "-o", "reports/today", home=home)
    assert code == 0, err
    folder = home / "reports" / "today"
    assert {p.name for p in folder.iterdir()} == {"report_card.md", "results.json", "report.html"}
    results = json.loads((folder / "results.json").read_text())
    total = results["summary"]
    assert (total["total_benchmarks"], total["passed"], total["failed"]) == (1, 1, 0)
    assert total["total_tokens_saved"] == results["benchmarks"][0]["total_tokens_saved"] > 0
    row = next(r for r in (folder / "report_card.md").read_text().splitlines() if r.startswith("| needles |"))
    cells = [c.strip() for c in row.strip("|").split("|")]
    assert cells[1] == str(results["benchmarks"][0]["total_cases"]) and cells[-1] == "PASS"
    assert cells[5] == str(total["total_tokens_saved"])


def test_the_same_seed_gives_the_same_report(home):
    def report(seed):
        r = evals(home, "probes", "--seed", seed)[2]
        assert r.pop("duration_seconds") >= 0
        return r

    assert report("7") == report("7") != report("8")


def test_a_folder_of_outputs(home):
    (home / "out" / "deep").mkdir(parents=True)
    (home / "out" / "pods.json").write_text(samples.rows(400, "evals"))
    (home / "out" / "deep" / "app.log").write_text(samples.log(1500, "evals"))
    (home / "out" / "image.bin").write_bytes(b"\x00\x01" * 500)
    code, out, report = evals(home, "retention", "--data", "out")
    b = report["benchmarks"][0]
    assert code == 0 and b["total_cases"] == 2 and b["skipped_inputs"] == 1, out
    assert b["saved_share"] > 0.5 and b["evidence"]["total"] > 100 and b["evidence"]["lost"] == 0
    assert {g["name"] for g in b["groups"] if g["by"] == "kind"} == {"json", "log"}


def test_a_folder_with_needles(home):
    (home / "out").mkdir()
    rows = samples.rows(400, "needles")
    (home / "out" / "pods.json").write_text(rows)
    name = json.loads(rows)[77]["name"]
    entry = {"file": "pods.json", "kind": "pods", "query": f"what about {name}?", "needles": [name, "not in there"]}
    (home / "out" / "needles.json").write_text(
        json.dumps([entry, {"file": "../secret", "needles": []}, {"file": "gone", "needles": []}])
    )
    code, _, report = evals(home, "retention", "--data", "out")
    b = report["benchmarks"][0]
    assert code == 0 and b["evidence"]["visible"] == b["evidence"]["total"] == 1 and b["skipped_inputs"] == 2
    assert [g["name"] for g in b["groups"] if g["by"] == "kind"] == ["pods"]


def test_questions_as_json_lines(home):
    (home / "sets").mkdir()
    item = {"context": samples.rows(300, "qa"), "question": "which pod?", "evidence": ["OOMKilled"], "kind": "pods"}
    (home / "sets" / "qa.jsonl").write_text("\n".join([json.dumps(item)] * 3) + "\nnot json\n")
    _, _, report = evals(home, "retention", "--data", "sets")
    b = report["benchmarks"][0]
    assert b["total_cases"] == 3 and b["evidence"]["visible"] == 3 and b["skipped_inputs"] == 1


def session(kind, text):
    """One tool call and its result, as different programs write it down."""
    call = {"type": "tool_use", "id": "c1", "name": "Bash", "input": {"command": "cat"}}
    result = {"type": "tool_result", "tool_use_id": "c1", "content": text}
    messages = [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": "done"},
    ]
    if kind == "messages":
        return json.dumps(messages, indent=1)
    if kind == "lines":
        return "\n".join(json.dumps(m) for m in messages)
    if kind == "claude":
        rows = [{"type": "summary", "summary": "x"}] + [{"type": m["role"], "message": m, "isSidechain": False} for m in messages]
        return "\n".join(json.dumps(r) for r in rows)
    body = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 9,
        "tools": [{"name": "Bash", "input_schema": {"type": "object"}}],
        "messages": messages,
    }
    if kind == "body":
        return json.dumps(body)
    return json.dumps(
        {
            "id": "talk-1",
            "format": "anthropic-messages",
            "cuts": [1, 3],
            "body": {**body, "messages": messages[:3]},
            "needles": [{"turn": 1, "needle": "ledger-main", "tool_call_id": "c1"}],
        }
    )


@pytest.mark.parametrize("kind", ["messages", "lines", "claude", "body", "conversation"])
def test_transcripts_in_every_form(home, kind):
    lines = "".join(
        f"2024-03-05 10:{i // 60:02}:{i % 60:02} INFO job={i} took_ms={i * 7} path=/srv/data/part{i}/x\n" for i in range(500)
    )
    (home / "t.jsonl").write_text(session(kind, lines + "ERROR ledger-main is down\n"))
    code, out, report = evals(home, "probes", "--transcript", "t.jsonl")
    b = report["benchmarks"][0]
    assert code == 0 and b["total_cases"] == 1 and b["evidence"]["lost"] == 0, out
    kinds = {g["name"]: g["evidence"] for g in b["groups"] if g["by"] == "kind"}
    assert kinds["errors"]["visible"] == kinds["errors"]["total"] == 1
    assert kinds["numbers"]["total"] > 100 and kinds["links, paths, ids"]["total"] > 100
    assert ("quoted later" in kinds) == (kind == "conversation")


def test_recordings_tell_lost_from_retrievable(home):
    def event(before, after, compressed):
        result = {
            "role": "tool",
            "tool_call_id": "a",
            "content": "disk=91\n/var/lib/app/data.db is 7f3c9aa01b\nERROR no space left\n",
        }
        return json.dumps(
            {
                "tokens_before": before,
                "tokens_after": after,
                "transforms_applied": ["rows"],
                "original_messages": [result],
                "compressed_messages": [{**result, "content": compressed}],
            }
        )

    (home / "rec").mkdir()
    rec = home / "rec" / "compression-events-1.jsonl"
    marker = "[2 lines compressed to 1. Retrieve more: hash=0123456789abcdef01234567]"
    rec.write_text(
        "\n".join([event(100, 20, "ERROR no space left\n" + marker), event(100, 60, "disk=91"), "broken", event(0, 0, "")])
    )
    code, out, report = evals(home, "probes", "--recordings", "rec")
    b = report["benchmarks"][0]
    ratio = {g["name"]: g["evidence"] for g in b["groups"] if g["by"] == "ratio"}
    assert code == 1 and b["total_cases"] == 2 and b["skipped_inputs"] == 2, out
    assert ratio["0-0.25"] == {**ratio["0-0.25"], "total": 4, "visible": 1, "retrievable": 3, "lost": 0}
    assert ratio["0.5-0.75"] == {**ratio["0.5-0.75"], "total": 4, "visible": 1, "retrievable": 0, "lost": 3}
    assert {"transform", "kind", "ratio"} == {g["by"] for g in b["groups"]}


def test_mistakes_are_told(home):
    assert run_cli("evals", home=home)[0] == 2
    assert run_cli("evals", "everything", home=home)[0] == 2
    assert run_cli("evals", "needles", "--recordings", "x", home=home)[0] == 2
    assert run_cli("evals", "suite", "--tier", "4", home=home)[0] == 2
    for flag in ("--data", "--transcript"):
        code, _, err = run_cli("evals", "retention", flag, "gone", home=home)
        assert code == 1 and b"gone: no such" in err
    (home / "empty").mkdir()
    code, out, _ = run_cli("evals", "retention", "--data", "empty", home=home)
    assert code == 1 and b"no file could be used" in out
    code, _, err = run_cli("evals", "probes", "--html", "no/such/folder.html", home=home)
    assert code == 1 and b"no/such/folder.html" in err


def test_the_suite_lists_what_it_skips_and_writes_nothing_else(home):
    code, out, report = evals(home, "suite", "--ci", "--max-rows", "50", "--tier", "2")
    assert code == 0 and out.count("PASS") == len(report["benchmarks"]) == 7
    assert len(report["skipped"]) == 2 and "HotpotQA" in report["skipped"][1]
    assert [p.name for p in home.rglob("*") if p.is_file()] == ["r.json"]
