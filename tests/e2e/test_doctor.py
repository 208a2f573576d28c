"""headroom doctor against a running proxy and the settings of agents that are or are not there."""

import json
import socket
import threading

import pytest

from samples import KEY, anthropic, rows
from support import run_cli


def doctor(home, port, env=None):
    code, out, err = run_cli("doctor", "--json", "--port", str(port), home=home, env=env)
    assert err == b""
    report = json.loads(out)
    assert report["exit_code"] == code and report["port"] == port
    return code, {c["name"]: c for c in report["checks"]}


@pytest.fixture
def home(tmp_path):
    return tmp_path


def claude_settings(home, url):
    (home / ".claude").mkdir(exist_ok=True)
    (home / ".claude" / "settings.json").write_text(json.dumps({"env": {"ANTHROPIC_BASE_URL": url}}))


def codex_config(home, text):
    (home / ".codex").mkdir(exist_ok=True)
    (home / ".codex" / "config.toml").write_text(text)


def save_something(px):
    assert px.post("/v1/messages", anthropic([rows()]), KEY).status == 200


def test_all_well_is_exit_0(make_proxy, home):
    px = make_proxy()
    save_something(px)
    claude_settings(home, px.url)
    code, checks = doctor(home, px.port)
    assert code == 0, checks
    assert [checks[n]["status"] for n in ("proxy", "version", "claude", "savings", "budget")] == ["pass"] * 4 + ["skip"]
    assert checks["codex"]["status"] == "skip" and checks["shell env"]["status"] == "skip"
    code, out, _ = run_cli("doctor", "--port", str(px.port), home=home)
    assert code == 0 and b"All checks passed." in out and b"\x1b" not in out


def test_nothing_saved_is_a_warning(make_proxy, home):
    px = make_proxy()
    claude_settings(home, px.url)
    code, checks = doctor(home, px.port)
    assert code == 1 and checks["savings"]["status"] == "warn"


def test_not_running_is_a_failure_that_says_what_to_do(home):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    code, checks = doctor(home, port)
    assert code == 2
    assert checks["proxy"]["status"] == "fail" and f"not reachable at http://127.0.0.1:{port}" in checks["proxy"]["summary"]
    assert checks["proxy"]["hint"] == f"headroom proxy --port {port}"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n[1]",
        b"HTTP/1.1 404 Not Found\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
    ids=["object", "chunked", "short", "bad-chunk", "not-an-object", "404", "not-http", "nothing"],
)
def test_something_else_on_the_port(home, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            c, _ = server.accept()
            c.recv(65536)
            c.sendall(answer)
            c.close()

        t = threading.Thread(target=serve)
        t.start()
        code, checks = doctor(home, server.getsockname()[1])
        t.join()
    assert code == 2 and checks["proxy"]["status"] == "fail"
    assert checks["savings"]["status"] == "skip"


def test_a_port_that_never_answers_ends_in_time(home):
    with socket.create_server(("127.0.0.1", 0)) as server:
        code, checks = doctor(home, server.getsockname()[1])
    assert code == 2 and checks["proxy"]["status"] == "fail"


def test_routing_of_claude(make_proxy, home):
    px = make_proxy()
    save_something(px)
    _, checks = doctor(home, px.port)
    assert checks["claude"]["status"] == "skip"  # not installed
    (home / ".claude").mkdir()
    code, checks = doctor(home, px.port)
    assert code == 1 and checks["claude"]["status"] == "warn" and "ANTHROPIC_BASE_URL" in checks["claude"]["hint"]
    claude_settings(home, "https://gateway.example/v1")
    assert doctor(home, px.port)[1]["claude"]["status"] == "warn"
    claude_settings(home, f"http://127.0.0.1.example:{px.port}")
    assert doctor(home, px.port)[1]["claude"]["status"] == "warn"
    claude_settings(home, "http://localhost:1234")
    found = doctor(home, px.port)[1]["claude"]
    assert found["status"] == "warn" and found["hint"] == "headroom doctor --port 1234"
    (home / ".claude" / "settings.json").write_text("{ not json")
    assert doctor(home, px.port)[1]["claude"]["status"] == "warn"
    # the project's own settings win
    claude_settings(home, "https://gateway.example/v1")
    (home / ".claude" / "settings.local.json").write_text(
        '{"env": {"ANTHROPIC_BASE_URL": "http://localhost:%d"}} // mine' % px.port
    )
    code, checks = doctor(home, px.port)
    assert code == 0 and checks["claude"]["status"] == "pass" and "settings.local.json" in checks["claude"]["summary"]


def test_routing_of_the_shell(make_proxy, home):
    px = make_proxy()
    save_something(px)
    code, checks = doctor(home, px.port)
    assert code == 1 and checks["shell env"]["status"] == "warn"
    code, checks = doctor(home, px.port, {"ANTHROPIC_BASE_URL": px.url + "/"})
    assert code == 0 and checks["shell env"]["status"] == "pass" and checks["claude"]["status"] == "pass"
    code, checks = doctor(home, px.port, {"OPENAI_BASE_URL": px.url + "/v1"})
    assert code == 0 and checks["shell env"]["status"] == "pass"
    code, checks = doctor(home, px.port, {"OPENAI_BASE_URL": "https://api.openai.com/v1"})
    assert code == 1 and checks["shell env"]["status"] == "warn"


def test_routing_of_codex(make_proxy, home):
    px = make_proxy()
    save_something(px)
    codex_config(home, 'model = "gpt-5"\n# base_url = "%s/v1"\n' % px.url)
    assert doctor(home, px.port)[1]["codex"]["status"] == "warn"
    codex_config(home, '[model_providers.headroom]\nbase_url = "http://localhost:%d/v1"\n' % px.port)
    code, checks = doctor(home, px.port)
    assert code == 0 and checks["codex"]["status"] == "pass"
    codex_config(home, "[model_providers.x]\nbase_url = 'http://127.0.0.1:1/v1'\n")
    assert doctor(home, px.port)[1]["codex"]["hint"] == "headroom doctor --port 1"
    other = home / "elsewhere"
    other.mkdir()
    assert doctor(home, px.port, {"CODEX_HOME": str(other)})[1]["codex"]["status"] == "warn"


@pytest.mark.parametrize(
    "cost, status, summary",
    [
        ({"budget_limit_usd": 7.5, "budget_period": "monthly"}, "pass", "$7.50/monthly"),
        ({"budget_limit_usd": None}, "pass", "none set"),
        (None, "skip", "this proxy does not track costs"),
    ],
)
def test_budget_as_the_statistics_say(home, cost, status, summary):
    replies = {
        b"/livez": {"service": "headroom-proxy", "version": "9.9.9", "uptime_seconds": 93784},
        b"/stats": {"cost": cost, "session": {"tokens_saved_total": 5}},
    }
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            for _ in replies:
                c, _ = server.accept()
                body = json.dumps(replies[c.recv(65536).split()[1]]).encode()
                c.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
                c.close()

        t = threading.Thread(target=serve)
        t.start()
        code, checks = doctor(home, server.getsockname()[1])
        t.join()
    assert checks["budget"]["status"] == status and checks["budget"]["summary"] == summary
    assert checks["proxy"]["summary"].endswith("up 1d 2h, version 9.9.9")
    assert checks["version"]["status"] == "warn" and "version drift" in checks["version"]["summary"]
    assert checks["savings"]["summary"] == "5 tokens since the proxy started"
