"""Tool outputs of our own making, of each kind and of any size. The same every time: for machines
without recorded ones, and where a size is wanted that nobody recorded."""

import base64
import json
import random

WORDS = (
    "the order service keeps a copy of each invoice until it is paid and then moves it to the archive "
    "where it stays for ten years because the law of most countries asks for that although nobody reads them"
).split()
NAMES = ["orders", "mail", "auth", "search", "billing", "gateway", "reports", "stock"]


def _log(r):
    for i in range(10**9):
        level = "ERROR" if r.random() < 0.002 else "WARN" if r.random() < 0.02 else "INFO"
        said = r.choice(["processed item %d in %dms", "sent message %d after %d tries", "read page %d of %d"])
        yield (
            f"2025-03-{1 + i // 86400 % 28:02d} {i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d},{r.randrange(1000):03d} "
            f"{level} [worker-{r.randrange(12)}] {r.choice(NAMES)} - {said % (r.randrange(10**7), r.randrange(300))}\n"
        )


def _build(r):
    for i in range(10**9):
        name = f"src/{r.choice(NAMES)}/{r.choice(WORDS)}_{i}.c"
        yield f"[{i}/90000] Building C object CMakeFiles/shop.dir/{name}.o\n"
        if r.random() < 0.03:
            yield f"{name}:{r.randrange(900)}:{r.randrange(80)}: warning: unused variable 'x{i}' [-Wunused-variable]\n"


def _test(r):
    for i in range(10**9):
        ok = "FAILED" if r.random() < 0.002 else "PASSED"
        yield f"tests/{r.choice(NAMES)}/test_{r.choice(WORDS)}.py::test_{r.choice(WORDS)}_{i} {ok} [{i % 100:3d}%]\n"


def _search(r):
    for i in range(10**9):
        path = f"src/{r.choice(NAMES)}/{r.choice(WORDS)}_{i // 6}.py"
        for n in range(r.randrange(1, 9)):
            yield f"{path}:{40 * n + r.randrange(40)}:    if {r.choice(WORDS)}.check({r.choice(WORDS)}, {r.randrange(99)}):\n"


def _diff(r):
    for i in range(10**9):
        p = f"src/{r.choice(NAMES)}/file_{i}.py"
        yield f"diff --git a/{p} b/{p}\nindex {r.getrandbits(28):07x}..{r.getrandbits(28):07x} 100644\n--- a/{p}\n+++ b/{p}\n"
        at = 1 + r.randrange(400)
        yield f"@@ -{at},8 +{at},9 @@ def {r.choice(WORDS)}():\n"
        row = [f"     {r.choice(WORDS)} = {r.choice(WORDS)}({r.randrange(99)})\n" for _ in range(7)]
        yield (
            "".join(row[:4])
            + f"-    return {r.randrange(99)}\n+    count += 1\n+    return {r.randrange(99)}\n"
            + "".join(row[4:])
        )


def _csv(r):
    yield "id,name,region,status,amount,at\n"
    for i in range(10**9):
        state = "failed" if r.random() < 0.003 else "paid"
        yield f"{i},{r.choice(NAMES)} {r.randrange(9999)},eu-west-1,{state},{r.uniform(1, 900):.2f},2025-03-01T{i // 60 % 24:02d}:{i % 60:02d}:00Z\n"


def _markdown(r):
    for i in range(10**9):
        yield f"## {r.choice(NAMES).title()} {i}\n\n" + _said(r, 60) + "\n\n"
        yield "".join(f"- {_said(r, 12)}\n" for _ in range(4)) + f'\n```sh\nmake run ARGS="--port {r.randrange(9999)}"\n```\n\n'


def _said(r, n):
    words = [r.choice(WORDS) for _ in range(n)]
    return ". ".join(" ".join(words[i : i + 14]).capitalize() for i in range(0, n, 14)) + "."


def _html(r):
    yield "<!DOCTYPE html><html><head><title>Shop</title><style>p{margin:0}</style></head><body><nav><a href='/'>home</a></nav><main>\n"
    for i in range(10**9):
        yield f"<h2>{r.choice(NAMES)} {i}</h2><p>{_said(r, 40)} <a href='/{r.choice(NAMES)}/{i}'>more</a></p>\n"
        yield f"<ul>{''.join(f'<li class=item>{_said(r, 8)}</li>' for _ in range(3))}</ul><script>track({i})</script>\n"


def _xml(r):
    yield "<?xml version='1.0'?>\n<testsuite>\n"
    for i in range(10**9):
        yield f'  <testcase classname="shop.{r.choice(NAMES)}" name="test_{i}" time="{r.uniform(0, 2):.3f}"/>\n'


def _yaml(r):
    for i in range(10**9):
        yield (
            f"---\nkind: Service\nmetadata:\n  name: {r.choice(NAMES)}-{i}\n  labels:\n    app: shop\n    tier: back\n"
            f"spec:\n  replicas: {r.randrange(1, 9)}\n  image: shop/{r.choice(NAMES)}:{r.randrange(99)}\n"
        )


def _listing(r):
    for i in range(10**9):
        yield f"./src/{r.choice(NAMES)}/{r.choice(WORDS)}/{r.choice(WORDS)}_{i}.{r.choice(['py', 'c', 'h', 'md'])}\n"


def _python(r):
    for i in range(10**9):
        yield f"def {r.choice(WORDS)}_{i}({r.choice(WORDS)}, {r.choice(NAMES)}=None):\n" + '    """' + _said(r, 9) + '"""\n'
        yield "".join(f"    {r.choice(NAMES)} = {r.choice(WORDS)}_{r.randrange(i + 1)}({r.randrange(99)})\n" for _ in range(9))
        yield f"    return {r.choice(NAMES)}\n\n\n"


def _hex(r):
    for _ in range(10**9):
        yield base64.b64encode(r.randbytes(57)).decode() + "\n"


def _record(r, i):
    return {
        "id": i,
        "at": f"2025-03-01T{i // 60 % 24:02d}:{i % 60:02d}:00Z",
        "service": r.choice(NAMES),
        "level": "ERROR" if r.random() < 0.002 else "INFO",
        "ms": r.randrange(90),
        "host": {"name": f"pod-{r.randrange(9)}", "region": "eu-west-1"},
        "message": f"read page {r.randrange(10**5)}",
    }


def _ndjson(r):
    for i in range(10**9):
        yield json.dumps(_record(r, i)) + "\n"


def _json(r):
    for i in range(10**9):
        yield ("[\n" if i == 0 else ",\n") + json.dumps(_record(r, i))


LINES = {
    "app log": _log,
    "base64": _hex,
    "build log": _build,
    "CSV": _csv,
    "diff": _diff,
    "HTML": _html,
    "JSON records": _json,
    "listing": _listing,
    "Markdown": _markdown,
    "NDJSON": _ndjson,
    "Python": _python,
    "search": _search,
    "test log": _test,
    "XML": _xml,
    "YAML": _yaml,
}
ENDS = {"JSON records": "\n]\n", "HTML": "</main></body></html>\n", "XML": "</testsuite>\n"}


def output(kind, size):
    """About `size` bytes of the kind, in whole lines."""
    r, parts, total = random.Random(f"output/{kind}"), [], 0
    for part in LINES[kind](r):
        parts.append(part)
        total += len(part)
        if total >= size:
            break
    return ("".join(parts) + ENDS.get(kind, "")).encode()
