"""What a shortened text says about the rest of the original is true: counts, forms, ranges, columns, line numbers.

The texts are made here, each with one line that differs from its neighbours, since claims go wrong there first.
bench/claims.py does the checking, also for folders of recorded outputs.
"""

import json
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from claims import complaints, with_odd_word  # noqa: E402

from support import run_cli  # noqa: E402

NAMES = ["Ann Meyer", "Bob O'Neil", "Chiara Pérez", "Đorđe Sato", "Eve Türk"]


def people(r, sep, head=True):
    rows = [["id", "name", "mail", "vip", "balance"]] if head else []
    for i in range(1, 300):
        rows.append([str(i), r.choice(NAMES), f"u{i}@example.org", str(int(i % 37 == 0)), f"{r.gauss(250, 40):.2f}"])
    rows[160][-1] = "-18250.75"
    return "\n".join(sep.join(x) for x in rows) + "\n"


def compiler(r):
    out = []
    for i in range(40):
        code = 'char b[4]; strcpy(b, "too long");' if i == 23 else "int unused;"
        out += [
            f"[{i + 1:3}%] Building C object CMakeFiles/m{i}.dir/m{i}.c.o",
            f"src/m{i}.c: In function 'm{i}':",
            f"src/m{i}.c:3:29: warning: unused variable 'unused' [-Wunused-variable]",
            f"    3 | int m{i}(int a) {{ {code} return a; }}",
            "      |                 ^~~~~~",
        ]
    return "\n".join(out) + "\n"


def log(r):
    level = {77: "ERROR", 201: "WARN"}
    said = {77: "lost contact with node-7", 201: "slow client"}
    return "".join(
        f"2026-05-01 10:{i // 60:02}:{i % 60:02},{r.randrange(1000):03} {level.get(i, 'INFO')} [w-{r.randrange(5)}] "
        f"{said.get(i, f'stored item {r.randrange(10**6)} in {r.randrange(90)} ms')}\n"
        for i in range(400)
    )


def records(r):
    rows = [
        {"id": f"u_{i:04x}", "at": 1795272667665 + 997 * i, "profile": {"age": r.randint(20, 60), "score": round(r.random(), 9)}}
        for i in range(300)
    ]
    rows[88]["profile"]["score"] = None
    return json.dumps({"data": rows, "next": None}, indent=2)


def messages(r):
    """Lines of JSON with many texts of several lines."""

    def one(i):
        text = f"error[E{i:04}]: mismatch in item {i}\n" + "".join(f"{k:4} | let x{k} = {i * k};\n" for k in range(9))
        notes = [{"message": f"help {k}", "rendered": None, "spans": [{"line": i + k}] * 2} for k in range(3)]
        return {
            "reason": "message",
            "id": i,
            "message": {"rendered": text, "children": notes, "spans": [{"line": i, "text": []}]},
        }

    return "".join(json.dumps(one(i)) + "\n" for i in range(30))


def tree(r):
    out = ["shop@1.0.0 /home/dev/shop"]
    for i in range(90):
        out += [f"├─┬ package-{i}@{i % 7}.{r.randrange(30)}.{r.randrange(9)}", f"│ └── helper-{r.randrange(40)}@1.{i}.0 deduped"]
    return "\n".join(out) + "\n"


def diff(r):
    out = []
    for f in range(8):
        out += [
            f"diff --git a/src/f{f}.py b/src/f{f}.py",
            f"index {f:07}..{f + 9:07} 100644",
            f"--- a/src/f{f}.py",
            f"+++ b/src/f{f}.py",
        ]
        out += [f"@@ -{40 * f + 1},41 +{40 * f + 1},42 @@ def f{f}():"]
        rows = [f"     value_{k} = compute({r.randrange(999)}, {k})" for k in range(40)]
        out += rows[:20] + ["-    return 1", "+    count = 2", "+    return count"] + rows[20:]
    return "\n".join(out) + "\n"


def program(r):
    out = ["import os", ""]
    for f in range(30):
        out += [f"def function_{f}(a, b):", f'    """Adds number {f}."""']
        out += [f"    step_{k} = a * {r.randrange(99)} + helper_{r.randrange(9)}(b, {k})" for k in range(18)] + [
            "    return a",
            "",
        ]
    return "\n".join(out) + "\n"


def search(r):
    return "".join(
        f"src/{'abcdef'[i // 60]}/file_{i // 6}.c:{11 * (i % 6) + 3}:    if (check_{r.randrange(30)}(state, {r.randrange(99)}))\n"
        for i in range(360)
    )


TEXTS = {
    "csv": lambda r: people(r, ","),
    "bars": lambda r: people(r, "|"),
    "no header": lambda r: people(r, "\t", head=False),
    "compiler": compiler,
    "log": log,
    "records": records,
    "messages": messages,
    "tree": tree,
    "diff": diff,
    "program": program,
    "search": search,
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_said_of_lines_left_out_is_true(name, tmp_path):
    raw = TEXTS[name](random.Random(7)).encode()
    rng, shortened = random.Random(8), 0
    for text in [raw] + [with_odd_word(raw, rng) for _ in range(6)]:
        code, out, _ = run_cli("compress", stdin=text, home=tmp_path)
        assert code == 0
        shortened += out != text
        assert complaints(text, out) == []
    assert shortened
