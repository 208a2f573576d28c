#!/usr/bin/env python3
"""Grouping accuracy of the log templates, per system.

    python3 bench/log_grouping.py --program build/headroom FOLDER

FOLDER holds logs and labels.json: {file name: [event id of each line]}. A line counts as right when
the lines grouped with it are exactly the lines with its event id (Zhu et al., ICSE-SEIP 2019). The
program prints the group number of each line in front of it.
"""

import argparse
import collections
import json
import os
import subprocess
import sys


def accuracy(found, truth):
    """Share of lines whose group is exactly their event."""
    groups, events = collections.defaultdict(list), collections.defaultdict(list)
    for i, (g, e) in enumerate(zip(found, truth)):
        groups[g].append(i)
        events[e].append(i)
    exact = {tuple(v) for v in events.values()}
    return sum(len(v) for v in groups.values() if tuple(v) in exact) / len(truth), len(groups), len(events)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder")
    ap.add_argument("--program", required=True)
    ap.add_argument("--least", type=float, default=0.0, help="exit 1 when the mean is below")
    a = ap.parse_args()
    with open(os.path.join(a.folder, "labels.json")) as f:
        labels = json.load(f)
    total = 0.0
    for name, truth in labels.items():
        out = subprocess.run(
            [a.program, "compress", "--explain", os.path.join(a.folder, name)], stdout=subprocess.PIPE, check=True
        )
        found = [line.split(b"\t")[0] for line in out.stdout.split(b"\n")][: len(truth)]
        if len(found) != len(truth):
            sys.exit(f"{name}: {len(found)} groups for {len(truth)} labelled lines")
        acc, groups, events = accuracy(found, truth)
        total += acc
        print(f"{name:28} {acc:.4f}  {groups} groups, {events} events")
    mean = total / len(labels)
    print(f"{'mean':28} {mean:.4f}")
    return 1 if mean < a.least else 0


if __name__ == "__main__":
    sys.exit(main())
