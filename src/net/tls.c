/* The process's TLS settings: versions, trust, strictness. */
#include "net/tls.h"

#include "base/log.h"
#include "base/mem.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <sys/stat.h>

/* A folder as c_rehash makes it, with names like 5ed36f99.0: certificates are then read when they
 * are needed, which saves the time and memory of loading the whole bundle. */
static bool has_hashed_names(const char *dir)
{
    DIR *d = opendir(dir);
    bool found = false;
    if (!d)
        return false;
    for (struct dirent *e; !found && (e = readdir(d)) != NULL;) {
        size_t hex = 0;
        while (hr_is_hex(e->d_name[hex]))
            hex++;
        found = hex == 8 && e->d_name[8] == '.' && hr_is_digit(e->d_name[9]);
    }
    closedir(d);
    return found;
}

static bool exists(const char *path, bool *dir)
{
    struct stat st;
    if (stat(path, &st))
        return false;
    *dir = S_ISDIR(st.st_mode);
    return true;
}

static bool load_path(SSL_CTX *ctx, const char *path, const char *name)
{
    bool dir;
    if (!exists(path, &dir)) {
        hr_warn("%s: certificate file %s does not exist, ignored", name, path);
        return false;
    }
    if (dir ? SSL_CTX_load_verify_dir(ctx, path) : SSL_CTX_load_verify_file(ctx, path))
        return true;
    ERR_clear_error();
    hr_warn("%s: no certificate could be read from %s, ignored", name, path);
    return false;
}

static void load_system(SSL_CTX *ctx)
{
    const char *dir = X509_get_default_cert_dir(), *file = X509_get_default_cert_file();
    bool is_dir;
    if (has_hashed_names(dir) && SSL_CTX_load_verify_dir(ctx, dir))
        return;
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    };
    if (exists(file, &is_dir) && SSL_CTX_load_verify_file(ctx, file))
        return;
    for (size_t i = 0; i < sizeof(bundles) / sizeof(*bundles); i++) {
        if (exists(bundles[i], &is_dir) && SSL_CTX_load_verify_file(ctx, bundles[i]))
            return;
    }
    ERR_clear_error();
    hr_warn("no system certificates were found; https upstreams cannot be verified");
}

static SSL_CTX *make_ctx(const hr_net_opts *o)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx)
        return NULL;
    static const unsigned char alpn[] = "\x08http/1.1";
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, hr_tls_session_new);
    SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn) - 1);
    if (o->tls_strict)
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
    if (!o->ca_replace || !load_path(ctx, o->ca_replace, "SSL_CERT_FILE"))
        load_system(ctx);
    if (o->ca_add)
        load_path(ctx, o->ca_add, "NODE_EXTRA_CA_CERTS");
    return ctx;
}

static void make(uv_work_t *w)
{
    hr_loop *l = w->data;
    hr_net *n = l->net;
    pthread_mutex_lock(&n->tls_lock);
    if (!n->tls) {
        hr_tls *t = hr_calloc(1, sizeof(*t));
        if (t) {
            t->bio = hr_tls_bio_method();
            t->ctx = t->bio ? make_ctx(&n->o) : NULL;
            if (!t->ctx)
                snprintf(t->why, sizeof(t->why), "TLS could not be set up: %s",
                         ERR_reason_error_string(ERR_get_error()));
        }
        n->tls = t;
    }
    pthread_mutex_unlock(&n->tls_lock);
}

static void made(uv_work_t *w, int status)
{
    (void)status;
    hr_loop *l = w->data;
    l->tls = l->net->tls; /* made once and never changed; the queue orders the memory */
    l->tls_making = false;
    while (!hr_list_empty(&l->tls_waiters)) {
        hr_up *u = HR_OF(l->tls_waiters.next, hr_up, tls_node);
        hr_list_remove(&u->tls_node);
        hr_tls_begin(u);
    }
    hr_loop_flush(l);
}

void hr_tls_prepare(hr_loop *l)
{
    if (l->tls || l->tls_making)
        return;
    l->tls_work.data = l;
    l->tls_making = uv_queue_work(&l->uv, &l->tls_work, make, made) == 0;
}

void hr_tls_begin(hr_up *u)
{
    hr_loop *l = u->loop;
    u->state = HR_UP_TLS;
    if (!l->tls && l->tls_making)
        hr_list_push(&l->tls_waiters, &u->tls_node);
    else if (!l->tls)
        hr_up_fail(u, HR_E_NOMEM, hr_err_text(HR_E_NOMEM));
    else if (!l->tls->ctx)
        hr_up_fail(u, HR_E_TLS, l->tls->why);
    else
        hr_tls_connect(u);
}

void hr_tls_free(hr_tls *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->ctx);
    BIO_meth_free(t->bio);
    hr_free(t);
}
