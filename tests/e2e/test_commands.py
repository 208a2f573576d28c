"""The commands with a store and a proxy around them (their exact words: tests/golden)."""

import json
import os
import re
import signal
import stat
import subprocess

import pytest

import samples
from support import BINARY, ROOT, Proxy, command_env, harness, run_cli, wait_until

HASH = re.compile(r"hash=([0-9a-f]{24})")


@pytest.fixture
def home(tmp_path):
    return tmp_path


def test_what_compress_leaves_out_retrieve_gives_back(home):
    text = samples.rows(400, "cli")
    code, out, err = run_cli("compress", stdin=text.encode(), home=home)
    assert code == 0 and len(out) < len(text) / 4 and "OOMKilled" in out.decode()
    (hash_,) = set(HASH.findall(out.decode()))
    assert f"headroom retrieve {hash_}".encode() in err
    assert run_cli("retrieve", hash_, home=home)[:2] == (0, text.encode())
    assert run_cli("retrieve", hash_[:12].upper(), home=home)[1] == text.encode()
    code, out, _ = run_cli("retrieve", "--json", hash_, home=home)
    assert code == 0 and json.loads(out)["original_content"] == text and json.loads(out)["hash"] == hash_


def test_compress_reads_files_and_a_query_keeps_what_was_asked_for(home):
    (home / "pods.json").write_text(samples.rows(400, "query"))
    rows = json.loads(samples.rows(400, "query"))
    wanted = rows[77]["name"]
    assert wanted not in run_cli("compress", "pods.json", home=home)[1].decode()
    assert wanted in run_cli("compress", "pods.json", "--query", f"why is {wanted} slow", home=home)[1].decode()
    assert run_cli("compress", "-", stdin=b"x", home=home)[1] == b"x"


def test_compress_says_in_json_what_happened(home):
    code, out, err = run_cli("compress", "--json", stdin=samples.log(2000, "json").encode(), home=home)
    got = json.loads(out)
    assert code == 0 and err == b"" and got["changed"] and got["tokens_after"] < got["tokens_before"] / 4 and got["kind"] == "log"
    assert "No space left on device" in got["compressed"] and got["hash"] in got["compressed"]


def test_lossless_only_leaves_nothing_out(home):
    code, out, _ = run_cli("compress", "--lossless-only", stdin=samples.rows(400, "lossless").encode(), home=home)
    assert code == 0 and not HASH.search(out.decode())
    assert all(r["name"] in out.decode() for r in json.loads(samples.rows(400, "lossless")))


def test_bytes_that_are_no_text_are_kept_exactly(home):
    """Short ones come out as they went in; of long ones the original is kept, byte for byte."""
    for data in (b"\xff\xfe\x00", b"\x80" * 60, bytes(range(256))):
        assert run_cli("compress", stdin=data, home=home)[:2] == (0, data)
    for data in (b"\xff\xfe\x00binary\x80" * 500, bytes(range(128, 256)) * 40):
        code, out, _ = run_cli("compress", stdin=data, home=home)
        hashes = HASH.findall(out.decode(errors="replace"))
        assert code == 0 and (hashes or out == data)
        assert all(run_cli("retrieve", h, home=home)[1] == data for h in hashes)


def test_the_store_belongs_to_the_user(home):
    run_cli("compress", stdin=samples.rows(400, "mode").encode(), home=home)
    files = [f for f in (home / ".headroom").rglob("*") if f.is_file()]
    assert files and all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in files)


def test_stateless_writes_nothing(home):
    before = sorted(home.rglob("*"))
    code, out, _ = run_cli("compress", "--stateless", stdin=samples.rows(400, "stateless").encode(), home=home)
    assert code == 0 and out and sorted(home.rglob("*")) == before


def test_count_of_files(home):
    (home / "a.txt").write_text("hello world")
    assert run_cli("count", "a.txt", home=home)[1].split()[0] == b"2"
    assert run_cli("count", "--model", "gpt-4", "a.txt", home=home)[1].split()[0] == b"2"
    assert run_cli("count", "-", stdin=b"hello world " * 1000, home=home)[0] == 0


def test_a_closed_pipe_is_no_crash(home):
    p = subprocess.Popen(
        [BINARY, "compress"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=command_env(home),
        cwd=home,
    )
    p.stdout.close()
    _, err = p.communicate(samples.log(200, "pipe").encode() * 20)
    assert p.returncode in (0, 1) and b"Sanitizer" not in err


def test_retrieve_sees_what_the_proxy_stored(up):
    with Proxy(up.url) as p:
        text = samples.rows(300, "shared-store")
        p.post("/v1/messages", samples.anthropic([text], question="shared store"), samples.KEY)
        for hash_ in HASH.findall(up.requests[0].body.decode()):
            env = {"HEADROOM_WORKSPACE_DIR": str(p.home / "workspace")}
            assert run_cli("retrieve", hash_, home=p.home, env=env)[:2] == (0, text.encode())
            break
        else:
            raise AssertionError("nothing was left out")


def test_doctor_follows_the_proxys_life(up):
    with Proxy(up.url) as p:
        routed = {"ANTHROPIC_BASE_URL": p.url, "PATH": "/nonexistent"}

        def doctor(**env):
            code, out, _ = run_cli("doctor", "--port", str(p.port), "--json", home=p.home, env={**routed, **env})
            report = json.loads(out)
            assert report["exit_code"] == code
            return code, {c["name"]: c["status"] for c in report["checks"]}

        code, checks = doctor()
        assert (code, checks["proxy"], checks["version"], checks["savings"]) == (1, "pass", "pass", "warn")
        p.post("/v1/messages", samples.anthropic([samples.rows(300, "doctor")], question="doctor"), samples.KEY)
        wait_until(lambda: doctor()[1]["savings"] == "pass", 5, "savings")
        assert doctor()[0] == 0
        assert doctor(ANTHROPIC_BASE_URL="http://127.0.0.1:1")[1]["shell env"] != "pass"
        p.stop()
        assert doctor()[0] == 2 and doctor()[1]["proxy"] == "fail"


def test_doctor_knows_a_stranger_on_the_port(up):
    code, out, _ = run_cli("doctor", "--port", str(up.port), "--json", env={"PATH": "/nonexistent"})
    assert code == 2 and "not Headroom" in json.loads(out)["checks"][0]["summary"]


# --- options ---------------------------------------------------------------------------------------


def options(command):
    """(flags, environment variables) of defs/options.def that a command takes."""
    text = (ROOT / "defs" / "options.def").read_text()
    rows = re.findall(r'^HR_OPT\((\w+), (\w+), ([\w| ]+),\s*"([^"]*)",\s*"([^"]*)",\s*"([^"]*)",\s*"([^"]*)"', text, re.M)
    mine = [
        r
        for r in rows
        if command in r[2] or "HR_C_ALL" in r[2] or ("HR_C_TEXT" in r[2] and command in ("HR_C_COMPRESS", "HR_C_RETRIEVE"))
    ]
    return [f.split("|")[0] for r in mine for f in (r[3], r[4]) if f], [r[6].split("|")[0].lstrip("!") for r in mine if r[6]]


def test_help_shows_every_option():
    flags, variables = options("HR_C_PROXY")
    code, out, _ = run_cli("proxy", "--help")
    text = out.decode()
    assert code == 0 and len(flags) > 30
    assert not [f for f in flags if f not in text] and not [v for v in variables if v not in text]


@pytest.mark.parametrize(
    "flags",
    [
        ["--budget", "5"],
        ["--no-cache"],
        ["--no-ccr-responses"],
        ["--no-ccr-expansion"],
        ["--log-messages"],
        ["--no-optimize"],
        ["--protect-tool-results", "a,b"],
    ],
    ids=" ".join,
)
def test_every_flag_that_people_use_starts(up, flags):
    with Proxy(up.url, *flags) as p:
        assert p.post("/v1/messages", samples.anthropic([], tools=()), samples.KEY).status == 200


@pytest.mark.parametrize(
    "text, words",
    [("{oops", "config.json"), ('{"port": 99999}', "port"), ('{"port": "x"}', "port"), ("[]", "config.json")],
    ids=["syntax", "range", "type", "array"],
)
def test_a_bad_config_file_is_named(home, text, words):
    (home / ".headroom" / "config").mkdir(parents=True)
    (home / ".headroom" / "config" / "config.json").write_text(text)
    code, out, err = run_cli("proxy", home=home, timeout=20)
    assert code in (1, 2, 78) and out == b"" and words in err.decode() and "config.json" in err.decode()


def test_the_config_file_is_used_and_flags_win(up, home):
    (home / ".headroom" / "config").mkdir(parents=True)
    (home / ".headroom" / "config" / "config.json").write_text(json.dumps({"optimize": False, "max_items": 33}))
    env = {"HEADROOM_WORKSPACE_DIR": str(home / ".headroom")}
    with Proxy(up.url, env=env, home=home) as p:
        c = p.get("/health").json["config"]
        assert (c["optimize"], c["max_items_after_crush"]) == (False, 33)
    with Proxy(up.url, "--max-items", "9", env=env, home=home) as p:
        assert p.get("/health").json["config"]["max_items_after_crush"] == 9


# --- the process -----------------------------------------------------------------------------------


def test_the_banner_says_where_it_listens(px):
    assert px.url in px.output() and "/v1/messages" in px.output()


def test_a_taken_port_is_a_clear_error(px):
    code, _, err = run_cli("proxy", "--port", str(px.port))
    assert code == 1 and "Error" in err.decode() and str(px.port + 1) in err.decode()


def test_a_bad_target_is_a_clear_error():
    for url in ("http://user:pw@host", "http://"):
        code, _, err = run_cli("proxy", "--port", str(harness.free_port()), env={"ANTHROPIC_TARGET_API_URL": url}, timeout=20)
        assert code in (2, 78) and err, url


def test_ctrl_c_and_a_second_one(up):
    p = Proxy(up.url)
    assert p.stop(signal.SIGINT) == 130
    p.restart(signal.SIGINT)
    up.script({"hang": True})
    s = subprocess.Popen(
        [
            "python3",
            "-c",
            f"import urllib.request as u; u.urlopen(u.Request('{p.url}/v1/messages', b'{{\"messages\":[]}}', method='POST'))",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: up.requests, 5, "the request")
    os.kill(p.process.pid, signal.SIGINT)
    try:
        p.process.wait(1)
    except subprocess.TimeoutExpired:
        pass
    assert p.stop(signal.SIGINT, 10) == 130
    s.wait(10)
    p.close()


def test_sigterm_with_a_request_that_never_ends(up):
    p = Proxy(up.url, "--graceful-shutdown-seconds", "1")
    up.script({"hang": True})
    s = subprocess.Popen(
        [
            "python3",
            "-c",
            f"import urllib.request as u; u.urlopen(u.Request('{p.url}/v1/messages', b'{{\"messages\":[]}}', method='POST'))",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: up.requests, 5, "the request")
    assert p.stop(signal.SIGTERM, 10) == 0
    wait_until(lambda: up.requests[0].aborted, 5, "the provider being told")
    s.wait(10)
    p.close()
