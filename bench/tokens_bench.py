#!/usr/bin/env python3
"""Ours beside Python tiktoken, same files, same run, one thread each, in processor time; counts must agree.

    ninja -C build tokens_bench && bench/tokens_bench.py build/tokens_bench PATH...

tiktoken has to be installed; it gets the rank files of third_party/cache, so nothing is fetched.
Only files that are valid UTF-8 are compared, as tiktoken takes text, not bytes.
"""

import base64
import gzip
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tiktoken
import tiktoken_ext.openai_public as published

RANKS = Path(__file__).resolve().parent.parent / "third_party" / "cache" / "ranks"


def encoding(name):
    lines = gzip.open(RANKS / f"{name}.tiktoken.gz").read().split(b"\n")
    ranks = {base64.b64decode(t): int(r) for t, r in (l.split() for l in lines if l)}
    published.load_tiktoken_bpe = lambda *a, **k: ranks
    made = getattr(published, name)()
    made["special_tokens"] = {}
    made.pop("explicit_n_vocab", None)
    return tiktoken.Encoding(**made)


def files(paths):
    for path in map(Path, paths):
        for f in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if f.is_file():
                yield f


def main():
    program, *paths = sys.argv[1:]
    texts = []
    with tempfile.TemporaryDirectory() as folder:
        for f in files(paths):
            try:
                data = f.read_bytes()
                texts.append(data.decode())
            except UnicodeDecodeError:
                continue
            Path(folder, f"{len(texts):06}").write_bytes(data)
        ours = subprocess.run([program, folder], check=True, capture_output=True, text=True).stdout
    print(ours, end="")
    size = sum(len(t.encode()) for t in texts)
    for name in ("o200k_base", "cl100k_base"):
        enc, best = encoding(name), float("inf")
        for _ in range(3):
            start = time.process_time()
            count = sum(len(enc.encode_ordinary(t)) for t in texts)
            best = min(best, time.process_time() - start)
        speed, tokens = re.search(rf"{name} count ([\d.]+) MB/s (\d+)", ours).groups()
        theirs = size / best / 1e6
        print(
            f"{name} tiktoken {tiktoken.__version__} {theirs:.1f} MB/s {count} tokens: "
            f"ours {float(speed) / theirs:.1f} times as fast"
        )
        if int(tokens) != count:
            sys.exit("the counts differ")


main()
