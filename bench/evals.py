#!/usr/bin/env python3
"""What is saved on question sets, and whether the passages that bear the answers stay visible.

    python3 bench/evals.py --data ../shared/data/evals [--set qmsum] [--lost 20]

Every item's context goes through the compressor as a tool result with the item's question as the query. Per set:
items, items that changed, tokens before and after, evidence strings that are still visible, that can only be
retrieved, that are lost; and the share of items whose evidence is all visible. Evidence inside a JSON string
counts as visible when its JSON spelling is, and a CSV cell when it is there without its quotes.
"""

import argparse
import collections
import glob
import json
import os

from lib import Headroom


def visible(evidence, out):
    if evidence in out:
        return True
    for ascii_only in (False, True):
        if json.dumps(evidence, ensure_ascii=ascii_only)[1:-1] in out:
            return True
    return evidence.replace('""', '"') in out


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--set", action="append")
    ap.add_argument("--lib")
    ap.add_argument("--lost", type=int, default=0, help="list so many items with evidence that is not visible")
    ap.add_argument("--lossless", action="store_true")
    ap.add_argument("--keep", help="folder for the compressed contexts")
    ap.add_argument("--json", action="store_true", help="print the table as JSON")
    a = ap.parse_args()
    h = Headroom(a.lib)
    per, gone = collections.OrderedDict(), []
    for path in sorted(glob.glob(os.path.join(a.data, "*.jsonl"))):
        name = os.path.basename(path)[:-6]
        if a.set and name not in a.set:
            continue
        row = per[name] = collections.Counter()
        for line in open(path, encoding="utf-8"):
            it = json.loads(line)
            raw = it["context"].encode()
            r = h.compress(raw, it["question"], lossless=a.lossless)
            out = r["text"].decode("utf-8", "replace")
            back = h.retrieve(r["hash"]) == raw if r["lossy"] else True
            hidden = [e for e in it["evidence"] if e in it["context"] and not visible(e, out)]
            present = sum(e in it["context"] for e in it["evidence"])
            row["items"] += 1
            row["changed"] += r["changed"]
            row["lossy"] += r["lossy"]
            row["before"] += r["before"]
            row["after"] += r["after"]
            row["evidence"] += present
            row["visible"] += present - len(hidden)
            row["retrievable" if r["lossy"] and back else "lost"] += len(hidden)
            row["kept_items"] += not hidden
            row["not_back"] += not back
            row["bigger"] += r["after"] > r["before"] or len(r["text"]) > len(raw)
            if hidden:
                gone.append((it["id"], r["reason"], r["before"], r["after"], it["question"], hidden))
            if a.keep:
                os.makedirs(a.keep, exist_ok=True)
                with open(os.path.join(a.keep, it["id"] + ".txt"), "wb") as f:
                    f.write(r["text"])
    total = collections.Counter()
    for row in per.values():
        total.update(row)
    per["ALL"] = total
    if a.json:
        print(json.dumps(per))
        return
    print(
        f"{'set':20}{'items':>6}{'changed':>8}{'before':>9}{'after':>9}{'saved':>8}{'evidence':>9}{'visible':>9}{'retr.':>6}{'lost':>5}"
        f"{'whole items':>12}{'bigger':>7}{'not back':>9}"
    )
    for name, r in per.items():
        print(
            f"{name:20}{r['items']:6}{r['changed']:8}{r['before']:9}{r['after']:9}{100 * (1 - r['after'] / max(1, r['before'])):7.1f}%"
            f"{r['evidence']:9}{100 * r['visible'] / max(1, r['evidence']):8.2f}%{r['retrievable']:6}{r['lost']:5}"
            f"{100 * r['kept_items'] / max(1, r['items']):11.2f}%{r['bigger']:7}{r['not_back']:9}"
        )
    for ident, reason, before, after, question, hidden in gone[: a.lost]:
        print(
            f"  {ident:28} {reason:14} {before} -> {after}  {question[:100]!r}\n"
            + "".join(f"      {e[:140]!r}\n" for e in hidden[:4]),
            end="",
        )


if __name__ == "__main__":
    main()
