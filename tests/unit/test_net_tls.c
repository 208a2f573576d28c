/* TLS towards upstreams, with a private CA made by the openssl command. */
#include "net_harness.h"

#include <signal.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

static char dir[64];

static void sh(const char *fmt, ...)
{
    char cmd[2000], full[2200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(cmd, sizeof(cmd), fmt, ap);
    va_end(ap);
    snprintf(full, sizeof(full), "cd %s && %s", dir, cmd);
    if (system(full) != 0)
        fail_msg("command failed: %s", cmd);
}

static void make_ca(const char *name, const char *bcons)
{
    sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
       "-keyout %s.key -out %s.pem -subj '/CN=Test CA %s' -addext 'basicConstraints=%s' "
       "-addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null",
       name, name, name, bcons);
}

static void make_cert(const char *ca, const char *name, const char *san, const char *days)
{
    sh("openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s.key "
       "-out %s.csr -subj '/CN=%s' 2>/dev/null",
       name, name, name);
    sh("printf 'subjectAltName=%s\\nauthorityKeyIdentifier=keyid\\nsubjectKeyIdentifier=hash\\n"
       "basicConstraints=critical,CA:FALSE\\n' > %s.ext",
       san, name);
    sh("openssl x509 -req -in %s.csr -CA %s.pem -CAkey %s.key -CAcreateserial -out %s.pem %s "
       "-extfile %s.ext 2>/dev/null",
       name, ca, ca, name, days, name);
}

static int group_setup(void **st)
{
    (void)st;
    snprintf(dir, sizeof(dir), "%s/hr-tls-XXXXXX", P_tmpdir);
    if (!mkdtemp(dir))
        return -1;
    make_ca("ca", "critical,CA:TRUE");
    make_ca("loose", "CA:TRUE");
    make_cert("ca", "good", "DNS:localhost,IP:127.0.0.1", "-days 10");
    make_cert("ca", "other", "DNS:other.test,IP:127.0.0.9", "-days 10");
    make_cert("ca", "expired", "DNS:localhost,IP:127.0.0.1", "-days -1");
    make_cert("loose", "loosecert", "DNS:localhost,IP:127.0.0.1", "-days 10");
    return 0;
}

static int group_teardown(void **st)
{
    (void)st;
    char cmd[100];
    snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
    return system(cmd);
}

static const char *path_of(const char *name)
{
    static char p[4][128];
    static int i;
    i = (i + 1) % 4;
    snprintf(p[i], sizeof(p[i]), "%s/%s", dir, name);
    return p[i];
}

/* --- a TLS server that answers requests until the peer closes ------------------------------- */

typedef struct tls_server {
    SSL_CTX *ctx;
    script *s;
    char cert[32];
    _Atomic int handshakes, resumed, requests, alpn, sni, clean;
    size_t big;     /* answer with a body of that size */
    bool no_notify; /* close without close_notify, body framed by the end */
    bool keep_once; /* close after the first answer */
} tls_server;

static int pick_alpn(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
                     unsigned in_n, void *arg)
{
    (void)ssl;
    tls_server *t = arg;
    if (in_n == 9 && !memcmp(in, "\x08http/1.1", 9))
        t->alpn++;
    *out = in + 1;
    *n = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static bool read_request(SSL *ssl, char *buf, size_t cap)
{
    size_t n = 0, k;
    while (n + 1 < cap && SSL_read_ex(ssl, buf + n, cap - 1 - n, &k)) {
        n += k;
        buf[n] = '\0';
        char *end = strstr(buf, "\r\n\r\n"), *len = strstr(buf, "content-length: ");
        if (end && (!len || (size_t)(end + 4 - buf) + strtoul(len + 16, NULL, 10) <= n))
            return true;
    }
    return false;
}

static void play_tls(int fd, int nth, void *ctx)
{
    (void)nth;
    tls_server *t = ctx;
    SSL *ssl = SSL_new(t->ctx);
    SSL_set_fd(ssl, fd);
    char *buf = malloc(1 << 20);
    if (SSL_accept(ssl) == 1) {
        t->handshakes++;
        t->resumed += SSL_session_reused(ssl);
        const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        t->sni += sni && !strcmp(sni, "localhost");
        while (read_request(ssl, buf, 1 << 20)) {
            t->requests++;
            char head[200];
            size_t n = t->big ? t->big : 2;
            if (t->no_notify)
                snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\n\r\n");
            else
                snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
            SSL_write(ssl, head, (int)strlen(head));
            memset(buf, 'T', 65536);
            for (size_t left = n; left;) {
                size_t k = left < 65536 ? left : 65536;
                if (SSL_write(ssl, buf, (int)k) <= 0)
                    break;
                left -= k;
            }
            if (t->no_notify || t->keep_once)
                break;
        }
        if (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN)
            t->clean++;
        if (!t->no_notify)
            SSL_shutdown(ssl);
    }
    ERR_clear_error();
    free(buf);
    SSL_free(ssl);
}

static tls_server *tls_start(const char *cert, int times)
{
    tls_server *t = calloc(1, sizeof(*t));
    char key[40];
    snprintf(t->cert, sizeof(t->cert), "%s.pem", cert);
    snprintf(key, sizeof(key), "%s.key", cert);
    t->ctx = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate_chain_file(t->ctx, path_of(t->cert)), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(t->ctx, path_of(key), SSL_FILETYPE_PEM), 1);
    SSL_CTX_set_alpn_select_cb(t->ctx, pick_alpn, t);
    SSL_CTX_set_session_id_context(t->ctx, (const unsigned char *)"t", 1);
    t->s = script_start(play_tls, t, times);
    return t;
}

static void tls_stop(tls_server *t)
{
    script_stop(t->s);
    SSL_CTX_free(t->ctx);
    free(t);
}

static char *relay(server *s, const char *host, uint16_t port, const char *body)
{
    snprintf(s->upstream, sizeof(s->upstream), "https://%s:%u", host, (unsigned)port);
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addf(&b,
                "POST /relay/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: "
                "%zu\r\n\r\n%s",
                strlen(body), body);
    hr_buf_addc(&b, '\0');
    char *a = ask(s->port, b.p);
    hr_buf_free(&b);
    return a;
}

static void test_trusted(void **st)
{
    (void)st;
    for (int add = 0; add < 2; add++) {
        tls_server *t = tls_start("good", 1);
        hr_net_opts o = {.tls_strict = true};
        const char *ca = path_of("ca.pem");
        if (add)
            o.ca_add = ca;
        else
            o.ca_replace = ca;
        server *s = server_start(o);
        for (int i = 0; i < 3; i++) {
            char *a = relay(s, "localhost", t->s->port, "hello there");
            if (!strstr(a, "\r\n\r\nTT"))
                fail_msg("%s", a);
            free(a);
        }
        assert_int_equal(t->handshakes, 1); /* one connection, kept */
        assert_int_equal(t->requests, 3);
        assert_int_equal(t->alpn, 1);
        assert_int_equal(t->sni, 1);
        server_stop(s);
        tls_stop(t);
    }
    /* an address literal: matched against the certificate's IP entries, no SNI */
    tls_server *t = tls_start("good", 1);
    server *s = server_start((hr_net_opts){.tls_strict = true, .ca_replace = path_of("ca.pem")});
    char *a = relay(s, "127.0.0.1", t->s->port, "x");
    assert_non_null(strstr(a, "\r\n\r\nTT"));
    assert_int_equal(t->sni, 0);
    free(a);
    server_stop(s);
    tls_stop(t);
}

static void refused(const char *cert, hr_net_opts o, const char *host, const char *want, bool hint)
{
    tls_server *t = tls_start(cert, 1);
    server *s = server_start(o);
    char *a = relay(s, host, t->s->port, "secret");
    assert_non_null(strstr(a, "502"));
    if (!strstr(a, want))
        fail_msg("%s: no '%s' in %s", cert, want, a);
    assert_int_equal(strstr(a, "HEADROOM_TLS_STRICT") != NULL, hint);
    assert_int_equal(s->last_fetch_err, HR_E_TLS);
    assert_int_equal(s->last_stage, HR_STAGE_CONNECT);
    assert_int_equal(t->requests, 0);
    free(a);
    server_stop(s);
    tls_stop(t);
}

static void test_refused(void **st)
{
    (void)st;
    hr_net_opts o = {.tls_strict = true, .ca_replace = path_of("ca.pem")};
    char ca[128];
    snprintf(ca, sizeof(ca), "%s", o.ca_replace);
    o.ca_replace = ca;
    refused("other", o, "localhost", "ostname mismatch", false);
    refused("other", o, "127.0.0.1", "IP address mismatch", false);
    refused("expired", o, "localhost", "certificate has expired", false);
    refused("loosecert", o, "localhost", "unable to get local issuer certificate", false);
    /* never turned off with strictness */
    o.tls_strict = false;
    refused("other", o, "localhost", "ostname mismatch", false);
    refused("expired", o, "localhost", "certificate has expired", false);
    refused("loosecert", o, "localhost", "unable to get local issuer certificate", false);
    /* the system's store knows no private CA */
    refused("good", (hr_net_opts){.tls_strict = true}, "localhost", "local issuer", false);
    /* a file that does not exist is skipped, not trusted */
    refused("good", (hr_net_opts){.ca_replace = path_of("missing.pem")}, "localhost",
            "local issuer", false);
}

static void test_strict(void **st)
{
    (void)st;
    char ca[128];
    snprintf(ca, sizeof(ca), "%s", path_of("loose.pem"));
    refused("loosecert", (hr_net_opts){.tls_strict = true, .ca_replace = ca}, "localhost",
            "asic Constraints of CA cert not marked critical", true);
    refused("loosecert", (hr_net_opts){.tls_strict = true, .ca_add = ca}, "localhost",
            "asic Constraints of CA cert not marked critical", true);
    tls_server *t = tls_start("loosecert", 1);
    server *s = server_start((hr_net_opts){.tls_strict = false, .ca_replace = ca});
    char *a = relay(s, "localhost", t->s->port, "x");
    assert_non_null(strstr(a, "\r\n\r\nTT"));
    free(a);
    server_stop(s);
    tls_stop(t);
}

static void test_not_tls(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    char *a = relay(s, "localhost", s->port, "x"); /* our own plain port */
    assert_non_null(strstr(a, "502"));
    assert_int_equal(s->last_fetch_err, HR_E_TLS);
    assert_int_equal(s->last_stage, HR_STAGE_CONNECT);
    free(a);
    server_stop(s);
}

static void test_resumption(void **st)
{
    (void)st;
    tls_server *t = tls_start("good", 3);
    t->keep_once = true;
    server *s = server_start((hr_net_opts){.tls_strict = true, .ca_replace = path_of("ca.pem")});
    for (int i = 0; i < 3; i++) {
        char *a = relay(s, "localhost", t->s->port, "x");
        assert_non_null(strstr(a, "\r\n\r\nTT"));
        free(a);
        wait_for(t->s->finished == i + 1);
    }
    assert_int_equal(t->handshakes, 3);
    assert_int_equal(t->resumed, 2);
    server_stop(s);
    tls_stop(t);
}

static void test_large_and_paused(void **st)
{
    (void)st;
    tls_server *t = tls_start("good", 3);
    t->big = 30000000;
    server *s = server_start((hr_net_opts){.tls_strict = true, .ca_replace = path_of("ca.pem")});
    snprintf(s->upstream, sizeof(s->upstream), "https://localhost:%u", (unsigned)t->s->port);
    int fd = dial_port(s->port);
    send_str(fd, "GET /relay/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    size_t last = 0;
    for (int still = 0; still < 4; nap(50)) { /* a reader that stands still stops everything */
        still = s->relayed && s->relayed == last ? still + 1 : 0;
        last = s->relayed;
    }
    assert_true(last < 20000000);
    size_t n;
    char *a = read_to_end(fd, &n);
    char *body = strstr(a, "\r\n\r\n") + 4;
    assert_int_equal((size_t)(body - a) + 30000000, n);
    for (char *p = body; p < a + n; p++) {
        if (*p != 'T')
            fail_msg("wrong byte at %zu", (size_t)(p - body));
    }
    free(a);
    close(fd);
    /* bodies of many records, staged and borrowed */
    t->big = 0;
    char *up = malloc(900001);
    memset(up, 'u', 900000);
    up[900000] = '\0';
    a = relay(s, "localhost", t->s->port, up);
    assert_non_null(strstr(a, "\r\n\r\nTT"));
    free(a);
    free(up);
    a = ask(s->port, "GET /bulk/1000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(a, "\r\n\r\nTT"));
    free(a);
    server_stop(s);
    tls_stop(t);
}

static void test_truncation(void **st)
{
    (void)st;
    tls_server *t = tls_start("good", 1);
    t->no_notify = true; /* a body without a length that ends without close_notify is cut */
    server *s = server_start((hr_net_opts){.tls_strict = true, .ca_replace = path_of("ca.pem")});
    free(relay(s, "localhost", t->s->port, "x"));
    wait_for(s->fetch_done == 1);
    assert_int_equal(s->last_fetch_err, HR_E_CLOSED);
    assert_int_equal(s->last_stage, HR_STAGE_BODY);
    server_stop(s);
    tls_stop(t);
}

/* --- CONNECT -------------------------------------------------------------------------------- */

typedef struct connect_proxy {
    tls_server *to;
    char *seen;
    const char *refuse;
} connect_proxy;

static void play_connect(int fd, int nth, void *ctx)
{
    connect_proxy *p = ctx;
    p->seen = read_until(fd, "\r\n\r\n");
    if (p->refuse) {
        send_str(fd, p->refuse);
        return;
    }
    send_str(fd, "HTTP/1.1 200 Connection established\r\n\r\n");
    play_tls(fd, nth, p->to);
}

static void test_connect_proxy(void **st)
{
    (void)st;
    tls_server *t = tls_start("other", 0);
    connect_proxy p = {.to = t};
    script *via = script_start(play_connect, &p, 1);
    char url[64];
    snprintf(url, sizeof(url), "http://u:p@127.0.0.1:%u", (unsigned)via->port);
    server *s = server_start(
        (hr_net_opts){.tls_strict = true, .ca_replace = path_of("ca.pem"), .https_proxy = url});
    char *a = relay(s, "other.test", 8443, "x");
    if (!strstr(a, "\r\n\r\nTT"))
        fail_msg("%s", a);
    free(a);
    assert_ptr_equal(
        strstr(p.seen, "CONNECT other.test:8443 HTTP/1.1\r\nhost: other.test:8443\r\n"), p.seen);
    assert_non_null(strstr(p.seen, "proxy-authorization: Basic dTpw\r\n"));
    free(p.seen);
    server_stop(s);
    script_stop(via);

    p.refuse = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    via = script_start(play_connect, &p, 1);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", (unsigned)via->port);
    s = server_start((hr_net_opts){.https_proxy = url});
    a = relay(s, "other.test", 443, "x");
    assert_non_null(strstr(a, "refused CONNECT with status 407"));
    assert_int_equal(s->last_fetch_err, HR_E_CONNECT);
    assert_int_equal(s->last_stage, HR_STAGE_CONNECT);
    free(a);
    free(p.seen);
    server_stop(s);
    script_stop(via);
    tls_stop(t);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trusted),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_strict),     cmocka_unit_test(test_not_tls),
        cmocka_unit_test(test_resumption), cmocka_unit_test(test_large_and_paused),
        cmocka_unit_test(test_truncation), cmocka_unit_test(test_connect_proxy),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
