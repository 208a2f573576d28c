#!/usr/bin/env python3
"""What the compressors save on real tool outputs, and whether the facts in them stay findable.

    python3 bench/toolouts.py --data ../shared/data [--kind api_json] [--worst 10] [--lossless]

Per kind: tokens (o200k_base) before and after, needles still visible (with a 95 % interval), needles that can
only be retrieved, lost ones, outputs larger than their input, originals that did not come back byte for byte.
A `"key": value` needle counts as visible when key and value both are.

--data is any folder with a manifest.json, a list of {"id", "file", "kind", "query", "needles"}. Optional are "command",
the shell command that printed the file, and "needle_kind", the sort of fact, which --by needle_kind groups by. A file
may stand in several rows, one for each question. --lines counts a needle that is a whole line as visible when
one line has all of its words, as a table has them. --markup counts a needle with tags as visible when its words are
there in their order, as the Markdown of a page has them.
"""

import argparse
import collections
import html
import json
import math
import os
import re
import time

from lib import Headroom


def visible(needle, text):
    if needle in text:
        return True
    m = re.fullmatch(r'\s*"((?:[^"\\]|\\.)*)"\s*:\s*(.*?),?\s*', needle, re.S)
    if m:
        v = m.group(2).strip()
        v = v[1:-1] if len(v) > 1 and v[0] == v[-1] == '"' else v
        return m.group(1) in text and v in text
    return False


ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def in_one_line(needle, words_of_lines):
    words = set(needle.split())
    return any(words <= line for line in words_of_lines)


def words_of(markup):
    return " ".join(re.findall(r"\w+", html.unescape(re.sub(r"<[^>]*>", " ", markup))))


def wilson(k, n, z=1.96):
    if not n:
        return 0.0, 1.0
    p, d = k / n, 1 + z * z / n
    mid, half = (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return mid - half, mid + half


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--kind", action="append")
    ap.add_argument("--by", default="kind", choices=["kind", "needle_kind"])
    ap.add_argument("--lines", action="store_true", help="a line is visible when one line has all of its words")
    ap.add_argument("--markup", action="store_true", help="a needle with tags is visible when its words are")
    ap.add_argument("--worst", type=int, default=0, help="list the items with the most tokens left")
    ap.add_argument("--missing", action="store_true", help="list needles that are not visible")
    ap.add_argument("--lossless", action="store_true")
    ap.add_argument("--lib")
    ap.add_argument("--keep", help="folder for the compressed texts")
    a = ap.parse_args()
    h = Headroom(a.lib)
    items = json.load(open(os.path.join(a.data, "manifest.json")))
    rows, per = [], collections.OrderedDict()
    for it in items:
        if a.kind and it["kind"] not in a.kind:
            continue
        raw = open(os.path.join(a.data, it["file"]), "rb").read()
        t = time.perf_counter()
        cmd = it.get("command")
        r = h.compress(
            raw,
            it["query"],
            tool_name="Bash" if cmd else "",
            tool_input=json.dumps({"command": cmd}) if cmd else "",
            lossless=a.lossless,
        )
        ms = (time.perf_counter() - t) * 1000
        out = r["text"].decode("utf-8", "replace")
        out += "\n" + ANSI.sub("", out)
        seen = [visible(n, out) for n in it["needles"]]
        if a.lines and not all(seen):
            rows_of_words = [set(re.split(r"[\s,|;]+", x)) for x in out.splitlines()]
            seen = [s or in_one_line(n, rows_of_words) for n, s in zip(it["needles"], seen)]
        if a.markup and not all(seen):
            words = words_of(out)
            seen = [s or ("<" in n and bool(words_of(n)) and words_of(n) in words) for n, s in zip(it["needles"], seen)]
        back = h.retrieve(r["hash"]) if r["lossy"] else raw
        rows.append(
            {
                "id": it["id"],
                "kind": it["kind"],
                "by": it.get(a.by, ""),
                "as": r["kind"],
                "reason": r["reason"],
                "before": r["before"],
                "after": r["after"],
                "needles": len(seen),
                "visible": sum(seen),
                "lost": 0 if back == raw and r["lossy"] else len(seen) - sum(seen),
                "bigger": r["after"] > r["before"] or len(r["text"]) > len(raw),
                "back": back == raw,
                "ms": ms,
                "bytes": len(raw),
                "gone": [n for n, s in zip(it["needles"], seen) if not s],
            }
        )
        if a.keep:
            os.makedirs(a.keep, exist_ok=True)
            with open(os.path.join(a.keep, it["id"].replace("/", "_") + ".txt"), "wb") as f:
                f.write(r["text"])
    for r in rows:
        per.setdefault(r["by"], []).append(r)
    print(
        f"{'kind':18}{'items':>6}{'before':>10}{'after':>10}{'saved':>8}{'needles':>9}{'visible':>9}{'95 %':>13}{'lost':>6}{'bigger':>8}{'not back':>9}"
    )

    def line(name, rs):
        b, f, n, v = (sum(r[k] for r in rs) for k in ("before", "after", "needles", "visible"))
        print(
            f"{name:18}{len(rs):6}{b:10}{f:10}{100 * (1 - f / max(1, b)):7.1f}%{n:9}{100 * v / max(1, n):8.1f}%{100 * wilson(v, n)[0]:7.1f}-{100 * wilson(v, n)[1]:<5.1f}"
            f"{sum(r['lost'] for r in rs):6}{sum(r['bigger'] for r in rs):8}{sum(not r['back'] for r in rs):9}"
        )

    for k in sorted(per):
        line(k, per[k])
    line("ALL", rows)
    for r in sorted(rows, key=lambda r: -r["after"])[: a.worst]:
        print(
            f"  {r['id']:40} {r['kind']:14} as {r['as']:8} {r['reason']:16} {r['before']:8} -> {r['after']:8}  {r['visible']}/{r['needles']}  {r['ms']:.0f} ms"
        )
    if a.missing:
        for r in rows:
            for n in r["gone"]:
                print(f"  {r['id']:40} {r['reason']:16} not visible: {n[:120]!r}")


if __name__ == "__main__":
    main()
