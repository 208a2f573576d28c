"""Request bodies for the measurements: an agent's conversation made of logs, query results, sources and
search hits. The same seed gives the same bytes; ten '@' become a fresh number in every request."""

import json
import random

MARK = "@" * 10
MODEL = "claude-bench"
WORDS = (
    "the service reads each order from the queue checks its stock writes a row and tells the customer when the payment has cleared which takes "
    "longer on busy days so a second worker joins after some seconds and leaves again"
).split()


def prose(r, words):
    return " ".join(r.choice(WORDS) for _ in range(words))


def app_log(r, lines):
    out = []
    for i in range(lines):
        at = f"2026-03-01T{10 + i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d}.{r.randrange(1000):03d}Z"
        kind = r.randrange(10)
        if kind < 6:
            out.append(
                f"{at} INFO  http  {r.choice(['GET', 'POST'])} /api/orders/{r.randrange(10**6)} 200 in {r.randrange(3, 180)} ms"
            )
        elif kind < 9:
            out.append(f"{at} INFO  queue worker-{r.randrange(8)} took job {r.randrange(16**8):08x} after {r.randrange(900)} ms")
        else:
            out.append(f"{at} WARN  db    slow query {r.randrange(200, 3000)} ms on orders ({r.randrange(1, 90)} rows)")
    return out


def with_needle(lines, text):
    lines[len(lines) * 2 // 3] = text
    return "\n".join(lines) + "\n"


def db_rows(r, n):
    return [
        {
            "id": 40_000 + i,
            "email": f"{r.choice(['ana', 'ben', 'chloe', 'dai'])}.{r.randrange(10**5)}@example.com",
            "plan": r.choice(["free", "pro", "team"]),
            "active": r.random() < 0.9,
            "country": r.choice(["DE", "FR", "JP", "BR"]),
            "spent": round(r.uniform(0, 900), 2),
            "created_at": f"2025-{1 + i % 12:02d}-{1 + i % 28:02d}T08:00:00Z",
        }
        for i in range(n)
    ]


def source(r, functions):
    out = ["import json", "import logging", ""]
    for i in range(functions):
        out += [
            f"def handle_{r.choice(WORDS)}_{i}(order, retries={r.randrange(9)}):",
            f'    """{prose(r, 12).capitalize()}."""',
            "    total = 0",
            "    for line in order.lines:",
            f"        if line.quantity > {r.randrange(50)}:",
            f"            total += line.price * {r.randrange(2, 9)}",
            "    logging.info('total %s', total)",
            "    return total",
            "",
        ]
    return "\n".join(out)


def grep(r, n):
    return "".join(
        f"src/{r.choice(WORDS)}/{r.choice(WORDS)}_{r.randrange(40)}.py:{r.randrange(1, 900)}:    handle_{r.choice(WORDS)}(order, retries={r.randrange(9)})\n"
        for _ in range(n)
    )


TOOLS = [
    {
        "name": n,
        "description": prose(random.Random(n), 40),
        "input_schema": {
            "type": "object",
            "properties": {a: {"type": "string", "description": prose(random.Random(a), 9)}},
            "required": [a],
        },
    }
    for n, a in (("Bash", "command"), ("Read", "file_path"), ("Grep", "pattern"), ("mcp__db__query", "sql"))
]


def session(size, turns, every):
    """A conversation of about `size` bytes; new in each request: all results, or the last one."""
    r = random.Random(f"{size}/{turns}")
    messages, per = [{"role": "user", "content": "Find out why checkout fails and fix it."}], size // turns
    for t in range(turns):
        kind = "Bash" if t == turns - 1 else ("Bash", "Read", "Grep", "mcp__db__query")[t % 4]
        mark = MARK if every or t == turns - 1 else f"{t:010d}"
        if kind == "Bash":
            text = f"$ tail -n 500 app.{mark}.log\n" + with_needle(
                app_log(r, max(3, per // 78)), "2026-03-01T10:59:59.000Z ERROR db    pool exhausted: 17 waiters, giving up"
            )
        elif kind == "Read":
            text = f"# order {mark}\n" + source(r, max(1, per // 320))
        elif kind == "Grep":
            text = f"src/mark_{mark}.py:1:x\n" + grep(r, max(3, per // 66))
        else:
            text = json.dumps(
                [{"id": mark, "email": "", "plan": "free", "active": True, "country": "DE", "spent": 0.0, "created_at": ""}]
                + db_rows(r, max(3, per // 160))
            )
        arg = {"Bash": "command", "Read": "file_path", "Grep": "pattern"}.get(kind, "sql")
        messages += [
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": f"Step {t}: the next place."},
                    {"type": "tool_use", "id": f"toolu_{t:04d}", "name": kind, "input": {arg: f"step {t}"}},
                ],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"toolu_{t:04d}", "content": text}]},
        ]
    return {"model": MODEL, "max_tokens": 256, "tools": TOOLS, "messages": messages}


def all_bodies():
    """name -> (path, body)"""
    small = {
        "model": MODEL,
        "max_tokens": 256,
        "messages": [{"role": "user", "content": f"{MARK} {prose(random.Random('small'), 175)}"}],
    }
    return {
        "small": ("/v1/messages", small),
        "stream": ("/v1/messages", {"stream": True, **small}),
        "turn": ("/v1/messages", session(94_000, 30, False)),
        "big": ("/v1/messages", session(2_040_000, 30, True)),
    }
