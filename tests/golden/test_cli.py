"""Commands with their exact output. One case a file under cli/: sections that begin with a line
`--- name`, in this order: args (one argument a line), env (NAME=value), stdin, exit, stdout, stderr.

Each section's text is followed by one line break that is not part of it.

    HR_UPDATE_GOLDEN=1 tools/run-tests golden      writes what the program says now; review the diff

Each case runs with an empty home; {HOME} stands for it, {VERSION} for the version. A section that is
missing is not compared (stdout, stderr) or empty (args, env, stdin).
"""

import os
import re
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from support import ROOT, run_cli  # noqa: E402

ORDER = ["args", "env", "stdin", "exit", "stdout", "stderr"]
VERSION = re.search(r"project\(headroom[^)]*VERSION\s+([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


def read(path):
    parts = re.split(r"^--- (\w+)\n", path.read_text(), flags=re.M)
    assert parts[0] == "" and set(parts[1::2]) <= set(ORDER), f"{path}: sections"
    return {k: v[:-1] for k, v in zip(parts[1::2], parts[2::2])}


def write(path, case):
    path.write_text("".join(f"--- {k}\n{case[k]}\n" for k in ORDER if k in case))


def plain(output, home):
    return output.decode().replace(home, "{HOME}").replace(VERSION, "{VERSION}")


@pytest.mark.parametrize("path", sorted((HERE / "cli").glob("*.txt")), ids=lambda p: p.stem)
def test_command(path):
    case = read(path)
    env = dict(line.split("=", 1) for line in case.get("env", "").splitlines())
    with tempfile.TemporaryDirectory(prefix="headroom-golden-") as home:
        code, out, err = run_cli(*case.get("args", "").splitlines(), stdin=case.get("stdin", "").encode(), home=home, env=env)
        got = {"exit": str(code), "stdout": plain(out, home), "stderr": plain(err, home)}
    if os.environ.get("HR_UPDATE_GOLDEN"):
        write(path, {**case, **{k: v for k, v in got.items() if k in case}})
    for k in ("exit", "stdout", "stderr"):
        if k in case:
            assert got[k] == case[k], k
