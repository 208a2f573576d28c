#!/usr/bin/env python3
"""What POST /v1/compress makes of typical tool results: tokens, time, facts in sight, originals.

    bench/workloads.py                          recorded workloads if they are there, else our own
    bench/workloads.py --workloads DIR          JSON files with name, model, messages, needles
    bench/workloads.py --url http://…:8787      a proxy that is running already

Tokens are counted here by `headroom count` over every text of the messages, not taken from the answer.
Each hash the answer shows is fetched, and must be one of the originals byte for byte.
"""

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import made  # noqa: E402
import targets as t  # noqa: E402

HASH = re.compile(r"(?:hash=|<<ccr:)([0-9a-f]{24})")
REACH = {
    "code_search_100": 90,
    "code_search_flat_100": 90,
    "sre_incident": 80,
    "issue_triage": 60,
    "demo_logs_100": 90,
    "app_log_2000": 95,
}


def texts(messages):
    """Everything a model reads, call arguments included."""
    for m in messages:
        content = m.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
        for b in blocks:
            if b.get("type") == "tool_use":
                yield json.dumps(b["input"])
            inner = b.get("content")
            yield from [inner] if isinstance(inner, str) else [x.get("text", "") for x in inner or []]
            if isinstance(b.get("text"), str):
                yield b["text"]
        for call in m.get("tool_calls") or []:
            yield call["function"]["arguments"]


def count(messages, model):
    joined = "\n".join(texts(messages))
    binary = os.environ.get("HEADROOM_BIN") or str(t.ROOT / "build" / "headroom")
    p = subprocess.run([binary, "count", "--model", model], input=joined.encode(), stdout=subprocess.PIPE, check=True)
    return int(p.stdout.split()[0])


class Server:
    def __init__(self, host, port):
        self.c = http.client.HTTPConnection(host, port, timeout=120)

    def ask(self, method, path, body=None):
        start = time.perf_counter()
        self.c.request(method, path, json.dumps(body) if body is not None else None, {"content-type": "application/json"})
        r = self.c.getresponse()
        data = r.read()
        return r.status, data, 1000 * (time.perf_counter() - start)


def recorded():
    found = sorted((t.ROOT.parent / "shared" / "bench" / "workloads").glob("*.json"))
    return [json.loads(f.read_text()) for f in found]


def varied(messages, k):
    """The same shapes with other digits, so that nothing is remembered."""
    text = json.dumps(messages)
    return json.loads(re.sub(r"(?<=[a-z_-])(\d)(?=\d{3})", lambda m: str((int(m.group(1)) + k) % 9 + 1), text))


def one(server, w, repeat):
    status, data, _ = server.ask("POST", "/v1/compress", {"model": w["model"], "messages": w["messages"]})
    row = {"name": w["name"], "status": status}
    if status != 200:
        return {**row, "error": data[:300].decode(errors="replace")}
    answer = json.loads(data)
    out = answer["messages"]
    seen, originals = "\n".join(texts(out)), set(texts(w["messages"]))
    shown = sorted(set(HASH.findall(seen)))
    back = {}
    for h in shown:
        s, d, _ = server.ask("GET", f"/v1/retrieve/{h}")
        back[h] = s == 200 and json.loads(d)["original_content"] in originals
    ms = [
        server.ask("POST", "/v1/compress", {"model": w["model"], "messages": varied(w["messages"], k)})[2]
        for k in range(1, repeat + 1)
    ]
    before, after = count(w["messages"], w["model"]), count(out, w["model"])
    return {
        **row,
        "before": before,
        "after": after,
        "saved_percent": round(100 * (1 - after / before), 1),
        "reported": [answer["tokens_before"], answer["tokens_after"]],
        "transforms": answer["transforms_applied"],
        "ms": round(statistics.median(ms), 2),
        "needles_lost": [n for n in w["needles"] if n not in seen],
        "hashes": len(shown),
        "hashes_listed": len(answer["ccr_hashes"]),
        "lost_originals": [h for h, ok in back.items() if not ok],
        "reach": w.get("reach", REACH.get(w["name"])),
    }


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--workloads", help="folder of JSON files")
    ap.add_argument("--made", action="store_true", help="our own workloads, also where recorded ones are")
    ap.add_argument("--url", help="a running proxy")
    ap.add_argument("--flag", action="append", default=[], help="flag for the proxy that is started")
    ap.add_argument("--repeat", type=int, default=5)
    ap.add_argument("--out", default=str(t.OUT / "workloads.json"))
    a = ap.parse_args()
    sets = (
        [json.loads(f.read_text()) for f in sorted(Path(a.workloads).glob("*.json"))]
        if a.workloads
        else []
        if a.made
        else recorded()
    )
    sets = sets or list(made.workloads())
    program = None
    if a.url:
        host, port = a.url.removeprefix("http://").rstrip("/").split(":")
    else:
        program = t.ours(1, 1, *a.flag)
        program.wait()
        host, port = "127.0.0.1", program.port
    rows = []
    print(f"{'workload':<24}{'before':>8}{'after':>8}{'saved':>8}  {'reach':>6}{'ms':>9}  originals  needles", flush=True)
    try:
        for w in sets:
            r = one(Server(host, int(port)), w, a.repeat)
            rows.append(r)
            if "error" in r:
                print(f"{r['name']:<24}{r['status']}  {r['error']}")
                continue
            reach = f"{r['reach']}%" + ("" if r["saved_percent"] >= r["reach"] else "!") if r["reach"] else ""
            kept = "none left out" if not r["hashes"] else f"{r['hashes'] - len(r['lost_originals'])} of {r['hashes']}"
            print(
                f"{r['name']:<24}{r['before']:>8}{r['after']:>8}{r['saved_percent']:>7}%  {reach:>6}{r['ms']:>9}  {kept:<13}  {'all seen' if not r['needles_lost'] else 'LOST ' + ', '.join(r['needles_lost'])}  {', '.join(sorted(set(r['transforms'])))}",
                flush=True,
            )
    finally:
        if program:
            program.stop()
    t.OUT.mkdir(parents=True, exist_ok=True)
    Path(a.out).write_text(json.dumps(rows, indent=1))
    bad = [
        r["name"]
        for r in rows
        if "error" in r or r["needles_lost"] or r["lost_originals"] or (r["reach"] and r["saved_percent"] < r["reach"])
    ]
    print(f"\nnot as it should be: {', '.join(bad)}" if bad else "\nall as it should be")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
