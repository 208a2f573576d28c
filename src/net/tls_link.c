/* The TLS link: OpenSSL between an upstream's socket and its protocol. OpenSSL reads from the bytes
 * of the current input call and writes into the output queue; it never sees the socket. */
#include "net/tls.h"

#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { RECORD = 16 * 1024, SEND_AHEAD = 64 * 1024 };

/* --- the BIO -------------------------------------------------------------------------------- */

static int bio_read(BIO *b, char *to, size_t n, size_t *got)
{
    hr_up *u = BIO_get_data(b);
    hr_tls_conn *t = u->tls;
    BIO_clear_retry_flags(b);
    *got = n < t->in_n ? n : t->in_n;
    if (!*got) {
        BIO_set_retry_read(b);
        return 0;
    }
    memcpy(to, t->in, *got);
    t->in += *got;
    t->in_n -= *got;
    return 1;
}

static int bio_write(BIO *b, const char *p, size_t n, size_t *put)
{
    hr_up *u = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    hr_out_add(&u->out, (hr_str){p, n});
    *put = n;
    return !u->out.nomem;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
    (void)b, (void)num, (void)ptr;
    return cmd == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *b)
{
    BIO_set_init(b, 1);
    return 1;
}

BIO_METHOD *hr_tls_bio_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "headroom link");
    if (!m)
        return NULL;
    BIO_meth_set_read_ex(m, bio_read);
    BIO_meth_set_write_ex(m, bio_write);
    BIO_meth_set_ctrl(m, bio_ctrl);
    BIO_meth_set_create(m, bio_create);
    return m;
}

/* --- errors --------------------------------------------------------------------------------- */

/* Checks that only X509_V_FLAG_X509_STRICT makes (RFC 5280 profile). */
static bool strict_only(long e)
{
    switch (e) {
    case X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA:
    case X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN:
    case X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA:
    case X509_V_ERR_ISSUER_NAME_EMPTY:
    case X509_V_ERR_SUBJECT_NAME_EMPTY:
    case X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER:
    case X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER:
    case X509_V_ERR_EMPTY_SUBJECT_ALT_NAME:
    case X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL:
    case X509_V_ERR_CA_BCONS_NOT_CRITICAL:
    case X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL:
    case X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL:
    case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE:
    case X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3:
    case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
    case X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY:
        return true;
    default:
        return false;
    }
}

static void fail_tls(hr_up *u)
{
    char why[300];
    long v = SSL_get_verify_result(u->tls->ssl);
    unsigned long e = ERR_peek_error();
    if (v != X509_V_OK) {
        bool hint = u->loop->net->o.tls_strict && strict_only(v);
        snprintf(why, sizeof(why), "certificate of %.80s not accepted: %s%s", u->origin.host,
                 X509_verify_cert_error_string(v),
                 hint ? " (a rule of strict checking; HEADROOM_TLS_STRICT=0 turns it off)" : "");
    } else {
        const char *reason = e ? ERR_reason_error_string(e) : NULL;
        snprintf(why, sizeof(why), "TLS with %.80s failed: %.120s", u->origin.host,
                 reason ? reason : "unexpected end");
    }
    ERR_clear_error();
    if (u->out.queued && !u->out.inflight)
        hr_out_flush(&u->out, NULL, 0); /* the alert */
    hr_up_fail(u, HR_E_TLS, why);
}

/* --- input ---------------------------------------------------------------------------------- */

/* False: wait for more bytes, or u is gone. */
static bool shake(hr_up *u)
{
    hr_tls_conn *t = u->tls;
    ERR_clear_error();
    int r = SSL_do_handshake(t->ssl);
    if (r != 1) {
        int e = SSL_get_error(t->ssl, r);
        if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
            fail_tls(u);
        return false;
    }
    const unsigned char *name;
    unsigned n;
    SSL_get0_alpn_selected(t->ssl, &name, &n); /* with more than one protocol: choose u->proto */
    t->ready = true;
    hr_up_ready(u);
    return u->state != HR_UP_CLOSED;
}

/* One record's worth of plaintext. False: nothing more to do now. */
static bool read_some(hr_up *u)
{
    hr_tls_conn *t = u->tls;
    char plain[RECORD];
    size_t n = 0;
    if (u->state == HR_UP_BUSY && u->f && u->f->paused)
        return false;
    ERR_clear_error();
    if (SSL_read_ex(t->ssl, plain, sizeof(plain), &n)) {
        u->proto->bytes(u, plain, n);
        return u->state != HR_UP_CLOSED;
    }
    int e = SSL_get_error(t->ssl, 0);
    if (e == SSL_ERROR_ZERO_RETURN) {
        t->closed = true;
        u->proto->eof(u);
    } else if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) {
        t->failed = true;
        fail_tls(u);
    }
    return false;
}

static void tls_input(hr_up *u, const char *p, size_t n)
{
    hr_tls_conn *t = u->tls;
    hr_buf held = t->held;
    if (held.n) { /* older bytes first */
        hr_buf_add(&held, (hr_str){p, n});
        t->held = HR_BUF_INIT(0);
        p = held.p;
        n = held.n;
    }
    t->in = p;
    t->in_n = n;
    if (held.err)
        hr_up_fail(u, HR_E_NOMEM, hr_err_text(HR_E_NOMEM));
    else if (t->ready || shake(u)) {
        while (read_some(u)) {
        }
    }
    if (u->state != HR_UP_CLOSED) {
        if (t->in_n)
            hr_buf_add(&t->held, (hr_str){t->in, t->in_n});
        if (u->out.queued && !u->out.inflight && hr_out_flush(&u->out, NULL, 0) < 0 && u->f)
            u->f->send_dead = true;
    }
    t->in = NULL;
    t->in_n = 0;
    if (held.n)
        hr_buf_free(&held);
}

/* --- output --------------------------------------------------------------------------------- */

/* Fills one record from the pieces at (*i, *at). */
static hr_str next_record(const hr_str *p, size_t n, size_t *i, size_t *at, char *scratch)
{
    while (*i < n && *at == p[*i].n) {
        ++*i;
        *at = 0;
    }
    if (*i == n)
        return HR_STR_NONE;
    hr_str direct = hr_str_sub(p[*i], *at, *at + RECORD);
    if (direct.n == RECORD || *i + 1 == n) {
        *at += direct.n;
        return direct;
    }
    size_t k = 0;
    while (*i < n && k < RECORD) {
        hr_str part = hr_str_sub(p[*i], *at, *at + (RECORD - k));
        if (part.n)
            memcpy(scratch + k, part.p, part.n);
        k += part.n;
        *at += part.n;
        if (*at == p[*i].n) {
            ++*i;
            *at = 0;
        }
    }
    return (hr_str){scratch, k};
}

static int64_t tls_send(hr_up *u, const hr_str *p, size_t n)
{
    char scratch[RECORD];
    size_t i = 0, at = 0, taken = 0;
    while (u->out.queued < SEND_AHEAD) {
        hr_str r = next_record(p, n, &i, &at, scratch);
        size_t put = 0;
        if (!r.n)
            break;
        ERR_clear_error();
        /* The BIO takes everything, so a record is written whole or the connection is broken. */
        if (!SSL_write_ex(u->tls->ssl, r.p, r.n, &put) || put != r.n)
            return UV_EPROTO;
        taken += put;
    }
    if (u->out.queued && !u->out.inflight) {
        int e = hr_out_flush(&u->out, NULL, 0);
        if (e < 0)
            return e;
    }
    return (int64_t)taken;
}

static bool tls_clean(const hr_up *u)
{
    return u->tls->closed;
}

static void tls_free(hr_up *u)
{
    hr_tls_conn *t = u->tls;
    if (!t)
        return;
    if (t->ready && !t->failed)
        SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); /* keeps the session */
    SSL_free(t->ssl);
    hr_buf_free(&t->held);
    hr_free(t);
    u->tls = NULL;
}

const hr_link hr_tls_link = {tls_send, tls_input, tls_clean, tls_free};

/* --- start ---------------------------------------------------------------------------------- */

/* The name is checked against the certificate; an address literal against its IP entries. */
static bool set_name(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *v = SSL_get0_param(ssl);
    unsigned char addr[16];
    X509_VERIFY_PARAM_set_hostflags(v, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (uv_inet_pton(AF_INET, host, addr) == 0 || uv_inet_pton(AF_INET6, host, addr) == 0)
        return X509_VERIFY_PARAM_set1_ip_asc(v, host) == 1;
    return X509_VERIFY_PARAM_set1_host(v, host, 0) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

void hr_tls_connect(hr_up *u)
{
    hr_tls *tls = u->loop->tls;
    hr_tls_conn *t = hr_calloc(1, sizeof(*t));
    SSL *ssl = SSL_new(tls->ctx);
    BIO *bio = BIO_new(tls->bio);
    if (!t || !ssl || !bio || !set_name(ssl, u->origin.host)) {
        hr_free(t);
        SSL_free(ssl);
        BIO_free(bio);
        hr_up_fail(u, HR_E_NOMEM, "TLS could not be started");
        return;
    }
    t->ssl = ssl;
    t->held = HR_BUF_INIT(0);
    u->tls = t;
    u->link = &hr_tls_link;
    BIO_set_data(bio, u);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, u);
    SSL_set_connect_state(ssl);
    hr_tls_session_offer(u);
    hr_up_set_reading(u, true);
    tls_input(u, NULL, 0);
}
