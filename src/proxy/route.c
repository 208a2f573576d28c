/* The route table (defs/routes.def) and how a path finds its row. Paths are compared as received:
 * no percent-decoding, no merging of slashes. What does not match a row exactly is the provider's
 * business and goes to the catch-all. */
#include "proxy/internal.h"

#define STREAMS_passthrough    true
#define STREAMS_livez          false
#define STREAMS_readyz         false
#define STREAMS_health         false
#define STREAMS_stats          false
#define STREAMS_metrics        false
#define STREAMS_stats_reset    false
#define STREAMS_absent         false
#define STREAMS_cache_clear    false
#define STREAMS_compress       false
#define STREAMS_retrieve_post  false
#define STREAMS_retrieve_stats false
#define STREAMS_retrieve_call  false
#define STREAMS_retrieve_get   false
#define STREAMS_messages       false
#define STREAMS_chat           false
#define STREAMS_responses      false

const hr_route hr_routes[HR_ROUTE_COUNT] = {
#define HR_ROUTE(id, method, path, access, handler, help)                                          \
    [HR_ROUTE_##id] = {method, path, HR_ACCESS_##access, hr_h_##handler, STREAMS_##handler, help},
#include "routes.def"
#undef HR_ROUTE
};

static bool path_matches(hr_str pattern, hr_str path, hr_str *param)
{
    *param = HR_STR_NONE;
    if (hr_str_eq(pattern, HR_STR("*")))
        return true;
    if (path.n < 2 || pattern.p[1] != path.p[1]) /* none of ours has less than "/x" */
        return false;
    size_t open = hr_str_find_char(pattern, '{');
    if (open == SIZE_MAX)
        return hr_str_eq(pattern, path);
    hr_str front = hr_str_sub(pattern, 0, open);
    if (!hr_str_starts(path, front))
        return false;
    hr_str rest = hr_str_sub(path, open, path.n);
    if (!rest.n || hr_str_find_char(rest, '/') != SIZE_MAX)
        return false;
    *param = rest;
    return true;
}

static bool method_matches(const char *want, hr_str method)
{
    hr_str w = hr_cstr(want);
    return hr_str_eq(w, HR_STR("*")) || hr_str_eq(w, method) ||
           (hr_str_eq(w, HR_STR("GET")) && hr_str_eq(method, HR_STR("HEAD")));
}

/* Removes "/p/<name>" when another path follows. */
static void strip_project(hr_match *m)
{
    if (!hr_str_starts(m->path, HR_STR("/p/")))
        return;
    hr_str rest = hr_str_sub(m->path, 3, m->path.n);
    size_t slash = hr_str_find_char(rest, '/');
    if (slash == SIZE_MAX || slash == 0)
        return;
    m->project = hr_str_sub(rest, 0, slash);
    m->path = hr_str_sub(rest, slash, rest.n);
}

void hr_route_match(hr_str method, hr_str target, hr_match *m)
{
    *m = (hr_match){.path = target, .id = HR_ROUTE_COUNT};
    size_t q = hr_str_find_char(target, '?');
    if (q != SIZE_MAX) {
        m->path = hr_str_sub(target, 0, q);
        m->query = hr_str_sub(target, q, target.n);
    }
    strip_project(m);
    if (hr_str_starts(m->path, HR_STR("/anthropic/v1/"))) {
        m->anthropic_alias = true;
        m->path = hr_str_sub(m->path, sizeof("/anthropic") - 1, m->path.n);
    }
    for (size_t i = 0; i < HR_ROUTE_COUNT; i++) {
        const hr_route *r = &hr_routes[i];
        hr_str param;
        if (!path_matches(hr_cstr(r->path), m->path, &param))
            continue;
        if (method_matches(r->method, method)) {
            /* a wrong method on a path of ours is told, on a provider's path it is relayed */
            if (m->allow && i == HR_ROUTE_ANY)
                return;
            m->route = r;
            m->id = (hr_route_id)i;
            m->param = param;
            m->allow = NULL;
            return;
        }
        if (r->access != HR_ACCESS_DATA && !m->allow)
            m->allow = r->method;
    }
}
