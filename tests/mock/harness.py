"""Starts the proxy for a test, with a home of its own, and talks to it without any client library."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("HEADROOM_BIN", str(ROOT / "build" / "asan" / "headroom"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


def encoded(body):
    return json.dumps(body).encode() if isinstance(body, (dict, list)) else body


class Proxy:
    """`upstream` is the base URL of the mock. Use as a context manager."""

    def __init__(self, upstream, *args, env=None, host="127.0.0.1", home=None):
        self.port = free_port()
        self.own_home = home is None
        self.home = Path(home or tempfile.mkdtemp(prefix="headroom-test-"))
        clean = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("HEADROOM_")}
        clean |= {
            "HOME": str(self.home),
            "HEADROOM_WORKSPACE_DIR": str(self.home / "workspace"),
            "ANTHROPIC_TARGET_API_URL": upstream,
            "OPENAI_TARGET_API_URL": upstream,
            "GEMINI_TARGET_API_URL": upstream,
        } | (env or {})
        self.log_path = self.home / "output.log"
        self.process = subprocess.Popen(
            [BINARY, "proxy", "--host", host, "--port", str(self.port), *args],
            env=clean,
            stdout=open(self.log_path, "ab"),
            stderr=subprocess.STDOUT,
        )
        self.wait_ready()

    def wait_ready(self, limit=20):
        end = time.monotonic() + limit
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if self.request("GET", "/readyz", timeout=2).status == 200:
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"the proxy did not start:\n{self.output()}")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def output(self):
        return self.log_path.read_text(errors="replace")

    def request(self, method, path, body=None, headers=None, timeout=30, host="127.0.0.1"):
        c = http.client.HTTPConnection(host, self.port, timeout=timeout)
        try:
            c.request(method, path, encoded(body), {"content-type": "application/json", **(headers or {})})
            r = c.getresponse()
            return Reply(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
        finally:
            c.close()

    def post(self, path, body=None, headers=None, **more):
        return self.request("POST", path, body, headers, **more)

    def get(self, path, headers=None, **more):
        return self.request("GET", path, None, headers, **more)

    def raw(self, data, timeout=10):
        """Bytes as they are; returns everything until the proxy closes or falls silent."""
        out = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as s:
            s.sendall(data)
            s.settimeout(timeout)
            try:
                while part := s.recv(65536):
                    out += part
            except (TimeoutError, ConnectionResetError):
                pass
        return out

    def metric(self, name):
        found = re.search(rf"^{re.escape(name)} ([0-9.e+]+)$", self.get("/metrics").body.decode(), re.M)
        return float(found.group(1)) if found else None

    def rss(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024
        return 0

    def stop(self, sig=signal.SIGTERM, limit=40):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the proxy did not stop:\n{self.output()[-3000:]}") from None

    def __enter__(self):
        return self

    def __exit__(self, kind, *exc):
        code = self.stop()
        text = self.output()
        if self.own_home:
            shutil.rmtree(self.home, ignore_errors=True)
        if kind is None:
            assert "AddressSanitizer" not in text and "runtime error" not in text and "LeakSanitizer" not in text, text[-6000:]
            assert code in (0, 130), (code, text[-3000:])


def events(body):
    """(event, data) pairs of a stream, as a strict reader sees them."""
    out = []
    for block in re.split(r"\r?\n\r?\n", body.decode()):
        name, data = None, []
        for line in block.splitlines():
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                data.append(line[6:])
        if data:
            out.append((name, "\n".join(data)))
    return out
