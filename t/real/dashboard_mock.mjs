// A gateway as the dashboard sees one, in any state that is wanted: the page
// and its headers are those of a real one, the figures are made up here.

import http from 'node:http';

const STEPS = 360;

const ERRORS = [
    'DEFAULT_4XX', 'DEFAULT_5XX', 'ACCESS_DENIED', 'API_CONFIGURATION_ERROR',
    'AUTHORIZER_CONFIGURATION_ERROR', 'AUTHORIZER_FAILURE',
    'INTEGRATION_FAILURE', 'INTEGRATION_TIMEOUT', 'INVALID_API_KEY',
    'MISSING_AUTHENTICATION_TOKEN', 'QUOTA_EXCEEDED', 'REQUEST_TOO_LARGE',
    'RESOURCE_NOT_FOUND', 'THROTTLED', 'UNAUTHORIZED',
];

// the same numbers each time

function noise(a, b = 0) {
    const x = Math.sin(a * 12.9898 + b * 78.233) * 43758.5453;
    return x - Math.floor(x);
}

export class Mock {
    constructor(page, headers) {
        this.page = page;
        this.headers = headers;
        this.asked = [];            // URLs

        this.begin = Math.floor(Date.now() / 10000);

        // what may be changed

        this.dead = false;          // no answer at all
        this.status = 200;
        this.shift = 0;             // steps that have passed
        this.started = Date.now() / 1000 - 86400 * 3 - 1234;
        this.routes = 120;
        this.empty = false;
        this.breaker = 0;           // workers that don't wait for Redis
        this.gaps = [[250, 262]];   // slots without a sample; 0 is now's
        this.rename = (name) => name;
        this.stages = [
            { api: 'shop', stage: 'produccion', type: 'rest', load: 1180 },
            { api: 'shop', stage: 'desarrollo', type: 'rest', load: 24 },
            { api: 'billing', stage: 'v1', type: 'http', load: 310 },
            { api: 'internal', stage: 'tools', type: 'http', load: 0.4 },
        ];
    }

    async listen(port = 0) {
        this.server = http.createServer((request, response) =>
            this.#answer(request, response));
        await new Promise((resolve) => {
            this.server.listen(port, '127.0.0.1', resolve);
        });
        return this.server.address().port;
    }

    #answer(request, response) {
        const url = new URL(request.url, 'http://mock');
        this.asked.push(request.url);

        if (this.dead) {
            request.destroy();
            return;
        }
        if (!url.search) {
            response.writeHead(200, this.headers);
            response.end(this.page);
            return;
        }
        response.writeHead(this.status,
                           { 'Content-Type': 'application/json' });
        response.end(JSON.stringify(this.json(url.searchParams)));
    }

    json(query = new URLSearchParams()) {
        const now = Date.now() / 1000;
        const step = Math.floor(now / 10) + this.shift;
        const since = Number(query.get('since') ?? 0);
        const first = Math.max(step - STEPS, since + 1);
        const busy = !this.empty;

        const answer = {
            version: 1, now: Math.round(now * 1000) / 1000, step,
            stepSeconds: 10, steps: STEPS, started: Math.floor(this.started),
            generation: 4, workers: 4, module: '0.1.0', nginx: '1.22.1',
            bounds: [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000, 3000,
                     30000],
            errors: ERRORS,
            stages: this.stages.map((one, n) =>
                this.#stage(one, n, first, step)),
        };

        if (query.get('routes') !== 'off') {
            answer.routes = busy ? this.#routes(step) : [];
            answer.busiest = busy
                ? answer.routes.slice(0, 50).map((one, n) => ({
                    s: one.s, route: one.route,
                    history: this.#history(this.#load(n), 50 + n, first, step,
                                           true),
                })) : [];
        }

        return {
            ...answer, plans: this.#plans(busy),
            consumers: busy ? this.#consumers(step) : [],
            authorizers: this.#authorizers(busy), state: this.#state(busy),
        };
    }

    #stage(one, n, first, step) {
        const load = this.empty ? 0 : one.load;
        const count = Math.round(load * step % 9e8 + load * 1e5);

        return {
            api: this.rename(one.api), stage: this.rename(one.stage),
            type: one.type, total: this.#total(count, n),
            latency: [8.2 + n, 34 + 3 * n, 212 + 40 * n, 14.6],
            integration: [6.1, 30, 198, 12.2, Math.round(count * 0.9)],
            errors: ERRORS.map((name, i) =>
                (count && noise(i, n) > 0.55
                 ? Math.round(count * noise(i, 3) * 0.004) : 0)),
            history: this.#history(load, n, first, step, false),
        };
    }

    #total(count, n) {
        const c4xx = Math.round(count * 0.018 * (1 + n % 5));
        const c5xx = n % 4 === 3 ? 0 : Math.round(count * 0.0007 * (n % 9));

        return [count, 0, count - c4xx - c5xx, 0, c4xx, c5xx, count * 812,
                count * 5230, n % 3 ? 0 : Math.round(count * 0.62),
                n % 3 ? 0 : Math.round(count * 0.3)];
    }

    #history(load, n, first, step, route) {
        const history = { first };
        const names = ['count', 'c4xx', 'c5xx', 'p50', 'p90', 'p99'];

        if (!route) {
            names.push('throttled', 'quota', 'i50', 'i90', 'i99', 'received',
                       'sent');
        }
        names.forEach((name) => {
            history[name] = [];
        });

        for (let at = first; at < step; at++) {
            const sample = this.#sample(load, n, at);
            names.forEach((name) => {
                history[name].push(sample ? sample[name] : null);
            });
        }
        return history;
    }

    #sample(load, n, at) {
        const slot = ((at - this.begin) % STEPS + STEPS) % STEPS;
        const gap = this.gaps.find(([from, to]) => slot >= from && slot <= to);

        if (gap && slot < gap[1]) {
            return null;
        }

        const wave = 1 + 0.22 * Math.sin(at / 47 + n)
            + 0.1 * Math.sin(at / 11) + 0.07 * (noise(at, n) - 0.5);
        const trouble = slot > 120 && slot < 138 && n % 4 === 0;
        const count = Math.round(load * 10 * wave * (load < 2
            ? noise(at, n) * 2 : 1) * (gap ? gap[1] - gap[0] + 1 : 1));
        const slow = 1 + 0.35 * Math.sin(at / 31 + n)
            + 0.3 * (noise(at, 7 + n) - 0.5) + (trouble ? 2.5 : 0);

        return {
            count,
            c4xx: Math.round(count * (0.021 + 0.01 * noise(at, 1 + n))),
            c5xx: Math.round(count * (trouble ? 0.031
                                      : 0.0015 * noise(at, 2 + n))),
            throttled: Math.round(count * Math.max(0, wave - 1.18) * 0.07),
            quota: Math.round(count * 0.0006 * noise(Math.floor(at / 30), n)),
            p50: count ? Math.round((9 + n % 5) * slow) : 0,
            p90: count ? Math.round((31 + n % 7) * slow) : 0,
            p99: count ? Math.round((140 + n % 60) * slow
                                    * (1 + 0.6 * noise(at, n))) : 0,
            i50: 7, i90: 28, i99: 120, received: count * 812,
            sent: count * 5230,
        };
    }

    #load(n) {
        return 420 / (n + 1) ** 1.1;
    }

    #routes(step) {
        const verbs = ['GET', 'POST', 'PUT', 'GET', 'DELETE', 'ANY'];
        const nouns = ['pets', 'orders', 'invoices', 'carts', 'users',
                       'stores', 'reviews', 'prices'];

        return Array.from({ length: this.routes }, (_, i) => {
            const noun = nouns[i % nouns.length];
            const path = [`/${noun}`, `/${noun}/{id}`,
                          `/${noun}/{id}/items`, `/${noun}/{proxy+}`][
                Math.floor(i / 8) % 4];
            const count = Math.round(this.#load(i) * 1e4
                                     + this.#load(i) * 10 * (step % 1e5));

            return {
                s: i % 3, total: this.#total(count, i),
                route: this.rename(`${verbs[i % 6]} ${path}`
                                   + (i < 32 ? '' : `/${i}`)),
                latency: [4 + i % 17, 20 + i % 41, 90 + i % 310, 11.5],
                integration: [3, 18, 80, 9.5, count],
            };
        });
    }

    #plans(busy) {
        return ['free', 'basic', 'gold'].map((plan, i) => ({
            plan: this.rename(plan), admitted: busy ? 98200 * 17 ** i : 0,
            throttled: busy ? 4100 * (3 - i) : 0,
            quotaExceeded: busy && i < 2 ? 312 - 200 * i : 0,
            quotaUnavailable: busy && i === 1 ? 3 : 0,
        }));
    }

    #consumers(step) {
        const names = ['alice', 'bob', 'mobile-app', 'partner-42', 'carol',
                       'arn:aws:iam::123456789012:user/nightly-export'];

        return names.map((name, i) => ({
            id: this.rename(name), error: i > 3 ? 120 : 0,
            sent: Math.round(81e7 / (i + 1)),
            count: Math.round(4e6 / (i + 1) ** 1.5) + step % 1000,
            refused: 900 * i,
            plans: i === 3 ? [] : [{
                plan: this.rename(['basic', 'gold', 'free'][i % 3]),
                quotaLimit: [1000, 2e6, 500][i % 3],
                quotaUsed: [840, 412345, 500][i % 3],
            }],
        }));
    }

    #authorizers(busy) {
        const n = busy ? 1 : 0;

        return [
            { name: this.rename('users'), type: 'jwt', accepted: 812345 * n,
              refused: 1204 * n, failed: 0, hits: 790000 * n,
              misses: 23549 * n, jwksAge: 184 },
            { name: this.rename('partners'), type: 'introspection',
              accepted: 40211 * n, refused: 87 * n, failed: 12 * n,
              hits: 39000 * n, misses: 1310 * n, jwksAge: null },
        ];
    }

    #state(busy) {
        return {
            zone: { cells: [busy ? 48211 : 0, 131072],
                    quotas: [busy ? 812 : 0, 4096], buckets: 96, full: 0 },
            redis: { up: 4, workers: 4, breaker: this.breaker,
                     commands: busy ? 182734 : 0, failures: busy ? 2 : 0,
                     latency: [0.3, 1.8] },
            quota: { exact: busy ? 910233 : 0, open: 0, local: busy ? 41 : 0,
                     closed: 0 },
            missed: 0, tokens: busy ? 18211 : 0, parked: busy ? 2 : 0,
            connections: busy ? 641 : 1,
        };
    }
}
