#!/usr/bin/env python3
"""Is what a shortened text says about the original true? Every claim that can be checked by machine is.

    python3 bench/claims.py --data FOLDER [--lib build/libheadroom.so] [--odd 4]

--data is a folder as for bench/toolouts.py. --odd N also puts a foreign word into N lines of each text, one at a time,
because a claim that holds for even data may not see the line that differs.

Checked are: lines shown stand in the original, in its order; lines folded and lines shown add up to all; the form that
folded lines are said to have is theirs; rows omitted and rows shown add up; smallest, largest and mean of a column,
counts of values, and what is absent; line numbers of omitted bodies; the lines that stand for cuts in diffs and YAML;
matches of search results by file; resources listed in front of a plan; UTF-8. The exit code is 1 if something said is false.
"""

import argparse
import csv
import io
import json
import os
import random
import re
import sys

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
MARKER = "The original is intact. Retrieve original: hash="


def lines_of(text):
    rows = text.split("\n")
    return rows[:-1] if rows and rows[-1] == "" else rows


def as_shown(line):
    """A line as a terminal shows it, white space counted once."""
    return " ".join(ANSI.sub("", line.rstrip("\r").split("\r")[-1]).split())


# Folded lines -----------------------------------------------------------------------------------

RANGE = re.compile(r"-?[\d.,:e+]+[a-zA-Z%]*[-~]+[\d.,:e+-]+[a-zA-Z%]*")


def form_parts(form):
    """ "job <1-9>: *" → [("lit", "job"), ("any",), ("lit", ":"), ("any",)]; white space takes no part."""
    parts, lit, i = [], "", 0
    form = re.sub(r"\s", "", form)
    while i < len(form):
        m = re.match(r"<([^<>]{1,300})>", form[i:])
        if m and ("|" in m[1] or RANGE.fullmatch(m[1])):
            parts += [("lit", lit), ("one", m[1].split("|")) if "|" in m[1] else ("any",)]
            lit, i = "", i + m.end()
        elif form[i] in "*…":
            parts += [("lit", lit), ("any",)]
            lit, i = "", i + 1
        else:
            lit, i = lit + form[i], i + 1
    return [p for p in parts + [("lit", lit)] if p != ("lit", "")]


def has_form(parts, line):
    """The parts stand in the line, one behind the other. A necessary condition, without backtracking beyond a few places."""
    line = re.sub(r"\s", "", line)[:2000]

    def at(k, pos, free):
        if k == len(parts):
            return True
        if parts[k][0] == "any":
            return at(k + 1, pos, True)
        found = False
        for lit in [parts[k][1]] if parts[k][0] == "lit" else sorted(parts[k][1], key=len, reverse=True):
            where = line.find(lit, pos) if free else pos if line.startswith(lit, pos) else -1
            for _ in range(6 if k else 200):
                if where < 0:
                    break
                if at(k + 1, where + len(lit), False):
                    return True
                found, where = True, line.find(lit, where + 1) if free else -1
        return found and k + 1 == len(parts)

    return at(0, 0, True)


PLAN = re.compile(r"\[(\d+) resources of which only counts stand below:\n(.*?)\]\n", re.S)


def planned(raw, out):
    """The list in front of a plan: each resource of which only a count is left stands in it, under its action."""
    head = PLAN.match(out)
    if not head:
        return
    listed = 0
    for line in head[2].split("\n"):
        action, _, items = line.partition(": ")
        base = ""
        for item in re.split(r", | (?=\[)", items):
            name = base + item if item.startswith("[") else item
            base = re.sub(r"\[[^\]]*\]$", "", name)
            listed += 1
            said = name if action == "others" else f"{name} {action}"
            if f"\n  # {said}" not in raw:
                yield f"no such resource in the plan: {said[:100]}"
    if listed != int(head[1]):
        yield f"{head[1]} resources are said to be listed, {listed} are"


def folded(raw, out):
    out = PLAN.sub("", out, count=1)
    closing = re.findall(r"\[(\d+) of (\d+) lines folded into", out)
    rows = [as_shown(x) for x in lines_of(raw)]
    for line in out.split("\n"):
        m = re.fullmatch(r"\s*\[\+(\d+) similar(?: records of (\d+) lines)?(?: to [^:]*(?::\d\d)*(?:[.,]\d+)?)?: (.*)\]", line)
        if m:
            form = m[3].split("; ")[0]
            parts = form_parts(form.split(" … ")[0] if m[2] else form)
            n = sum(has_form(parts, x) for x in rows)
            if n < int(m[1]):
                yield f"{m[1]} lines are said to be alike, {n} are: {line[:160]}"
    if len(closing) != 1 or int(closing[0][1]) != len(rows):
        return
    at = shown = 0
    for line in out.split("\n"):
        if MARKER in line:
            break
        if re.fullmatch(r"\s*\[\+?\d+ .*\]", line) and as_shown(line) not in rows[at:]:
            continue
        try:
            at = rows.index(as_shown(line), at) + 1
            shown += 1
        except ValueError:
            yield f"not a line of the original, or out of order: {line[:100]!r}"
            return
    if shown + int(closing[0][0]) != len(rows):
        yield f"{shown} lines shown and {closing[0][0]} folded are not {len(rows)}"


# Rows and columns ---------------------------------------------------------------------------------


def positions(text):
    n = 0
    for part in text.split(","):
        a, _, b = part.partition("-")
        n += int(b or a) - int(a) + 1
    return n


def documents(raw):
    docs, i, d = [], 0, json.JSONDecoder()
    try:
        while raw[i:].strip():
            i += len(raw[i:]) - len(raw[i:].lstrip())
            doc, i = d.raw_decode(raw, i)
            docs.append(doc)
    except ValueError:
        return []
    return docs[0] if len(docs) == 1 else docs


def row_sets(v, sets):
    if isinstance(v, dict):
        if len(v) > 4 and all(isinstance(x, dict) for x in v.values()):
            sets.append(list(v.values()))
        v = list(v.values())
    elif isinstance(v, list):
        if v and all(isinstance(x, dict) for x in v):
            sets.append(v)
    else:
        return
    for x in v:
        row_sets(x, sets)


def at_path(v, path, lists=False):
    if isinstance(v, list):
        return [y for x in v for y in at_path(x, path, True)] if lists else []
    if not path:
        return [v]
    if isinstance(v, dict):
        for k in v:
            if path == k or path.startswith(k + "."):
                got = at_path(v[k], path[len(k) + 1 :], lists)
                if got:
                    return got
    return []


def table_rows(raw, out):
    """Rows as dicts, of JSON and of delimited text whose first line in the shortened text is its header."""
    sets, docs = [], documents(raw)
    if docs:
        row_sets(docs, sets)
        return sets
    head = raw[: raw.find("\n")]
    sep = max(",;\t|", key=head.count)
    if head.count(sep) and out.startswith(head):
        rows = [[c.strip() for c in r] for r in csv.reader(io.StringIO(raw), delimiter=sep) if "".join(r).strip("-:| ")]
        return [[dict(zip(rows[0], r)) for r in rows[1:]]]
    return []


def spelled(v):
    return v if isinstance(v, str) else json.dumps(v)


def number(v):
    if isinstance(v, bool) or v is None:
        return None
    try:
        return float(v)
    except (ValueError, TypeError):
        return None


def column(name, said, values, absent):
    ends = re.match(r"(-?\S+?)\.\.(-?[^\s;,]+)", said)
    numbers = [number(v) for v in values]
    if ends and number(ends[1]) is not None and number(ends[2]) is not None and any(n is not None for n in numbers):
        some = [n for n in numbers if n is not None]
        for end, true in ((ends[1], min(some)), (ends[2], max(some))):
            if float(end) != true:
                yield f"column {name}: {end} is said, {true!r} is true"
        mean = re.search(r"mean (-?[\d.e+-]+)", said)
        if mean and abs(float(mean[1]) - sum(some) / len(some)) > 1e-3 * max(map(abs, some)):
            yield f"column {name}: mean {mean[1]} is said, {sum(some) / len(some)} is true"
        rest = absent + len(numbers) - len(some)
        if rest and not re.search(r"null|absent|empty|others?\b", said):
            yield f"column {name}: {rest} rows without a number are not told"
    elif not ends:
        for value, n in re.findall(r"(?:^|, )([^,…\"\\]+) x(\d+)(?=, |$)", said):
            want = absent if value == "absent" else sum(spelled(v) == value or (value == "empty" and v == "") for v in values)
            if want != int(n):
                yield f"column {name}: {value} x{n} is said, x{want} is true"


def rows(raw, out):
    sets = None
    for m in re.finditer(r"(\d+) of (\d+) (?:\w+ )?omitted; shown: (\d[\d,-]*\d|\d)", out):
        left, n = int(m[1]), int(m[2])
        if not out.startswith(",…", m.end()) and left + positions(m[3]) != n:
            yield f"{left} omitted and {positions(m[3])} shown are not {n}"
        more = re.compile(r"[^\n]*?All rows: (.*?)(?:\. The original is intact|\)\n|\)$)", re.S).match(out, m.end())
        if sets is None:
            sets = table_rows(raw, out)
        like = [s for s in sets if len(s) == n]
        if sets and n > len(sets[0]) + 1 and not documents(raw):  # one more without a header
            yield f"{n} rows are said, there are {len(sets[0])}"
        for part in more[1].split("; ") if more and len(like) == 1 else []:
            name, _, said = part.partition(" ")
            cells = [at_path(r, name) for r in like[0]]
            cells = cells if any(cells) else [at_path(r, name, lists=True) for r in like[0]]
            if any(cells):
                flat = [x for c in cells for x in c]
                if not any(isinstance(x, (dict, list)) for x in flat):
                    yield from column(name, said, flat, sum(not c for c in cells))


# Cuts in place ------------------------------------------------------------------------------------


def cuts(raw, out, note, closing):
    """Lines of the original, with notes that each stand for a number of them."""
    src, at = lines_of(raw), 0
    for line in lines_of(out):
        m = note.search(line)
        if m:
            first = int(m["first"]) if m.groupdict().get("first") else at + 1
            number_here = re.match(r"\s*(\d+)", src[at]) if at < len(src) else None
            if first != at + 1 and not (number_here and int(number_here[1]) == first):
                yield f"line {at + 1} is next, the note says {line.strip()[:80]}"
                return
            last = int(m["last"]) if m.groupdict().get("last") else first
            for name in re.findall(r"[\w.]+(?=[,;]|$)", re.sub(r" \+\d+ more", "", m.groupdict().get("names") or "")):
                if not any(name.split(".")[-1] in x for x in src[at : at + last - first + 1]):
                    yield f"{name} is not in the lines {first}-{last}"
            at += int(m["last"]) - first + 1 if m.groupdict().get("last") else 1 if m.groupdict().get("first") else int(m["n"])
        elif MARKER in line or closing(line):
            continue
        elif at < len(src) and (src[at] == line or as_shown(src[at]) == as_shown(line)):
            at += 1
        else:
            yield f"line {at + 1} of the original should come here, not {line[:80]!r}"
            return
    if at != len(src):
        yield f"ends at line {at} of {len(src)}"


def in_place(raw, out):
    if re.search(r"^\S* ?\[\d+ of \d+ [a-z ,]*(?:bodies|omitted)", out, re.M) and re.search(r"\[lines? \d+.* omitted", out):
        yield from cuts(
            raw,
            out,
            re.compile(r"\[lines? (?P<first>\d+)(?:–(?P<last>\d+))? omitted(?:; (?P<names>[^\]]*)|:[^\]]*)?\]"),
            lambda x: False,
        )
    elif out.startswith("[Diff with all changed lines"):
        yield from cuts(raw, out, re.compile(r"^~(?P<n>\d+)"), lambda x: x.startswith("[Diff with all"))
    elif re.search(r"^\s*# \d+ lines? omitted$", out, re.M):
        m = re.search(r"\[\d+ of (\d+) lines omitted", out)
        if m and int(m[1]) == len(lines_of(raw)):
            yield from cuts(raw, out, re.compile(r"^\s*# (?P<n>\d+) lines? omitted$"), lambda x: x == "")


def matches(raw, out):
    m = re.search(r"\[(\d+) of (\d+) matches omitted", out)
    if m:
        left = sum(int(x) for x in re.findall(r"^\[(\d+) more match(?:es)?[ \]]", out, re.M))
        if left != int(m[1]):
            yield f"files say {left} more matches, the end says {m[1]}"


def complaints(raw, out):
    """What the shortened text `out` (bytes) says of `raw` (bytes) that is not so."""
    try:
        raw_text = raw.decode()
    except UnicodeDecodeError:
        return []
    try:
        text = out.decode()
    except UnicodeDecodeError as e:
        return [f"no UTF-8: {out[max(0, e.start - 20) : e.start + 6]!r}"]
    if text == raw_text:
        return []
    return [c for check in (planned, folded, rows, in_place, matches) for c in check(raw_text, text)]


def with_odd_word(raw, rng):
    src = raw.decode().split("\n")
    i = rng.randrange(len(src) // 5, max(len(src) // 5 + 1, 4 * len(src) // 5))
    words = list(re.finditer(r"[A-Za-z]{2,}|\d+", src[i]))
    if words:
        w = rng.choice(words)
        src[i] = src[i][: w.start()] + ("QUAINT" if w[0].isalpha() else "987654") + src[i][w.end() :]
    return "\n".join(src).encode()


def main():
    from lib import Headroom

    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--lib")
    ap.add_argument("--odd", type=int, default=0)
    a = ap.parse_args()
    h, seen, texts, false = Headroom(a.lib), set(), 0, 0
    for it in json.load(open(os.path.join(a.data, "manifest.json"))):
        if it["file"] in seen:
            continue
        seen.add(it["file"])
        raw = open(os.path.join(a.data, it["file"]), "rb").read()
        cmd = it.get("command")
        rng = random.Random(it["file"])
        for k in range(1 + (a.odd if len(raw) < 200000 else 0)):
            try:
                text = raw if not k else with_odd_word(raw, rng)
            except UnicodeDecodeError:
                break
            r = h.compress(text, tool_name="Bash" if cmd else "", tool_input=json.dumps({"command": cmd}) if cmd else "")
            if not r["changed"]:
                continue
            texts += 1
            for c in complaints(text, r["text"]):
                false += 1
                print(f"{it['id']:32} {r['reason']:14} {'odd ' + str(k) if k else ''} {c}")
    print(f"{texts} shortened texts, {false} claims that are not true")
    return false != 0


if __name__ == "__main__":
    sys.exit(main())
