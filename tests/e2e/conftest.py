import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import MockUpstream, Proxy  # noqa: E402


@pytest.fixture(scope="session")
def _upstream():
    with MockUpstream() as up:
        yield up


@pytest.fixture
def up(_upstream):
    """The mock provider, empty: no requests seen, no steps scripted."""
    _upstream.reset()
    yield _upstream
    _upstream.reset()


@pytest.fixture(scope="session")
def _proxy(_upstream):
    with Proxy(_upstream.url) as p:
        yield p


@pytest.fixture
def px(_proxy, up):
    """A proxy with default settings in front of `up`; many tests share it."""
    assert _proxy.process.poll() is None, "the shared proxy is gone:\n" + _proxy.output()[-4000:]
    return _proxy


@pytest.fixture
def make_proxy(up):
    """make_proxy(*flags, env=…, home=…, upstream=…): a proxy of one's own."""
    made = []

    def make(*args, upstream=None, **kw):
        made.append(Proxy(upstream or up.url, *args, **kw))
        return made[-1]

    yield make
    for p in made:
        p.close()
