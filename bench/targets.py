"""The programs that are measured: nothing in between, nginx, ours, and a peer; how they are started and
watched. Everything listens on 127.0.0.1, on free ports, with a folder of its own."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
PAGE = os.sysconf("SC_PAGE_SIZE")

NGINX = """
worker_processes {workers}; daemon off; pid nginx.pid; error_log error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  client_max_body_size 200m; client_body_buffer_size 16m; keepalive_requests 100000000; tcp_nodelay on;
  upstream provider {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{ proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }}
  }}
}}
"""


def build_tools():
    """The load generator and the provider, compiled once into build/bench."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name in ("loadgen", "upstream"):
        source, program = ROOT / "bench" / f"{name}.c", OUT / name
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(
                [os.environ.get("CC", "cc"), "-D_GNU_SOURCE", "-std=gnu17", "-O2", "-o", str(program), str(source)], check=True
            )


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def accepts(port):
    with socket.socket() as s:
        s.settimeout(2)
        return s.connect_ex(("127.0.0.1", port)) == 0


def get(port, path, timeout=2):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        c.request("GET", path)
        return c.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        c.close()


class Program:
    """A started command with its own folder; CPU and memory of it and its children."""

    health = "/livez"

    def __init__(self, argv, port, env=None, folder=None):
        self.port, self.folder = port, folder or tempfile.mkdtemp(prefix="headroom-bench-")
        with open(Path(self.folder) / "output.log", "ab") as log:
            self.started = time.perf_counter()
            self.process = subprocess.Popen(
                argv,
                env={**os.environ, "HOME": self.folder, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )

    def wait(self, limit=120):
        """(seconds until the port accepts, seconds until it is healthy)"""
        listening = None
        while time.perf_counter() - self.started < limit:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.process.args[0]} ended:\n{self.output()}")
            if listening is None and accepts(self.port):
                listening = time.perf_counter() - self.started
            if listening is not None and get(self.port, self.health) == 200:
                return listening, time.perf_counter() - self.started
            time.sleep(0.0005)
        raise SystemExit(f"{self.process.args[0]} did not start:\n{self.output()}")

    def output(self):
        return (Path(self.folder) / "output.log").read_text(errors="replace")[-3000:]

    def pids(self):
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    todo += [int(c) for c in Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
            except OSError:
                pass
        return found

    def cpu(self):
        """Seconds of CPU so far."""
        total = 0.0
        for pid in self.pids():
            try:
                f = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += (int(f[11]) + int(f[12])) / os.sysconf("SC_CLK_TCK")
            except OSError:
                pass
        return total

    def rss_mb(self):
        total = 0
        for pid in self.pids():
            try:
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
            except OSError:
                pass
        return total / 1e6

    def stop(self):
        """Seconds until it has ended after SIGTERM."""
        t = time.perf_counter()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        took = time.perf_counter() - t
        shutil.rmtree(self.folder, ignore_errors=True)
        return took


class Upstream:
    def __init__(self):
        self.process = subprocess.Popen([str(OUT / "upstream"), "0"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.kill()
        self.process.wait()


def nginx(upstream, workers):
    folder, port = tempfile.mkdtemp(prefix="headroom-bench-"), free_port()
    (Path(folder) / "nginx.conf").write_text(NGINX.format(workers=workers, port=port, upstream=upstream))
    p = Program(
        [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", "nginx.conf", "-e", "error.log"], port, folder=folder
    )
    p.health = "/__stats"
    return p


def _env(upstream):
    url = f"http://127.0.0.1:{upstream}"
    return {"ANTHROPIC_TARGET_API_URL": url, "OPENAI_TARGET_API_URL": url, "HEADROOM_WORKSPACE_DIR": ""}


def ours(upstream, workers, *flags):
    port = free_port()
    binary = os.environ.get("HEADROOM_BIN") or str(ROOT / "build" / "headroom")
    return Program([binary, "proxy", "--port", str(port), "--workers", str(workers), *flags], port, _env(upstream))


def peer_program():
    """The published package in a virtual environment of its own; installed when asked for."""
    venv = OUT / "peer"
    program = venv / "bin" / "headroom"
    if not program.exists():
        print("bench: installing the published package into build/bench/peer", flush=True)
        subprocess.run(["python3", "-m", "venv", str(venv)], check=True)
        subprocess.run(
            [str(venv / "bin" / "pip"), "install", "--quiet", "headroom-ai[proxy]==" + os.environ.get("PEER_VERSION", "0.42.0")],
            check=True,
        )
    return program


def peer(upstream, *_):
    port = free_port()
    env = {**_env(upstream), "LITELLM_LOCAL_MODEL_COST_MAP": "True", "HEADROOM_SKIP_UPSTREAM_CHECK": "1"}
    return Program([str(peer_program()), "proxy", "--port", str(port), "--no-rate-limit"], port, env)


def load(port, path, body_file, connections=1, seconds=1.0, limit=0):
    headers = ["x-api-key: sk-ant-bench", "anthropic-version: 2023-06-01"]
    argv = [str(OUT / "loadgen"), str(port), path, str(body_file), str(connections), str(seconds), str(limit), *headers]
    return json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE, timeout=seconds + 180).stdout)
