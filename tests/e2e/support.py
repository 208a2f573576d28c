"""What the end-to-end tests share besides tests/mock: commands run to their end, a proxy that can be
started again, and the comparison of prompts as a provider's cache makes it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "mock"))

from upstream import MockUpstream  # noqa: E402,F401

import harness  # noqa: E402
from harness import BINARY, events  # noqa: E402,F401

# What sanitizers print. A program that says any of this has failed, whatever it answered.
SANITIZER = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")


def wait_until(condition, seconds=10.0, what="what was waited for"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what}: not within {seconds} s")


class Proxy(harness.Proxy):
    """The same, and: starts again in its old home, gives originals back."""

    def __init__(self, upstream, *args, env=None, host="127.0.0.1", home=None):
        self.made_with = (upstream, args, env, host)
        super().__init__(upstream, *args, env=env, host=host, home=home)

    def restart(self, sig=signal.SIGTERM):
        self.stop(sig)
        upstream, args, env, host = self.made_with
        keep = self.own_home
        super().__init__(upstream, *args, env=env, host=host, home=self.home)
        self.own_home = keep
        return self

    def original(self, hash_):
        """The text behind a hash, or None."""
        r = self.get(f"/v1/retrieve/{hash_}")
        return r.json["original_content"] if r.status == 200 else None

    def close(self):
        self.__exit__(None)


def command_env(home, **more):
    """Nobody's own settings: what a fresh user has, the sanitizers' options, and `more`."""
    env = {k: v for k, v in os.environ.items() if k in ("LANG", "LC_ALL", "TZ") or k.endswith("SAN_OPTIONS")}
    env.update({"PATH": "/usr/bin:/bin", "HOME": str(home)}, **more)
    return {k: v for k, v in env.items() if v is not None}


def run_cli(*args, stdin=b"", home=None, env=None, timeout=60):
    """A command to its end: (exit code, stdout, stderr), both as bytes."""
    own = home is None
    home = home or tempfile.mkdtemp(prefix="headroom-cli-")
    try:
        p = subprocess.run(
            [BINARY, *args], input=stdin, capture_output=True, env=command_env(home, **(env or {})), cwd=home, timeout=timeout
        )
        assert not any(word.encode() in p.stderr for word in SANITIZER), p.stderr.decode(errors="replace")
        return p.returncode, p.stdout, p.stderr
    finally:
        if own:
            shutil.rmtree(home, ignore_errors=True)


# --- prompts as a provider caches them -----------------------------------------------------------


def without_marks(x):
    """Without cache_control, which moves from turn to turn and is no part of the prompt."""
    if isinstance(x, dict):
        return {k: without_marks(v) for k, v in x.items() if k != "cache_control"}
    return [without_marks(v) for v in x] if isinstance(x, list) else x


def _blocks(content):
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or [])


def segments(body):
    """The prompt in the provider's order: tools, system, messages; one string for each piece that can
    be shared. A string and one text block with it are the same; deferred tools are no part of it."""
    body = without_marks(body)
    say = lambda kind, x: kind + json.dumps(x, sort_keys=True, ensure_ascii=False)  # noqa: E731
    out = [say("tool", t) for t in body.get("tools") or [] if not t.get("defer_loading")]
    out += [say("system", b) for b in _blocks(body.get("system") or body.get("instructions"))]
    items = body.get("messages", body.get("input")) or []
    for m in _blocks(items) if isinstance(items, str) else items:
        out.append(say("item", {k: v for k, v in m.items() if k != "content"}))
        for b in _blocks(m.get("content")):
            if isinstance(b, dict) and b.get("type") == "tool_result":
                b = {**b, "content": _blocks(b.get("content"))}
            out.append(say("block", b))
    return out


def shared(before, after):
    """How many segments of `before` `after` starts with, and how many `before` has."""
    a, b = segments(before), segments(after)
    same = 0
    while same < min(len(a), len(b)) and a[same] == b[same]:
        same += 1
    return same, len(a)


def extends(before, after):
    """Does the provider find all of `before` in its cache when `after` comes?"""
    same, whole = shared(before, after)
    return same == whole
