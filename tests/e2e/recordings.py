"""Recorded traffic of coding agents: archives under tests/data/wire/replay, and, where a folder with
the complete recordings is at hand (HR_EXTRA_DATA, or shared/data beside the checkout), all of them."""

import json
import os
import tarfile
from pathlib import Path

from support import ROOT

ARCHIVES = ROOT / "tests" / "data" / "wire" / "replay"
NOT_FORWARDED = {"host", "content-length", "connection", "keep-alive", "transfer-encoding"}


class Step:
    """One request of a recording and the answer it got."""

    def __init__(self, files, number):
        meta = json.loads(files[f"{number}.meta.json"])
        self.number = number
        self.method, self.target = meta.get("method"), meta.get("path")
        self.headers = [(k, v) for k, v in meta.get("headers", []) if k.lower() not in NOT_FORWARDED]
        self.body = files.get(f"{number}.body.json", b"")
        self.reply = next((files[f"{number}.reply.{x}"] for x in ("sse", "json") if f"{number}.reply.{x}" in files), None)
        self.reply_type = next((v for k, v in meta.get("reply_headers", []) if k.lower() == "content-type"), "application/json")
        self.status = int(meta["status"].split()[1]) if "status" in meta else 200

    @property
    def path(self):
        return self.target.split("?", 1)[0]

    @property
    def json(self):
        return json.loads(self.body) if self.body else {}

    def header(self, name):
        return next((v for k, v in self.headers if k.lower() == name), "")

    @property
    def is_model_call(self):
        return self.method == "POST" and self.path.endswith(("/messages", "/chat/completions", "/responses"))

    @property
    def is_side_request(self):
        """Titles, commit messages, counts, the start's HEAD: nothing in them is ours to change."""
        return not self.is_model_call or not self.json.get("tools")

    @property
    def lineage(self):
        """Requests with the same value are turns of one conversation."""
        h = self.header
        if h("x-claude-code-session-id"):
            return "claude", h("x-claude-code-session-id"), h("x-claude-code-agent-id")
        if h("thread-id"):
            return "codex", h("thread-id"), h("x-codex-window-id")
        return "other", h("x-session-id") or h("user-agent")


class Recording:
    def __init__(self, name, files):
        self.name = name
        numbers = sorted({n.split(".")[0] for n in files})
        self.steps = [Step(files, n) for n in numbers]

    def __repr__(self):
        return self.name


def _from_archive(path):
    files = {}
    with tarfile.open(path) as t:
        for m in t.getmembers():
            files[m.name.rsplit("/", 1)[1]] = t.extractfile(m).read()
    return Recording(path.name.removesuffix(".tar.xz"), files)


def _from_folder(path):
    return Recording(f"{path.parent.name}-{path.name}", {f.name: f.read_bytes() for f in path.iterdir()})


def _extra():
    at = os.environ.get("HR_EXTRA_DATA")
    folder = Path(at) if at else ROOT.parent / "shared" / "data"
    return sorted({f.parent for f in (folder / "wire").glob("*/*/001.meta.json")})


def load():
    """All recordings that the proxy can be tested with: requests over HTTP."""
    found = {r.name: r for r in map(_from_archive, sorted(ARCHIVES.glob("*.tar.xz")))}
    for folder in _extra():
        r = _from_folder(folder)
        found.setdefault(r.name, r)
    return [r for r in found.values() if all(s.method for s in r.steps)]
