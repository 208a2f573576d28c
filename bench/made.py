"""Workloads of our own making, for machines without recorded ones: what tools return in five kinds of
work, each with facts that must stay in sight. The same every time."""

import json
import random


def _talk(system, question, calls):
    messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    for i, (name, arguments, result) in enumerate(calls):
        messages += [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
                ],
            },
            {
                "role": "tool",
                "tool_call_id": f"call_{i}",
                "content": result if isinstance(result, str) else json.dumps(result, indent=2),
            },
        ]
    return messages


def _code(r, n):
    words = ["token", "session", "login", "cookie", "scope", "grant", "key"]
    return {
        "total": 40 * n,
        "complete": False,
        "items": [
            {
                "repository": {
                    "name": f"{r.choice(['acme', 'globex', 'initech'])}/{r.choice(['shop', 'api', 'web'])}",
                    "stars": r.randrange(20_000),
                    "language": "Python",
                    "pushed": f"2025-0{1 + i % 9}-1{i % 10}T08:00:00Z",
                },
                "path": f"src/{r.choice(words)}/{r.choice(words)}_{i}.py",
                "sha": f"{r.getrandbits(160):040x}",
                "url": f"https://code.example/{r.getrandbits(48):012x}",
                "score": round(r.uniform(0.2, 1.0), 6),
                "matches": [
                    {
                        "line": r.randrange(400),
                        "fragment": f"def check_{r.choice(words)}(request, {r.choice(words)}):\n    return verify({r.choice(words)})",
                    }
                ],
            }
            for i in range(n)
        ],
    }


def _records(r, n, bad, wide=False):
    said = [
        "cache hit for key user_%d",
        "request served in %d ms",
        "health check passed (%d)",
        "job %d done",
        "pool at %d percent",
    ]
    out = []
    for i in range(n):
        x = {
            "timestamp": f"2025-03-01T{10 + i // 60:02d}:{i % 60:02d}:00.{r.randrange(1000):03d}Z",
            "level": "INFO" if r.random() < 0.94 else "WARN",
            "service": r.choice(["gateway", "orders", "users", "mail"]),
            "message": r.choice(said) % r.randrange(1000),
            "trace_id": f"{r.getrandbits(64):016x}",
        }
        x.update(
            {"status_code": 200, "duration_ms": r.randrange(90), "host": f"prod-{r.randrange(6)}.internal", "region": "eu-west-1"}
            if wide
            else {"metadata": {"host": f"pod-{r.randrange(9)}", "region": "eu-west-1"}}
        )
        out.append(x)
    out[bad[0]].update(level="FATAL", message=bad[1])
    return out


def _issues(r, n):
    out = [
        {
            "number": 1000 + i,
            "title": f"Issue {i}: {r.choice(['slow page', 'typo in docs', 'wrong colour', 'crash on start', 'add an option'])}",
            "state": "open",
            "user": {"login": f"user{r.randrange(900)}", "avatar": f"https://img.example/{r.randrange(10**5)}"},
            "labels": [r.choice(["bug", "docs", "enhancement"])],
            "created": f"2025-02-{1 + i % 28:02d}T09:00:00Z",
            "comments": r.randrange(40),
            "body": "Steps: open the page, press the button, wait. Expected: it works. Seen: "
            + r.choice(["nothing", "an error", "a blank page"])
            + f" ({r.randrange(10**6)}).",
        }
        for i in range(n)
    ]
    out[n // 3].update(
        title="Orders vanish after failover",
        labels=["bug", "critical"],
        body="After the failover of the primary, 212 orders are gone. Code DATALOSS-4410.",
    )
    return out


def _app_log(r, n, needle):
    out = [
        f"2025-03-01 {8 + i // 1200:02d}:{i // 20 % 60:02d}:{i * 3 % 60:02d},{r.randrange(1000):03d} {'INFO' if r.random() < 0.97 else 'WARN'} [worker-{r.randrange(12)}] {r.choice(['orders', 'mail', 'auth'])} - {r.choice(['processed item', 'sent message', 'refreshed token', 'read page'])} {r.randrange(10**7)} in {r.randrange(300)}ms"
        for i in range(n)
    ]
    out[n * 5 // 7] = needle
    return "\n".join(out) + "\n"


def workloads():
    r = random.Random("made/1")
    yield {
        "name": "code_search",
        "model": "gpt-4o",
        "needles": [],
        "reach": 90,
        "messages": _talk(
            "You are a coding assistant.",
            "Where are sessions checked?",
            [("search_code", {"query": "session check"}, _code(r, 100))],
        ),
    }
    rows = [
        {
            "user_id": f"user_{10_000 + i}",
            "email": f"user{10_000 + i}@example.com",
            "orders": r.randrange(90),
            "revenue": r.randrange(9000),
            "status": "active",
            "country": r.choice(["DE", "JP", "BR"]),
        }
        for i in range(200)
    ]
    rows[77]["revenue"] = 4812345.67
    files = [
        {
            "path": f"src/{r.choice(['pay', 'auth', 'cart'])}/{r.choice(['handler', 'model', 'views'])}_{i}.py",
            "size": r.randrange(20_000),
            "modified": "2025-01-05",
            "matches": [{"line": r.randrange(500), "content": "    def charge(self, order):", "before": "    # one order"}],
        }
        for i in range(150)
    ]
    yield {
        "name": "incident",
        "model": "gpt-4o",
        "needles": ["PG-7719", "4812345.67"],
        "reach": 80,
        "messages": _talk(
            "You help with incidents.",
            "Payments fail with status 500. What is the cause?",
            [
                (
                    "search_logs",
                    {"query": "payment"},
                    {"total": 3000, "entries": _records(r, 300, (201, "connection pool exhausted, code PG-7719, 48 waiters"))},
                ),
                ("query", {"sql": "select * from metrics"}, {"row_count": 200, "rows": rows}),
                ("search_files", {"query": "charge"}, {"matches": files}),
            ],
        ),
    }
    yield {
        "name": "issue_triage",
        "model": "gpt-4o",
        "needles": ["DATALOSS-4410"],
        "reach": 60,
        "messages": _talk(
            "You triage issues.",
            "Which issues matter most?",
            [
                ("list_issues", {"repo": "acme/shop"}, {"total": 100, "items": _issues(r, 100)}),
                ("search_code", {"query": "bug"}, _code(r, 80)),
                ("search_logs", {"query": "exception"}, {"entries": _records(r, 200, (150, "exception in failover"))}),
            ],
        ),
    }
    yield {
        "name": "log_records",
        "model": "gpt-4o",
        "needles": ["FATAL", "PG-7719", "1311"],
        "reach": 90,
        "messages": _talk(
            "You support production.",
            "Find the error and how many were affected.",
            [
                (
                    "search_logs",
                    {"query": "*"},
                    _records(
                        r,
                        100,
                        (67, "payment gateway down, code PG-7719, 1311 transactions affected, raise max_connections"),
                        wide=True,
                    ),
                )
            ],
        ),
    }
    yield {
        "name": "app_log",
        "model": "gpt-4o",
        "needles": ["PoolExhausted", "PG-7719"],
        "reach": 95,
        "messages": _talk(
            "You support production.",
            "Why did orders stop?",
            [
                (
                    "read_log",
                    {"file": "app.log"},
                    _app_log(
                        r,
                        2000,
                        "2025-03-01 09:11:12,001 ERROR [worker-3] orders - PoolExhausted: no connection for 30 s (PG-7719)",
                    ),
                )
            ],
        ),
    }
