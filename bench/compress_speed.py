#!/usr/bin/env python3
"""How fast each kind of tool output is made smaller, and whether the time grows with the text alone.

    python3 bench/compress_speed.py --lib build/libheadroom.so [--kind "app log"]
    python3 bench/compress_speed.py --data FOLDER            recorded outputs, listed in its manifest.json

Texts of 10 KB, 100 KB, 1 MB and 10 MB of each kind; of recorded outputs those of one kind put behind each
other, again and again (JSON: elements of one array). For each size: MB/s of processor time, the best of some
runs. `growth` is the time a byte takes in the largest text over that in the one of 100 KB: 1 is linear, and above
2 is marked. `s` is the processor time of the largest text; above one second it is marked. The exit code tells if anything is marked.
"""

import argparse
import collections
import json
import os
import sys
import time

import made_outputs
from lib import Headroom

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
GROWTH_MOST = 2.0
SECONDS_MOST = 1.0


def as_json(texts):
    """The texts as JSON values, None if one of them is none."""
    try:
        return [json.dumps(json.loads(t), ensure_ascii=False).encode() for t in texts]
    except ValueError:
        return None


def made(texts, size):
    """The texts over and over, up to `size` bytes and whole lines or values."""
    values = as_json(texts)
    parts, total, i = [], 0, 0
    pieces = values or [t if t.endswith(b"\n") else t + b"\n" for t in texts]
    pieces = sorted(pieces, key=len)
    while total < size:
        parts.append(pieces[i % len(pieces)])
        total += len(parts[-1]) + 1
        i += 1
    if values:
        while len(parts) > 1 and total > size * 1.5:
            total -= len(parts.pop()) + 1
        return b"[" + b",".join(parts) + b"]"
    whole = b"".join(parts)
    cut = whole.rfind(b"\n", 0, size)
    return whole[: cut + 1] if cut > size // 2 else whole[:size]


def seconds(h, text, query):
    """The best of at least two runs and a fifth of a second."""
    best, total, runs = None, 0.0, 0
    while runs < 2 or total < 0.2:
        t = time.process_time()
        r = h.compress(text, query)
        t = time.process_time() - t
        best = t if best is None else min(best, t)
        total, runs = total + t, runs + 1
    return max(best, 1e-6), r


def recorded(folder):
    """{kind: (text of a size, a question)} of the outputs that the folder's manifest.json lists."""
    per, query = collections.defaultdict(list), {}
    with open(os.path.join(folder, "manifest.json")) as f:
        for it in json.load(f):
            with open(os.path.join(folder, it["file"]), "rb") as g:
                per[it["kind"]].append(g.read())
            query.setdefault(it["kind"], it["query"])
    return {k: (lambda size, texts=texts: made(texts, size), query[k]) for k, texts in per.items()}


def generated():
    return {k: (lambda size, k=k: made_outputs.output(k, size), "where is the archive") for k in made_outputs.LINES}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", help="folder with manifest.json and the outputs it lists")
    ap.add_argument("--lib")
    ap.add_argument("--kind", action="append")
    ap.add_argument("--largest", type=int, default=SIZES[-1], help="leave out larger texts")
    a = ap.parse_args()
    h = Headroom(a.lib)
    kinds = recorded(a.data) if a.data else generated()
    sizes = [s for s in SIZES if s <= a.largest]
    print(f"{'kind':18}" + "".join(f"{s // 1000:>8} KB" for s in sizes) + f"{'growth':>9}{'s':>8}  outcome   (MB/s)")
    marked = 0
    for kind in sorted(kinds, key=str.lower):
        if a.kind and kind not in a.kind:
            continue
        text_of, query = kinds[kind]
        rate, each = [], []
        for size in sizes:
            text = text_of(size)
            t, r = seconds(h, text, query)
            each.append((len(text), t))
            rate.append(len(text) / t / 1e6)
        base = each[1 if len(each) > 2 else 0]
        growth = each[-1][1] / each[-1][0] / (base[1] / base[0])
        bad = growth > GROWTH_MOST or each[-1][1] > SECONDS_MOST
        marked += bad
        print(
            f"{kind:18}" + "".join(f"{v:11.1f}" for v in rate) + f"{growth:9.2f}{each[-1][1]:8.2f}"
            f"  {r['kind']} {r['reason']}{'  !' if bad else ''}",
            flush=True,
        )
    return marked > 0


if __name__ == "__main__":
    sys.exit(main())
