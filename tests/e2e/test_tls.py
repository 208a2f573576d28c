"""Providers behind TLS: whom the proxy trusts, and what it says when it does not."""

import shutil
import ssl
import subprocess

import pytest

import samples
from support import MockUpstream

# An inspection root as many companies have it: without "critical" on its basic constraints.
CONFIG = """
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[lax_root]
basicConstraints = CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1
[leaf_of_another_host]
basicConstraints = critical,CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
extendedKeyUsage = serverAuth
subjectAltName = DNS:provider.example
"""


class Authority:
    def __init__(self, folder):
        self.folder = folder
        (folder / "config").write_text(CONFIG)
        for name in ("root", "lax_root", "stranger"):
            self.openssl(
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                f"{name}.key",
                "-out",
                f"{name}.pem",
                "-subj",
                f"/CN=Test {name}",
                "-days",
                "30",
                "-config",
                "config",
                "-extensions",
                "lax_root" if name == "lax_root" else "root",
            )

    def openssl(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True)

    def path(self, name):
        return str(self.folder / f"{name}.pem")

    def server(self, root, kind="leaf", days="30"):
        """A TLS context of a server whose certificate `root` has signed."""
        name = f"{root}-{kind}-{days}".replace(" ", "")
        self.openssl(
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            "/CN=provider",
            "-config",
            "config",
        )
        self.openssl(
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-CA",
            f"{root}.pem",
            "-CAkey",
            f"{root}.key",
            "-CAcreateserial",
            "-out",
            f"{name}.pem",
            "-extfile",
            "config",
            "-extensions",
            kind,
            "-days",
            days,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(name), str(self.folder / f"{name}.key"))
        return context


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    assert shutil.which("openssl"), "the openssl command is needed"
    return Authority(tmp_path_factory.mktemp("ca"))


# What this machine says about trust is not the test's.
NEUTRAL = {"SSL_CERT_FILE": "", "REQUESTS_CA_BUNDLE": "", "NODE_EXTRA_CA_CERTS": "", "SSL_CERT_DIR": ""}


def ask(make_proxy, server, **env):
    p = make_proxy("--retry-max-attempts", "1", upstream=server.url, env={**NEUTRAL, **env})
    return p.post("/v1/messages", samples.anthropic([], tools=()), samples.KEY), p


def refused(r, server):
    assert r.status == 502 and r.json["type"] == "error" and "certificate" in r.json["error"]["message"].lower(), r
    assert not server.requests
    return True


def test_a_trusted_root(make_proxy, ca):
    with MockUpstream(tls=ca.server("root")) as server:
        for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
            assert ask(make_proxy, server, **{variable: ca.path("root")})[0].status == 200, variable
        assert len(server.requests) == 3


def test_an_unknown_root_is_refused(make_proxy, ca):
    with MockUpstream(tls=ca.server("root")) as server:
        assert refused(ask(make_proxy, server)[0], server)
        assert refused(ask(make_proxy, server, SSL_CERT_FILE=ca.path("stranger"))[0], server)


def test_a_root_with_lax_basic_constraints_needs_the_switch(make_proxy, ca):
    with MockUpstream(tls=ca.server("lax_root")) as server:
        assert refused(ask(make_proxy, server, SSL_CERT_FILE=ca.path("lax_root"))[0], server)
        assert refused(ask(make_proxy, server, NODE_EXTRA_CA_CERTS=ca.path("lax_root"))[0], server)
        for off in ("0", "false", "no", "off"):
            assert ask(make_proxy, server, SSL_CERT_FILE=ca.path("lax_root"), HEADROOM_TLS_STRICT=off)[0].status == 200


@pytest.mark.parametrize(
    "what, root, kind, days",
    [
        ("another host", "root", "leaf_of_another_host", "30"),
        ("expired", "root", "leaf", "-1"),
        ("a stranger's", "stranger", "leaf", "30"),
    ],
)
def test_the_switch_turns_nothing_else_off(make_proxy, ca, what, root, kind, days):
    with MockUpstream(tls=ca.server(root, kind, days)) as server:
        for strict in ("0", "1"):
            assert refused(ask(make_proxy, server, SSL_CERT_FILE=ca.path("root"), HEADROOM_TLS_STRICT=strict)[0], server), what


def test_replacing_means_only_these(make_proxy, ca):
    with MockUpstream(tls=ca.server("root")) as server:
        assert refused(ask(make_proxy, server, SSL_CERT_FILE=ca.path("stranger"), NODE_EXTRA_CA_CERTS="")[0], server)


def test_a_file_that_is_missing_is_said_and_passed_over(make_proxy, ca, tmp_path):
    with MockUpstream(tls=ca.server("root")) as server:
        r, p = ask(make_proxy, server, SSL_CERT_FILE=str(tmp_path / "missing.pem"), NODE_EXTRA_CA_CERTS=ca.path("root"))
        assert r.status == 200 and "missing.pem" in p.output()


def test_streams_and_large_bodies_over_tls(make_proxy, ca):
    with MockUpstream(tls=ca.server("root")) as server:
        r, p = ask(make_proxy, server, SSL_CERT_FILE=ca.path("root"))
        assert r.status == 200
        server.script({"tokens": 5000})
        r = p.post("/v1/messages", samples.anthropic([samples.rows(3000, "tls")], stream=True), samples.KEY)
        assert b"message_stop" in r.body and len(r.body) > 300_000
        big = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "z" * 6_000_000}]}
        assert p.post("/v1/messages", big, samples.KEY).status == 200 and server.requests[-1].json == big
        assert server.connections == 1
