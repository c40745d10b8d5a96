
/*
 * Copyright (C) ngx_apigw contributors
 */


#include "ngx_http_apigw_metrics_int.h"


/*
 * Lines of one family stand together, as the formats want it, so the routes
 * are gone through once for each of theirs.
 */


/* of the thing that is next, whatever kind it is of */

typedef union {
    ngx_apigw_metrics_stage_t          stage;
    ngx_apigw_metrics_series_t         route;
    ngx_apigw_metrics_plan_t           plan;
    ngx_apigw_metrics_authorizer_t     authorizer;
} ngx_http_apigw_metrics_sum_t;


static u_char *ngx_http_apigw_metrics_thing(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last);
static ngx_int_t ngx_http_apigw_metrics_read(ngx_http_apigw_metrics_t *m,
    ngx_uint_t walk, ngx_http_apigw_metrics_sum_t *sum);
static ngx_int_t ngx_http_apigw_metrics_labels(ngx_http_apigw_metrics_t *m,
    ngx_uint_t walk);
static ngx_uint_t ngx_http_apigw_metrics_names(ngx_http_apigw_metrics_t *m,
    ngx_uint_t walk, ngx_str_t *names[3]);
static ngx_uint_t ngx_http_apigw_metrics_things(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f);


u_char *
ngx_http_apigw_metrics_text(ngx_http_apigw_metrics_t *m, u_char *p,
    u_char *last)
{
    ngx_uint_t                        open;
    ngx_http_apigw_metrics_family_t  *f;

    f = &ngx_http_apigw_metrics_families[m->part];
    open = (m->format == NGX_HTTP_APIGW_METRICS_OPEN);

    if (f->write == NULL) {
        return open ? ngx_apigw_exposition_end(p, last) : p;
    }

    m->cost += NGX_HTTP_APIGW_METRICS_LINE;

    if (m->index == 0) {
        return ngx_apigw_exposition_head(p, last, &f->family, open);
    }

    return ngx_http_apigw_metrics_thing(m, f, p, last);
}


ngx_int_t
ngx_http_apigw_metrics_text_next(ngx_http_apigw_metrics_t *m)
{
    ngx_uint_t                        n;
    ngx_http_apigw_metrics_family_t  *f;

    f = &ngx_http_apigw_metrics_families[m->part];

    if (f->write == NULL) {
        return NGX_DONE;
    }

    n = ngx_http_apigw_metrics_things(m, f);

    if (f->walk == NGX_HTTP_APIGW_METRICS_ROUTES && m->index
        && ngx_http_apigw_metrics_next_route(m) == NGX_OK)
    {
        return NGX_OK;
    }

    if (m->index < n) {
        m->index++;
        return NGX_OK;
    }

    m->index = 0;

    do {
        m->part++;
        f++;

    } while (f->write && ngx_http_apigw_metrics_things(m, f) == 0);

    return NGX_OK;
}


/* routes are gone through otherwise, and are one here */

static ngx_uint_t
ngx_http_apigw_metrics_things(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f)
{
    if (f->needs && *(void **) ((u_char *) m->mcf + f->needs) == NULL) {
        return 0;
    }

    switch (f->walk) {

    case NGX_HTTP_APIGW_METRICS_STAGES:
        return m->nstages;

    case NGX_HTTP_APIGW_METRICS_ROUTES:
        return m->routes && m->nstages;

    case NGX_HTTP_APIGW_METRICS_PLANS:
        return m->mcf->plans.nelts;

    case NGX_HTTP_APIGW_METRICS_AUTHORIZERS:
        return m->mcf->watched.nelts;

    default: /* NGX_HTTP_APIGW_METRICS_ONCE */
        return 1;
    }
}


static u_char *
ngx_http_apigw_metrics_thing(ngx_http_apigw_metrics_t *m,
    ngx_http_apigw_metrics_family_t *f, u_char *p, u_char *last)
{
    ngx_int_t                     rc;
    ngx_http_apigw_metrics_sum_t  sum;

    if (f->walk == NGX_HTTP_APIGW_METRICS_ONCE) {
        m->labels.len = 0;

        return f->write(m, f, p, last, &m->state);
    }

    rc = ngx_http_apigw_metrics_read(m, f->walk, &sum);

    if (rc == NGX_ERROR) {
        m->failed = 1;
        return NULL;
    }

    return (rc == NGX_OK) ? f->write(m, f, p, last, &sum) : p;
}


static ngx_int_t
ngx_http_apigw_metrics_read(ngx_http_apigw_metrics_t *m, ngx_uint_t walk,
    ngx_http_apigw_metrics_sum_t *sum)
{
    ngx_int_t                   rc;
    ngx_http_apigw_plan_t     **plans;
    ngx_http_apigw_watched_t  **watched;

    switch (walk) {

    case NGX_HTTP_APIGW_METRICS_STAGES:
        rc = ngx_http_apigw_metrics_sum(m, NGX_APIGW_METRICS_STAGE,
                                        m->stages[m->index - 1]->series, sum,
                                        sizeof(sum->stage));
        break;

    case NGX_HTTP_APIGW_METRICS_ROUTES:
        rc = ngx_http_apigw_metrics_route(m, &sum->route);
        break;

    case NGX_HTTP_APIGW_METRICS_PLANS:
        plans = m->mcf->plans.elts;
        rc = ngx_http_apigw_metrics_sum(m, NGX_APIGW_METRICS_PLAN,
                                        plans[m->index - 1]->series, sum,
                                        sizeof(sum->plan));
        break;

    default: /* NGX_HTTP_APIGW_METRICS_AUTHORIZERS */
        watched = m->mcf->watched.elts;
        rc = ngx_http_apigw_metrics_sum(m, NGX_APIGW_METRICS_AUTHORIZER,
                                        watched[m->index - 1]->series, sum,
                                        sizeof(sum->authorizer));
        break;
    }

    return (rc == NGX_OK) ? ngx_http_apigw_metrics_labels(m, walk)
                          : rc;
}


static ngx_int_t
ngx_http_apigw_metrics_labels(ngx_http_apigw_metrics_t *m, ngx_uint_t walk)
{
    u_char      *p, *last;
    size_t       len;
    ngx_str_t   *values[3];
    ngx_uint_t   i, n;

    static const char  *names[][3] = {
        { NULL, NULL, NULL },
        { "api", "stage", NULL },
        { "api", "stage", "route" },
        { "plan", NULL, NULL },
        { "authorizer", NULL, NULL }
    };

    n = ngx_http_apigw_metrics_names(m, walk, values);

    for (len = 0, i = 0; i < n; i++) {
        len += sizeof(",authorizer=\"\"") - 1 + 3 * values[i]->len;
    }

    if (len > m->size) {
        m->size = 2 * len;

        m->labels.data = ngx_pnalloc(m->request->pool, m->size);
        if (m->labels.data == NULL) {
            return NGX_ERROR;
        }
    }

    p = m->labels.data;
    last = p + m->size;

    for (i = 0; i < n; i++) {
        p = ngx_apigw_exposition_label(p, last, i, names[walk][i], values[i]);
    }

    m->labels.len = p - m->labels.data;

    return NGX_OK;
}


/* how many there are */

static ngx_uint_t
ngx_http_apigw_metrics_names(ngx_http_apigw_metrics_t *m, ngx_uint_t walk,
    ngx_str_t *names[3])
{
    ngx_http_apigw_plan_t     **plans;
    ngx_http_apigw_stage_t     *stage;
    ngx_http_apigw_watched_t  **watched;

    switch (walk) {

    case NGX_HTTP_APIGW_METRICS_ROUTES:
        stage = m->stages[m->stage];
        names[0] = &stage->api->name;
        names[1] = &stage->name;
        names[2] = &ngx_http_apigw_metrics_this_route(m)->key.key;
        return 3;

    case NGX_HTTP_APIGW_METRICS_STAGES:
        stage = m->stages[m->index - 1];
        names[0] = &stage->api->name;
        names[1] = &stage->name;
        return 2;

    case NGX_HTTP_APIGW_METRICS_PLANS:
        plans = m->mcf->plans.elts;
        names[0] = &plans[m->index - 1]->name;
        return 1;

    default: /* NGX_HTTP_APIGW_METRICS_AUTHORIZERS */
        watched = m->mcf->watched.elts;
        names[0] = &watched[m->index - 1]->name;
        return 1;
    }
}
