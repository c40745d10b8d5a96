/*
 * Copyright (C) ngx_apigw contributors
 */

'use strict';


const STEPS = 360;                /* of history */
const PAGE_ROWS = 25;              /* of a table, in the document */
const DATA_ROWS = 60;             /* of a chart's figures */
const MANY_ROUTES = 1000;         /* more are asked for once in a minute */
const NAME_MAX = 160;             /* characters of a name */
const TIMEOUT = 20000;            /* ms, of an answer */
const RETRY = [2, 4, 8, 10];      /* s */
const OVERLAP = 4;                /* steps that are asked for again */

const FIELDS = ['count', 'c4xx', 'c5xx', 'throttled', 'quota', 'p50', 'p90',
                'p99', 'i50', 'i90', 'i99', 'received', 'sent'];

const SVG = 'http://www.w3.org/2000/svg';

/* numbers of a "total" */
const COUNT = 0, C4XX = 4, C5XX = 5, RECEIVED = 6, SENT = 7, HITS = 8,
      MISSES = 9;


/* formats */

const grouped = new Intl.NumberFormat('en');

/* 24 hours, as in logs */

const clock = new Intl.DateTimeFormat(undefined, {
    hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});

const shortClock = new Intl.DateTimeFormat(undefined, {
    hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
});

const day = new Intl.DateTimeFormat(undefined, {
    dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23',
});

const atClock = (seconds) => clock.format(seconds * 1000);
const atShort = (seconds) => shortClock.format(seconds * 1000);
const atDay = (seconds) => day.format(seconds * 1000);

function digits(value) {
    const size = Math.abs(value);

    if (size === 0) {
        return '0';
    }
    if (size >= 99.95) {
        return value.toFixed(0);
    }
    if (size >= 9.995) {
        return String(Number(value.toFixed(1)));
    }
    if (size >= 0.995) {
        return String(Number(value.toFixed(2)));
    }
    return String(Number(value.toPrecision(2)));
}

function scaled(value, units) {
    let unit = 0;

    while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
        value /= 1000;
        unit++;
    }
    return digits(value) + units[unit];
}

/* null: unknown */
const known = (format) => (value) =>
    (value === null || value === undefined || Number.isNaN(value)
     ? '–' : format(value));

const asCount = known((n) =>
    (n < 10000 ? grouped.format(Math.round(n))
               : scaled(n, ['', '\u00a0k', '\u00a0M', '\u00a0G', '\u00a0T'])));

const asRate = known((n) => scaled(n, ['/s', '\u00a0k/s', '\u00a0M/s']));

/* whole milliseconds, so 0 is what took less than one */
const asTime = known((ms) => {
    if (ms === 0) {
        return '<1\u00a0ms';
    }
    return ms < 999.5 ? `${digits(ms)}\u00a0ms`
                      : `${digits(ms / 1000)}\u00a0s`;
});

const asShare = known((part) => {
    const percent = part * 100;

    return percent > 0 && percent < 0.01 ? '<0.01\u00a0%'
                                         : `${digits(percent)}\u00a0%`;
});

const asBytes = known((n) =>
    scaled(n, ['\u00a0B', '\u00a0kB', '\u00a0MB', '\u00a0GB', '\u00a0TB']));

const asAge = known((seconds) => {
    const s = Math.max(0, Math.round(seconds));

    if (s < 60) {
        return `${s}\u00a0s`;
    }
    if (s < 3600) {
        return `${Math.floor(s / 60)}\u00a0min`;
    }
    if (s < 86400) {
        const m = Math.floor(s / 60) % 60;

        return `${Math.floor(s / 3600)}\u00a0h`
               + (m ? ` ${m}\u00a0min` : '');
    }
    return `${Math.floor(s / 86400)}\u00a0d`
           + ` ${Math.floor(s / 3600) % 24}\u00a0h`;
});

const exactly = (n) => (n >= 10000 ? grouped.format(n) : '');

const plural = (n, one, many = `${one}s`) =>
    `${asCount(n)} ${n === 1 ? one : many}`;

const share = (part, whole) => (whole ? part / whole : null);

function bounded(value, low, high) {
    return Math.min(Math.max(value, low), high);
}

function sum(values) {
    return values.reduce((all, value) => all + (value ?? 0), 0);
}

/*
 * Names are whatever somebody has called things: what cannot be seen, or
 * would turn the text around it, is shown by its number.
 */

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function shown(name) {
    const text = String(name ?? '').replace(UNSEEN, (char) =>
        `\\u{${char.codePointAt(0).toString(16)}}`);

    return text.length > NAME_MAX ? `${text.slice(0, NAME_MAX)}…` : text;
}

/* an object of the answer that may be absent */
const list = (value) => (Array.isArray(value) ? value : []);


/* elements; text is text, nothing is parsed */

const byId = (id) => document.getElementById(id);

function fill(node, properties, children) {
    for (const [name, value] of Object.entries(properties)) {
        if (value === null || value === undefined || value === false) {
            continue;
        }
        if (name.startsWith('on')) {
            node.addEventListener(name.slice(2), value);
        } else if (name === 'text') {
            node.textContent = value;
        } else {
            node.setAttribute(name, value === true ? '' : value);
        }
    }
    node.append(...children.filter((child) => child));
    return node;
}

function make(tag, properties = {}, ...children) {
    return fill(document.createElement(tag), properties, children);
}

function draw(tag, properties = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), properties, children);
}

function setText(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
}

function setTitle(node, text) {
    if (text) {
        if (node.title !== text) {
            node.title = text;
        }
    } else if (node.hasAttribute('title')) {
        node.removeAttribute('title');
    }
}

let ids = 0;
const newId = (prefix) => `${prefix}-${++ids}`;

const triangle = () =>
    draw('svg', { viewBox: '0 0 8 8', 'aria-hidden': 'true' },
         draw('path', { d: 'M0 1.5h8L4 7z' }));

const chevron = () =>
    draw('svg', { viewBox: '0 0 8 8', 'aria-hidden': 'true' },
         draw('path', { d: 'M2 0l4.5 4L2 8z' }));

function tag(text, kind) {
    return make('span', { class: kind ? `tag ${kind}` : 'tag', text });
}

/* for screen readers, when something happened */

function say(text) {
    setText(byId('said'), text);
}


/* what is kept in this browser, where that is allowed */

function recall(name) {
    try {
        return localStorage.getItem(name);
    } catch {
        return null;
    }
}

function remember(name, value) {
    try {
        localStorage.setItem(name, value);
    } catch {
        /* not allowed: it holds until the page is left */
    }
}


/* colors: as the system says, light, dark */

const THEMES = {
    system: ['as the system', 'M2 3h12v8H2zM6 14h4M8 11v3'],
    light: ['light', 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15'
                     + 'M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12'
                     + 'l-1 1'],
    dark: ['dark', 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z'],
};

let theme = recall('apigw-theme');

if (!Object.hasOwn(THEMES, theme)) {
    theme = 'system';
}

function applyTheme() {
    if (theme === 'system') {
        delete document.documentElement.dataset.theme;
    } else {
        document.documentElement.dataset.theme = theme;
    }
}

function showTheme() {
    const text = `Colors: ${THEMES[theme][0]}`;

    byId('theme-icon').setAttribute('d', THEMES[theme][1]);
    setText(byId('theme-text'), text);
    byId('theme').title = text;
}

function nextTheme() {
    const names = Object.keys(THEMES);

    theme = names[(names.indexOf(theme) + 1) % names.length];
    remember('apigw-theme', theme);
    applyTheme();
    showTheme();
}

/* before anything is painted */
applyTheme();


/* the URL's fragment: the stage and the routes that are shown */

const chosen = { stage: '', filter: '' };

const stageKey = (api, stage) => JSON.stringify([api, stage]);

function readFragment() {
    const values = new URLSearchParams(location.hash.slice(1));

    chosen.stage = values.has('stage')
        ? stageKey(values.get('api') ?? '', values.get('stage')) : '';
    chosen.filter = values.get('route') ?? '';
}

function fragment(stage, filter) {
    const values = new URLSearchParams();

    if (stage) {
        const [api, name] = JSON.parse(stage);

        values.set('api', api);
        values.set('stage', name);
    }
    if (filter) {
        values.set('route', filter);
    }
    return `#${values}`;
}

function chooseStage(key) {
    location.hash = fragment(key, chosen.filter);
}

let keeping;

function keepFilter() {
    clearTimeout(keeping);
    keeping = setTimeout(() => {
        history.replaceState(null, '', fragment(chosen.stage, chosen.filter));
    }, 300);
}


/* histories: rings by step, as the gateway has them */

function newHistory() {
    const ring = { at: new Array(STEPS).fill(-1) };

    for (const field of FIELDS) {
        ring[field] = new Array(STEPS).fill(null);
    }
    return ring;
}

function merge(ring, part) {
    list(part?.count).forEach((count, i) => {
        const step = part.first + i;
        const slot = step % STEPS;

        if (count === null) {
            return;
        }
        ring.at[slot] = step;

        for (const field of FIELDS) {
            ring[field][slot] = part[field]?.[i] ?? null;
        }
    });
}

function valueAt(ring, field, step) {
    const slot = ((step % STEPS) + STEPS) % STEPS;

    return ring.at[slot] === step ? ring[field][slot] : null;
}

/* what has no sample is part of the next one */

function secondsAt(ring, step) {
    const oldest = state.step - STEPS;
    let before = step - 1;

    while (before >= oldest && valueAt(ring, 'count', before) === null) {
        before--;
    }
    return (before < oldest ? 1 : step - before) * state.stepSeconds;
}

function seriesOf(ring) {
    const first = state.step - STEPS;
    const series = { first };

    for (const field of FIELDS) {
        series[field] = Array.from({ length: STEPS },
                                   (_, i) => valueAt(ring, field, first + i));
    }
    series.seconds = series.count.map((count, i) =>
        (count === null ? null : secondsAt(ring, first + i)));
    return series;
}

const QUANTILES = new Set(['p50', 'p90', 'p99', 'i50', 'i90', 'i99']);

/* of several stages: sums; the largest of quantiles, which have no sum */

function together(all) {
    if (all.length === 1) {
        return all[0];
    }

    const series = { first: state.step - STEPS };

    for (const field of [...FIELDS, 'seconds']) {
        const largest = QUANTILES.has(field) || field === 'seconds';

        series[field] = Array.from({ length: STEPS }, (_, i) => {
            const values = all.map((one) => one[field][i])
                .filter((value) => value !== null);

            if (values.length === 0) {
                return null;
            }
            return largest ? Math.max(...values) : sum(values);
        });
    }
    return series;
}

function each(series, value) {
    return series.count.map((count, i) =>
        (count === null ? null : value(i, count)));
}

const lines = {
    rate: (s, field = 'count') => each(s, (i) => s[field][i] / s.seconds[i]),
    share: (s, field) => each(s, (i, n) => (n ? s[field][i] / n : null)),
    quantile: (s, field) => each(s, (i, n) => (n ? s[field][i] : null)),
};


/* what is known of the gateway */

const state = {};

function forget() {
    Object.assign(state, {
        answer: null,           /* the last one */
        received: 0,            /* when, by performance.now(), */
        heard: 0,               /* and by the clock here, ms */
        started: null,
        step: 0,
        stepSeconds: 10,
        low: -Infinity,         /* when step 0 began, by the gateway's */
        high: Infinity,         /* clock: between these */
        stages: new Map(),
        routes: new Map(),
        rows: [],               /* of routes */
        busiest: new Map(),     /* histories by key of a route */
        full: 0,                /* polls until routes are asked for again */
        since: 0,               /* step up to which stages are known, */
        routesSince: 0,         /* and busy routes */
        whole: true,            /* the next answer is to be complete */
    });
}

forget();

const timeOfStep = (step) =>
    (Number.isFinite(state.high) ? state.high : 0)
    + step * state.stepSeconds;

function takeClock(answer) {
    const high = answer.now - answer.step * answer.stepSeconds;
    const low = high - answer.stepSeconds;

    state.high = Math.min(state.high, high);
    state.low = Math.max(state.low, low);

    if (state.high < state.low) {
        state.high = high;
        state.low = low;
    }
}

function takeStages(answer) {
    const present = new Set();

    for (const one of list(answer.stages)) {
        const key = stageKey(one.api, one.stage);
        const known = state.stages.get(key) ?? { history: newHistory() };

        present.add(key);
        merge(known.history, one.history);
        state.stages.set(key, {
            ...one, key, history: known.history, gone: null,
            name: stageName(one.api, one.stage),
        });
    }

    for (const [key, stage] of state.stages) {
        if (!present.has(key) && stage.gone === null) {
            stage.gone = answer.now;
        }
    }

    state.since = Math.max(0, answer.step - OVERLAP);
}

function stageName(api, stage) {
    return api ? `${shown(api)} / ${shown(stage)}` : shown(stage);
}

function splitRoute(route) {
    const space = route.indexOf(' ');

    return space < 0 ? ['', route]
                     : [route.slice(0, space), route.slice(space + 1)];
}

function newRoute(key, stage, route) {
    const [verb, path] = splitRoute(route).map(shown);

    return {
        key, stage: stage.key, stageName: stage.name, route, verb, path,
        hay: `${route} ${stage.name}`.toLowerCase(),
        order: path.toLowerCase(), count: null, rate: null, now5xx: null,
    };
}

function takeRoute(row, one, seconds) {
    const total = one.total;
    const before = row.count;
    const failed = row.total?.[C5XX];

    row.count = total[COUNT];
    row.rate = before !== null && seconds > 0 && row.count >= before
        ? (row.count - before) / seconds : null;
    row.now5xx = row.rate ? share(total[C5XX] - failed, row.count - before)
                          : null;
    row.c4xx = share(total[C4XX], row.count);
    row.c5xx = share(total[C5XX], row.count);
    [row.p50, row.p90, row.p99, row.mean] = list(one.latency);
    row.integration = list(one.integration);
    row.total = total;
}

function takeRoutes(answer) {
    const stages = list(answer.stages).map(
        (one) => state.stages.get(stageKey(one.api, one.stage)));
    const seconds = state.routesAt ? answer.now - state.routesAt : 0;
    const rows = new Map();

    for (const one of answer.routes) {
        const stage = stages[one.s];

        if (!stage) {
            continue;
        }
        const key = JSON.stringify([stage.api, stage.stage, one.route]);
        const row = state.routes.get(key) ?? newRoute(key, stage, one.route);

        takeRoute(row, one, seconds);
        rows.set(key, row);
    }

    state.routes = rows;
    state.rows = [...rows.values()];
    state.routesAt = answer.now;
    takeBusiest(answer, stages);
}

function takeBusiest(answer, stages) {
    let fresh = false;

    for (const one of list(answer.busiest)) {
        const stage = stages[one.s];

        if (!stage) {
            continue;
        }
        const key = JSON.stringify([stage.api, stage.stage, one.route]);

        if (!state.busiest.has(key)) {
            state.busiest.set(key, newHistory());
            fresh = true;
        }
        merge(state.busiest.get(key), one.history);
        rateOfNow(key, answer);
    }

    /* what became busy has a past */
    state.whole = fresh && state.routesSince > 0;
    state.routesSince = Math.max(0, answer.step - OVERLAP);
}

function rateOfNow(key, answer) {
    const row = state.routes.get(key);
    const ring = state.busiest.get(key);
    const count = valueAt(ring, 'count', answer.step - 1);

    if (row && row.rate === null && count !== null) {
        row.rate = count / secondsAt(ring, answer.step - 1);
        row.now5xx = share(valueAt(ring, 'c5xx', answer.step - 1), count);
    }
}

/* an answer is taken as a whole, or not at all */

function take(answer) {
    if (answer?.version !== 1 || !Array.isArray(answer.stages)) {
        throw new Error('The answer is of a version that this page does not'
                        + ' know: reload it.');
    }

    const again = state.started !== null
        && (answer.started !== state.started || answer.step < state.step);

    if (again) {
        const partial = state.asked.includes('since=');

        forget();
        notices.restart = { at: answer.started };
        say('The counters of the gateway began anew.');
        state.whole = true;

        if (partial) {
            state.started = answer.started;
            return false;
        }
    }

    state.answer = answer;
    state.started = answer.started;
    state.step = answer.step;
    state.stepSeconds = answer.stepSeconds;
    state.received = performance.now();
    state.heard = Date.now();

    takeClock(answer);
    takeStages(answer);

    if (Array.isArray(answer.routes)) {
        takeRoutes(answer);
        state.full = state.rows.length > MANY_ROUTES ? 6 : 1;
    }
    return true;
}


/* polling: soon after each step, while somebody may look */

const poll = { timer: 0, running: false, paused: false, lost: null };

function question() {
    const values = new URLSearchParams({ format: 'json' });
    const routes = state.whole || --state.full <= 0;

    if (!state.whole) {
        values.set('since', routes ? Math.min(state.since, state.routesSince)
                                   : state.since);
    }
    if (!routes) {
        values.set('routes', 'off');
    }
    return `?${values}`;
}

async function ask(url) {
    const response = await fetch(url, {
        cache: 'no-store',
        headers: { Accept: 'application/json' },
        signal: AbortSignal.timeout(TIMEOUT),
    });

    if (!response.ok) {
        throw new Error(`The gateway answered ${response.status}.`);
    }
    return response.json();
}

function reason(error) {
    if (error.name === 'TimeoutError') {
        return 'It does not answer in time.';
    }
    if (error.name === 'TypeError') {
        return 'It cannot be reached.';
    }
    if (error.name === 'SyntaxError') {
        return 'Its answer cannot be read.';
    }
    return error.message;
}

async function run() {
    clearTimeout(poll.timer);

    if (poll.running || poll.paused || document.hidden) {
        return;
    }
    poll.running = true;

    let wait;

    try {
        state.asked = question();

        const taken = take(await ask(state.asked));

        if (poll.lost) {
            poll.lost = null;
            say('The gateway answers again.');
        }
        wait = taken ? untilNext() : 0;

    } catch (error) {
        wait = failed(error);
    }

    poll.running = false;
    poll.timer = setTimeout(run, wait * 1000);
    render();
}

function failed(error) {
    const tries = poll.lost ? poll.lost.tries + 1 : 0;
    const wait = RETRY[Math.min(tries, RETRY.length - 1)];

    poll.lost = {
        since: poll.lost?.since ?? Date.now() / 1000,
        tries, wait, reason: reason(error),
    };
    state.full = 0;

    if (tries === 0) {
        say(`The gateway does not answer. ${poll.lost.reason}`);
    }
    return wait;
}

/*
 * Steps are of a clock of their own: when one begins is known to be between
 * "low" and "high", and better so with each answer.
 */

function untilNext() {
    const { answer, low, high, step, stepSeconds } = state;
    const begin = high - low > 2 ? (low + high) / 2 : high;
    const due = begin + (step + 1) * stepSeconds + 1;

    return bounded(due - answer.now, 1.5, stepSeconds + 1);
}

function setPaused(paused) {
    poll.paused = paused;
    byId('pause').setAttribute('aria-pressed', String(paused));
    say(paused ? 'Updates are paused.' : 'Updates go on.');
    clearTimeout(poll.timer);
    run();
    renderLive();
}


/* charts; the cursor is of all of them */

const charts = new Set();
let cursor = null;                /* a step */

const MARGIN = { left: 46, right: 6, top: 6, bottom: 20 };

function niceStep(raw) {
    const power = 10 ** Math.floor(Math.log10(raw));
    const lead = raw / power;

    if (lead <= 1) {
        return power;
    }
    if (lead <= 2) {
        return 2 * power;
    }
    return lead <= 5 ? 5 * power : 10 * power;
}

function scaleOf(largest, floor) {
    const most = Math.max(largest, floor);
    const step = niceStep(most / 3);
    const ticks = [];

    for (let i = 0; i * step < most * 1.001 + step; i++) {
        ticks.push(i * step);

        if (i * step >= most) {
            break;
        }
    }
    return { ticks, high: ticks.at(-1) };
}

/* what differs by powers: 1, 3, 10, 30 ... */

function powersOf(values, least) {
    const used = values.map((value) => Math.max(value, least));
    const begin = Math.floor(2 * Math.log10(Math.min(...used, 10 * least)));
    const most = Math.ceil(2 * Math.log10(Math.max(...used, 10 * least)));
    const end = Math.max(most, begin + 1);
    const ticks = [];

    for (let i = begin; i <= end; i++) {
        ticks.push((i % 2 === 0 ? 1 : 3) * 10 ** Math.floor(i / 2));
    }
    return ticks;
}

function powerScale(values, spec, height) {
    const all = powersOf(values, spec.floor);
    const low = Math.log(all[0]);
    const high = Math.log(Math.max(all.at(-1), ...values));
    const tens = all.filter((tick) => Math.log10(tick) % 1 === 0);

    return {
        ticks: all.length * 22 > height && tens.length > 1 ? tens : all,
        part: (v) => (Math.log(Math.max(v, all[0])) - low) / (high - low),
    };
}

function linearScale(values, spec) {
    const { ticks, high } = scaleOf(Math.max(0, ...values), spec.floor);

    return { ticks, part: (v) => v / high };
}

/* broken where there is nothing; a point alone is a dot */

function pathOf(values, x, y) {
    let path = '';
    let open = false;

    values.forEach((value, i) => {
        if (value === null) {
            open = false;
            return;
        }
        path += `${open ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;

        if (!open && (values[i + 1] ?? null) === null) {
            path += 'h0.01';
        }
        open = true;
    });
    return path;
}

function areaOf(values, x, y) {
    let path = '';
    let from = null;

    values.forEach((value, i) => {
        if (value === null) {
            return;
        }
        if (from === null) {
            from = i;
            path += `M${x(i).toFixed(1)} ${y(0).toFixed(1)}`;
        }
        path += `L${x(i).toFixed(1)} ${y(value).toFixed(1)}`;

        if ((values[i + 1] ?? null) === null) {
            path += `V${y(0).toFixed(1)}Z`;
            from = null;
        }
    });
    return path;
}

function swatch(kind) {
    return draw('svg', { class: 'swatch', viewBox: '0 0 18 8',
                         'aria-hidden': 'true' },
                draw('path', { class: `series ${kind}`, d: 'M0 4h18' }));
}

/*
 * spec: title, series [{ label, kind, value(series) }], format, floor, area,
 * summary(series, lines)
 */

function newChart(spec) {
    const chart = { spec, values: [], data: null };
    const dataId = newId('data');

    chart.time = make('time');
    chart.reads = spec.series.map(() => make('dd', { text: '–' }));
    chart.svg = draw('svg', { 'aria-hidden': 'true' });
    chart.range = make('input', {
        type: 'range', min: 0, max: STEPS - 1, step: 1,
        'aria-label': `${spec.title}: time`,
        oninput: () => setCursor(Number(chart.range.value)),
        onfocus: () => focusRange(chart),
        onblur: () => setCursor(null),
        onkeydown: (event) => leaveRange(event, chart),
        onpointermove: (event) => pointAt(event, chart),
        onpointerleave: () => setCursor(null),
    });
    chart.summary = make('p');
    chart.more = make('button', {
        type: 'button', class: 'plain', text: 'Show figures',
        'aria-expanded': 'false', 'aria-controls': dataId,
        onclick: () => toggleData(chart),
    });
    chart.more.append(make('span', { class: 'unseen',
                                     text: ` of ${spec.title}` }));
    chart.box = make('div', { class: 'data', id: dataId, hidden: true });
    chart.node = make(
        'figure', { class: 'chart' },
        make('figcaption', { class: 'chart-head' },
             make('h3', { text: spec.title }), chart.time),
        make('dl', { class: 'read' }, ...spec.series.map((one, i) =>
            make('div', {}, make('dt', {}, swatch(one.kind),
                                 document.createTextNode(one.label)),
                 chart.reads[i]))),
        make('div', { class: 'plot' }, chart.svg, chart.range),
        make('div', { class: 'chart-foot' }, chart.summary, chart.more),
        chart.box);

    charts.add(chart);
    resized.observe(chart.node);
    return chart;
}

const resized = new ResizeObserver(() => {
    charts.forEach((chart) => drawChart(chart));
});

function dropChart(chart) {
    charts.delete(chart);
    resized.unobserve(chart.node);
}

function setChart(chart, series) {
    chart.first = series.first;
    chart.values = chart.spec.series.map((one) => one.value(series));
    setText(chart.summary, chart.spec.summary(series, chart.values));
    chart.range.min = chart.first;
    chart.range.max = chart.first + STEPS - 1;
    drawChart(chart);

    if (chart.data) {
        chart.data.update(dataRows(chart));
    }
}

function drawChart(chart) {
    const { width, height } = chart.svg.getBoundingClientRect();

    if (!chart.values.length || width < 80) {
        return;
    }

    const { left, right, top, bottom } = MARGIN;
    const numbers = chart.values.flat().filter(Number.isFinite);
    const space = height - top - bottom;
    const { ticks, part } = chart.spec.powers
        ? powerScale(numbers, chart.spec, space)
        : linearScale(numbers, chart.spec);
    const x = (i) => left + i * (width - left - right) / (STEPS - 1);
    const y = (v) => top + (1 - part(v)) * space;

    Object.assign(chart, { width, x, y, top, low: height - bottom });

    const parts = [...gridLines(chart, ticks), ...timeTicks(chart)];

    if (chart.spec.area) {
        parts.push(draw('path', {
            class: `area ${chart.spec.series[0].kind}`,
            d: areaOf(chart.values[0], x, y),
        }));
    }
    chart.spec.series.forEach((one, n) => {
        parts.push(draw('path', { class: `series ${one.kind}`,
                                  d: pathOf(chart.values[n], x, y) }));
    });

    chart.layer = draw('g');
    chart.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    chart.svg.replaceChildren(...parts, chart.layer);
    drawCursor(chart);
}

function gridLines(chart, ticks) {
    return ticks.flatMap((tick) => {
        const y = Math.round(chart.y(tick)) + 0.5;

        return [
            draw('line', { class: 'grid', x1: MARGIN.left, y1: y,
                           x2: chart.width - MARGIN.right, y2: y }),
            draw('text', { class: 'tick', x: MARGIN.left - 8, y: y + 3.5,
                           'text-anchor': 'end',
                           text: chart.spec.format(tick) }),
        ];
    });
}

function timeTicks(chart) {
    const every = chart.width < 430 ? 20 : 10;
    const begin = timeOfStep(chart.first);
    const end = begin + (STEPS - 1) * state.stepSeconds;
    const parts = [];

    const at = (time) => chart.x((time - begin) / state.stepSeconds);

    for (let t = Math.ceil(begin / 60) * 60; t <= end; t += 60) {
        const x = at(t);

        if (new Date(t * 1000).getMinutes() % every === 0
            && x > MARGIN.left + 14 && x < chart.width - 20)
        {
            parts.push(draw('text', { class: 'tick', x, y: chart.low + 15,
                                      'text-anchor': 'middle',
                                      text: atShort(t) }));
        }
    }

    if (state.started > begin && state.started < end) {
        const x = Math.round(at(state.started)) + 0.5;

        parts.push(draw('line', { class: 'mark', x1: x, y1: chart.top, x2: x,
                                  y2: chart.low }),
                   draw('text', { class: 'tick', x: x - 4, y: chart.top + 9,
                                  'text-anchor': 'end', text: 'start' }));
    }
    return parts;
}

function drawCursor(chart) {
    const step = cursor ?? newestStep(chart);
    const i = step - chart.first;

    chart.reads.forEach((node, n) => {
        setText(node, chart.spec.format(chart.values[n]?.[i] ?? null));
    });
    showTime(chart, step);

    if (!chart.layer) {
        return;
    }
    chart.layer.replaceChildren();

    if (cursor === null || i < 0 || i >= STEPS) {
        return;
    }
    const x = chart.x(i);

    chart.layer.append(draw('line', { class: 'cursor', x1: x, x2: x,
                                      y1: chart.top, y2: chart.low }));
    chart.spec.series.forEach((one, n) => {
        const value = chart.values[n][i];

        if (value !== null) {
            chart.layer.append(draw('circle', {
                class: `dot ${one.kind}`, cx: x, cy: chart.y(value), r: 3,
            }));
        }
    });
}

function showTime(chart, step) {
    const text = state.answer ? atClock(timeOfStep(step)) : '';
    const values = chart.spec.series.map((one, n) =>
        `${one.label} ${chart.reads[n].textContent}`);

    setText(chart.time, text);
    chart.range.value = step;
    chart.range.setAttribute('aria-valuetext',
                             `${text}: ${values.join(', ')}`);
    chart.node.toggleAttribute('data-cursor', cursor !== null);
}

/* the last sample may be late */

function newestStep(chart) {
    for (let step = state.step - 1; step > state.step - 4; step--) {
        if (chart.values.some((line) =>
            (line[step - chart.first] ?? null) !== null))
        {
            return step;
        }
    }
    return state.step - 1;
}

function setCursor(step) {
    cursor = step === null
        ? null : bounded(step, state.step - STEPS, state.step - 1);
    charts.forEach(drawCursor);
}

function focusRange(chart) {
    if (chart.range.matches(':focus-visible')) {
        setCursor(cursor ?? newestStep(chart));
    }
}

function leaveRange(event, chart) {
    if (event.key === 'Escape') {
        chart.range.blur();
    }
}

function pointAt(event, chart) {
    if (!chart.x) {
        return;
    }
    const { left } = chart.svg.getBoundingClientRect();
    const width = chart.x(1) - chart.x(0);
    const i = Math.round((event.clientX - left - MARGIN.left) / width);

    setCursor(chart.first + bounded(i, 0, STEPS - 1));
}

/* the same as a table */

function dataRows(chart) {
    const rows = [];

    for (let i = STEPS - 1; i >= 0; i--) {
        rows.push({ key: chart.first + i,
                    values: chart.values.map((line) => line[i]) });
    }
    return rows;
}

function toggleData(chart) {
    const open = chart.box.hidden;

    chart.box.hidden = !open;
    chart.more.setAttribute('aria-expanded', String(open));
    setText(chart.more.firstChild, open ? 'Hide figures' : 'Show figures');

    if (!open) {
        chart.data = null;
        chart.box.replaceChildren();
        return;
    }

    chart.data = newTable({
        caption: `${chart.spec.title}, the newest step first`,
        pageRows: DATA_ROWS,
        columns: [
            { id: 'time', label: 'Time',
              text: (row) => atClock(timeOfStep(row.key)) },
            ...chart.spec.series.map((one, n) => ({
                id: one.kind, label: one.label, number: true,
                text: (row) => chart.spec.format(row.values[n]),
            })),
        ],
    });
    chart.box.append(chart.data.node);
    chart.data.update(dataRows(chart));
}

/* small ones, in rows */

function drawSpark(svg, values) {
    const most = Math.max(...values.filter(Number.isFinite), 0);
    const x = (i) => i * 120 / (STEPS - 1);
    const y = (v) => (most ? 20 - 18 * v / most : 20);

    svg.children[0].setAttribute('d', areaOf(values, x, y));
    svg.children[1].setAttribute('d', pathOf(values, x, y));
    return most;
}

function newSpark() {
    return draw('svg', { class: 'spark', viewBox: '0 0 120 22',
                         'aria-hidden': 'true' },
                draw('path', { class: 'area requests' }),
                draw('path', { class: 'series requests' }));
}


/*
 * Tables: at most a page of rows is in the document.
 *
 * spec: caption, columns, groups [[label, columns]], sort [id, 1 or -1],
 * pageRows, none, detail(row): a node below an open row, on(row)
 *
 * A column: id, label, hint, number, sort(row), text(row), title(row),
 * kind(row): a class, show(cell, row): instead of text
 */

function newTable(spec) {
    const table = {
        spec, rows: [], shown: [], page: 0, nodes: new Map(), open: null,
        sort: spec.sort ?? null, order: null,
    };

    table.body = make('tbody');
    table.table = make('table', {}, make('caption', { text: spec.caption }),
                       headOf(table), table.body);
    table.scroll = make('div', {
        class: 'scroll', tabindex: '0', role: 'region',
        'aria-label': spec.caption,
    }, table.table);
    table.none = make('p', { class: 'none', hidden: true });
    table.pages = pagesOf(table);
    table.node = make('div', { class: 'list' }, table.scroll, table.none,
                      table.pages.node);

    table.update = (rows, filter = null) => {
        table.rows = rows;
        table.filter = filter;
        arrange(table, false);
    };
    return table;
}

function headOf(table) {
    const head = make('thead');
    const { groups, columns } = table.spec;

    if (groups) {
        head.append(make('tr', { class: 'groups' },
                         ...groups.map(([text, colspan]) => (text
            ? make('th', { scope: 'colgroup', colspan },
                   make('span', { text }))
            : make('td', { colspan })))));
    }

    head.append(make('tr', {}, ...columns.map((column) => {
        const cell = make('th', { scope: 'col', class: classOf(column) });

        if (!column.sort) {
            cell.textContent = column.label;
            cell.title = column.hint ?? '';
            return cell;
        }
        cell.append(make('button', {
            type: 'button', class: 'sort', title: column.hint,
            onclick: () => sortBy(table, column),
        }, make('span', { text: column.label }), triangle()));
        column.head = cell;
        markSort(table, column);
        return cell;
    })));
    return head;
}

function markSort(table, column) {
    if (table.sort?.[0] === column.id) {
        column.head.setAttribute('aria-sort', table.sort[1] > 0
                                              ? 'ascending' : 'descending');
    } else {
        column.head.removeAttribute('aria-sort');
    }
}

function sortBy(table, column) {
    const before = table.sort;

    table.sort = before?.[0] === column.id
        ? [column.id, -before[1]] : [column.id, column.number ? -1 : 1];
    table.page = 0;
    table.spec.columns.filter((one) => one.sort)
        .forEach((one) => markSort(table, one));
    arrange(table, true);
}

function pagesOf(table) {
    const text = make('p');
    const turn = (by) => () => {
        table.page += by;
        showRows(table);
        table.scroll.scrollTop = 0;
        say(text.textContent);
    };
    const back = make('button', { type: 'button', class: 'button small',
                                  text: 'Previous', onclick: turn(-1) });
    const next = make('button', { type: 'button', class: 'button small',
                                  text: 'Next', onclick: turn(1) });

    return { text, back, next,
             node: make('div', { class: 'pages', hidden: true }, text, back,
                        next) };
}

/* rows do not move under a pointer or a focus, unless somebody sorts */

function inUse(table) {
    return table.body.matches(':hover') || table.body.matches(':focus-within');
}

function arrange(table, sorted) {
    const { rows, filter } = table;
    const wanted = filter ? rows.filter(filter) : [...rows];
    const keep = !sorted && table.order && inUse(table);

    if (keep) {
        const at = new Map(table.order.map((key, i) => [key, i]));

        sortRows(wanted, (row) => at.get(row.key) ?? Infinity, 1);

    } else if (table.sort) {
        const column = table.spec.columns
            .find((one) => one.id === table.sort[0]);

        sortRows(wanted, column.sort, table.sort[1]);
    }

    table.shown = wanted;
    table.order = wanted.map((row) => row.key);
    showRows(table);
}

/* what is unknown comes last, either way */

function sortRows(rows, value, direction) {
    const pairs = rows.map((row) => [value(row) ?? null, row]);

    pairs.sort(([x], [y]) => {
        if (x === y) {
            return 0;
        }
        if (x === null || y === null) {
            return x === null ? 1 : -1;
        }
        return x < y ? -direction : direction;
    });

    pairs.forEach(([, row], i) => {
        rows[i] = row;
    });
}

function showRows(table) {
    const size = table.spec.pageRows ?? PAGE_ROWS;
    const total = table.shown.length;
    const last = Math.max(0, Math.ceil(total / size) - 1);

    table.page = bounded(table.page, 0, last);

    const from = table.page * size;
    const page = table.shown.slice(from, from + size);

    placeRows(table, page);
    table.scroll.hidden = total === 0;
    table.none.hidden = total > 0;
    setText(table.none, total ? '' : table.spec.none?.() ?? 'Nothing yet.');

    const { pages } = table;

    pages.node.hidden = last === 0;
    setText(pages.text, `${grouped.format(from + 1)} to`
                        + ` ${grouped.format(from + page.length)}`
                        + ` of ${grouped.format(total)}`);
    pages.back.disabled = table.page === 0;
    pages.next.disabled = table.page === last;
}

/* nodes go with their rows, so that the focus does */

function placeRows(table, page) {
    const focused = document.activeElement;
    const wanted = page.map((row) => rowNode(table, row));
    const old = table.nodes;

    table.nodes = new Map(page.map((row, i) => [row.key, wanted[i]]));

    for (const [key, node] of old) {
        if (table.nodes.get(key) !== node) {
            node.remove();
        }
    }

    const children = wanted.flatMap((node) =>
        (node.below ? [node, node.below] : [node]));

    children.forEach((node, i) => {
        if (table.body.children[i] !== node) {
            table.body.insertBefore(node, table.body.children[i] ?? null);
        }
    });
    while (table.body.children.length > children.length) {
        table.body.lastElementChild.remove();
    }

    if (focused !== document.activeElement && table.body.contains(focused)) {
        focused.focus({ preventScroll: true });
    }
}

const classOf = (column, kind = '') =>
    [column.number ? 'num' : 'text', column.wide ? 'wide' : '', kind]
        .filter(Boolean).join(' ');

function rowNode(table, row) {
    const { columns, detail, on } = table.spec;
    let node = table.nodes.get(row.key);

    if (!node) {
        node = make('tr', { class: 'row' });
        columns.forEach((column, n) => {
            node.append(n === 0
                ? make('th', { scope: 'row', class: 'name' })
                : make('td', { class: classOf(column) }));
        });
    }

    node.row = row;
    columns.forEach((column, n) => showCell(node.children[n], column, row));
    node.toggleAttribute('data-on', Boolean(on?.(row)));

    if (detail) {
        showDetail(table, node, row);
    }
    return node;
}

function showCell(cell, column, row) {
    if (column.show) {
        column.show(cell, row);
        return;
    }
    setText(cell, column.text(row));
    setTitle(cell, column.title?.(row));

    if (column.kind) {
        const names = classOf(column, column.kind(row));

        if (cell.className !== names) {
            cell.className = names;
        }
    }
}

function showDetail(table, node, row) {
    const open = table.open === row.key;

    if (open && !node.below) {
        const cell = make('td', { colspan: table.spec.columns.length });

        node.detail = table.spec.detail(row);
        cell.append(node.detail.node);
        node.below = make('tr', { class: 'more', id: newId('more') }, cell);
    }
    if (!open && node.below) {
        node.detail.drop();
        node.below.remove();
        node.below = null;
    }
    if (open) {
        node.detail.update(row);
    }

    const button = node.querySelector('.open');

    button.setAttribute('aria-expanded', String(open));
    if (open) {
        button.setAttribute('aria-controls', node.below.id);
    } else {
        button.removeAttribute('aria-controls');
    }
}

/* a part of a whole, with words beside it */

function barLine(label, part, whole, text) {
    const filled = whole ? bounded(part / whole, 0, 1) : 0;

    return make('div', { class: 'quota-line' },
                make('span', { class: 'label', text: label }),
                make('span', { class: 'small', text }),
                track(filled, true));
}

function track(filled, limit) {
    const inner = make('div');
    const full = filled >= 1 ? 'bad' : 'warn';

    inner.style.width = `${(filled * 100).toFixed(2)}%`;
    inner.dataset.level = filled === 0 ? 'none'
        : limit && filled >= 0.8 ? full : '';
    return make('div', { class: 'track', 'aria-hidden': 'true' }, inner);
}


/* columns that several tables have */

const MUCH = 0.01;                /* of requests that fail */

const zeroKind = (value) => (value ? '' : 'zero');

function countColumn(id, label, value, hint) {
    return { id, label, hint, number: true, sort: value,
             text: (row) => asCount(value(row)),
             title: (row) => exactly(value(row)),
             kind: (row) => zeroKind(value(row)) };
}

function shareColumn(id, label, value, hot) {
    return { id, label, number: true, sort: value,
             text: (row) => asShare(value(row)),
             kind: (row) => (value(row) > MUCH ? hot
                                               : zeroKind(value(row))) };
}

function timeColumn(id, label, value) {
    return { id, label, number: true, sort: value,
             text: (row) => asTime(value(row)) };
}


/* the stage that is chosen, or all */

function chosenStages() {
    const all = [...state.stages.values()];

    return chosen.stage ? all.filter((one) => one.key === chosen.stage)
                        : all.filter((one) => one.gone === null);
}

function stageTitle() {
    if (!chosen.stage) {
        return 'all stages';
    }
    return stageName(...JSON.parse(chosen.stage));
}

function newOption(value, text) {
    return make('option', { value, text });
}

function renderStageChoice() {
    const select = byId('stage');
    const wanted = [['', 'All stages'],
                    ...[...state.stages.values()].map((one) =>
                        [one.key, one.gone === null
                         ? one.name : `${one.name} (gone)`])];

    if (chosen.stage && !state.stages.has(chosen.stage)) {
        wanted.push([chosen.stage, `${stageTitle()} (unknown)`]);
    }

    const same = wanted.length === select.options.length
        && wanted.every(([value, text], i) =>
            select.options[i].value === value
            && select.options[i].text === text);

    if (!same) {
        select.replaceChildren(...wanted.map(([value, text]) =>
            newOption(value, text)));
    }
    select.value = chosen.stage;
}


/* traffic */

const total = (series, field) => sum(series[field]);

function largest(series, values) {
    let at = -1;

    values.forEach((value, i) => {
        if (value !== null && (at < 0 || value > values[at])) {
            at = i;
        }
    });
    return at < 0 ? null
                  : { value: values[at],
                      time: atShort(timeOfStep(series.first + at)) };
}

const REQUESTS = {
    title: 'Requests', format: asRate, floor: 1, area: true,
    series: [{ label: 'requests', kind: 'requests',
               value: (s) => lines.rate(s) }],
    summary(series, [rates]) {
        const most = largest(series, rates);
        const count = total(series, 'count');

        if (!count) {
            return 'None in the last hour.';
        }
        return `${asCount(count)} in the last hour,`
               + ` ${asRate(count / total(series, 'seconds'))} on average,`
               + ` at most ${asRate(most.value)} at ${most.time}.`;
    },
};

const ERRORS = {
    title: 'Errors', format: asShare, floor: 0.01,
    series: [{ label: '4xx', kind: 'client',
               value: (s) => lines.share(s, 'c4xx') },
             { label: '5xx', kind: 'server',
               value: (s) => lines.share(s, 'c5xx') }],
    summary(series, [, server]) {
        const count = total(series, 'count');
        const most = largest(series, server);
        const of = (field) => asShare(total(series, field) / count);

        if (!count) {
            return 'No requests in the last hour.';
        }
        return `${of('c4xx')} 4xx and ${of('c5xx')} 5xx in the last hour`
               + (most.value ? `, at most ${asShare(most.value)} 5xx`
                               + ` at ${most.time}.` : '.');
    },
};

const LATENCY = {
    title: 'Latency', format: asTime, floor: 1, powers: true,
    series: ['p50', 'p90', 'p99'].map((field) => ({
        label: field, kind: field, value: (s) => lines.quantile(s, field),
    })),
    summary(series, [, , slow]) {
        const most = largest(series, slow);
        const of = chosenStages().length > 1 && !series.one
            ? ', each of the slowest stage' : '';

        if (!most) {
            return 'No requests in the last hour.';
        }
        return `p99 at most ${asTime(most.value)} at ${most.time}${of};`
               + ' the scale is logarithmic.';
    },
};

const REFUSED = {
    title: 'Refused', format: asRate, floor: 1,
    series: [{ label: 'throttled', kind: 'throttled',
               value: (s) => lines.rate(s, 'throttled') },
             { label: 'over quota', kind: 'quota',
               value: (s) => lines.rate(s, 'quota') }],
    summary(series) {
        const throttled = total(series, 'throttled');
        const quota = total(series, 'quota');

        if (!throttled && !quota) {
            return 'None in the last hour.';
        }
        return `${asCount(throttled)} throttled, ${asCount(quota)} over`
               + ' their quota in the last hour.';
    },
};

const traffic = [];

function buildTraffic() {
    for (const spec of [REQUESTS, ERRORS, LATENCY, REFUSED]) {
        const chart = newChart(spec);

        traffic.push(chart);
        byId('charts').append(chart.node);
    }
}

function renderTraffic() {
    const stages = chosenStages();
    const used = [...state.stages.values()]
        .some((one) => one.total[COUNT] > 0);
    const none = state.answer !== null && (!used || !stages.length);

    setText(byId('traffic-sub'),
            `${stageTitle()}, the last hour in steps of`
            + ` ${state.stepSeconds} s`);
    byId('blank').hidden = !none;
    byId('charts').hidden = none;

    if (none) {
        renderBlank();
        return;
    }
    if (state.answer) {
        const series = together(stages.map((one) => seriesOf(one.history)));

        traffic.forEach((chart) => setChart(chart, series));
    }
}

function renderBlank() {
    const [title, text, code] = blankText();
    const box = byId('blank');

    if (box.dataset.title === title + code) {
        return;
    }
    box.dataset.title = title + code;
    box.replaceChildren(make('h3', { text: title }), make('p', { text }),
                        code && make('code', { class: 'code', text: code }));
}

function blankText() {
    if (!state.stages.size) {
        return ['There is no stage',
                'Requests are counted by stage: the configuration of this'
                + ' gateway has none yet, or apigw_zone has metrics=off.',
                'apigw_stage live {\n    apigw_route "GET /" { … }\n}'];
    }
    if (!chosenStages().length) {
        return ['There is no such stage',
                `This gateway has no stage ${stageTitle()}. Choose another`
                + ' one above.', ''];
    }

    /* where clients reach it is not known here */
    const [{ stage }] = state.stages.values();
    const path = stage === '$default' ? '/' : `/${shown(stage)}/`;

    return ['No requests yet',
            'Send one to a stage of this gateway, for example as below, at the'
            + ' address that clients use; it is seen here within some seconds.'
            + ' Requests that reach no stage are not counted.',
            `curl -i GATEWAY${path}`];
}


/* stages */

function stageNow(stage) {
    const { history } = stage;
    const step = [1, 2, 3].map((n) => state.step - n)
        .find((n) => valueAt(history, 'count', n) !== null);

    return step === undefined
        ? null : valueAt(history, 'count', step) / secondsAt(history, step);
}

function stageRow(stage) {
    const series = seriesOf(stage.history);
    const count = total(series, 'count');
    const [p50, p90, p99] = list(stage.latency);
    const all = stage.total;

    return {
        key: stage.key, stage, rates: lines.rate(series),
        rate: stage.gone === null ? stageNow(stage) : null,
        c4xx: share(total(series, 'c4xx'), count),
        c5xx: share(total(series, 'c5xx'), count),
        throttled: total(series, 'throttled'),
        quota: total(series, 'quota'),
        p50: all[COUNT] ? p50 : null, p90: all[COUNT] ? p90 : null,
        p99: all[COUNT] ? p99 : null,
        count: all[COUNT], received: all[RECEIVED], sent: all[SENT],
        cache: share(all[HITS], all[HITS] + all[MISSES]),
    };
}

function showStage(cell, { stage }) {
    if (!cell.firstChild) {
        cell.append(make('a', {}), make('span', { class: 'small' }));
    }
    const [link, more] = cell.children;
    const on = chosen.stage === stage.key;

    setText(link, stage.name);
    link.setAttribute('href', fragment(on ? '' : stage.key, chosen.filter));
    link.toggleAttribute('aria-current', on);
    if (on) {
        link.setAttribute('aria-current', 'true');
    }
    setText(more, stage.gone === null
        ? ` ${stage.type ?? ''}` : ` gone since ${atClock(stage.gone)}`);
}

function showSpark(cell, row) {
    if (!cell.firstChild) {
        cell.append(newSpark(), make('span', { class: 'unseen' }));
    }
    const most = drawSpark(cell.firstChild, row.rates);

    setText(cell.lastChild, `at most ${asRate(most)}`);
}

const stageTable = newTable({
    caption: 'Stages', sort: ['count', -1],
    groups: [['', 1], ['last hour', 6], ['since the start', 7]],
    none: () => 'No stage is configured.',
    on: (row) => row.key === chosen.stage,
    columns: [
        { id: 'stage', label: 'Stage', sort: (row) => row.stage.name,
          show: showStage },
        { id: 'spark', label: 'Requests', wide: true, show: showSpark },
        { id: 'rate', label: 'Now', number: true, sort: (row) => row.rate,
          hint: 'requests per second in the last step',
          text: (row) => asRate(row.rate) },
        shareColumn('c4xx', '4xx', (row) => row.c4xx, ''),
        shareColumn('c5xx', '5xx', (row) => row.c5xx, 'hot'),
        countColumn('throttled', 'Throttled', (row) => row.throttled),
        countColumn('quota', 'Over quota', (row) => row.quota),
        countColumn('count', 'Requests', (row) => row.count),
        timeColumn('p50', 'p50', (row) => row.p50),
        timeColumn('p90', 'p90', (row) => row.p90),
        timeColumn('p99', 'p99', (row) => row.p99),
        { id: 'cache', label: 'Cache hits', number: true,
          sort: (row) => row.cache, text: (row) => asShare(row.cache) },
        { id: 'received', label: 'Received', number: true,
          sort: (row) => row.received, text: (row) => asBytes(row.received) },
        { id: 'sent', label: 'Sent', number: true, sort: (row) => row.sent,
          text: (row) => asBytes(row.sent) },
    ],
});

function renderStages() {
    const rows = [...state.stages.values()].map(stageRow);

    setText(byId('stages-sub'),
            rows.length ? `${plural(rows.length, 'stage')};`
                          + ' choose one to see it alone' : '');
    stageTable.update(rows);
}


/* routes */

function showRoute(cell, row) {
    if (!cell.firstChild) {
        cell.append(make('button', {
            type: 'button', class: 'open', 'aria-expanded': 'false',
            onclick: (event) =>
                toggleRoute(event.currentTarget.closest('tr').row.key),
        }, chevron(), make('span', { class: 'verb' }),
           make('span', { class: 'path' })),
        make('span', { class: 'small narrow' }));
    }
    const [, verb, path] = cell.firstChild.children;

    setText(cell.lastChild, row.stageName);

    setText(verb, row.verb);
    setText(path, row.path);
    cell.firstChild.setAttribute('aria-label',
                                 `${row.verb} ${row.path}, ${row.stageName}`);
}

function toggleRoute(key) {
    routeTable.open = routeTable.open === key ? null : key;
    showRows(routeTable);
}

/* below a route */

function routeDetail() {
    const facts = make('dl', { class: 'facts' });
    const text = make('p', { class: 'small' });
    const box = make('div', { class: 'charts' });
    const shown = [];

    const update = (row) => {
        const ring = state.busiest.get(row.key);

        facts.replaceChildren(...routeFacts(row).map(([name, value]) =>
            make('div', {}, make('dt', { text: name }),
                 make('dd', { text: value }))));
        text.hidden = ring !== undefined;
        setText(text, 'Its history is not kept: only that of the busiest 50'
                      + ' routes is.');

        if (!ring) {
            return;
        }
        if (!shown.length) {
            for (const spec of [REQUESTS, ERRORS, LATENCY]) {
                shown.push(newChart({ ...spec,
                                      title: `${spec.title} of the route` }));
            }
            box.append(...shown.map((chart) => chart.node));
        }
        const series = { ...seriesOf(ring), one: true };

        shown.forEach((chart) => setChart(chart, series));
    };

    return { node: make('div', {}, facts, text, box), update,
             drop: () => shown.forEach(dropChart) };
}

function routeFacts(row) {
    const [p50, p90, p99, , count] = row.integration;
    const total = row.total;

    return [
        ['Mean latency', asTime(row.count ? row.mean : null)],
        ['Integration p50', asTime(count ? p50 : null)],
        ['Integration p90', asTime(count ? p90 : null)],
        ['Integration p99', asTime(count ? p99 : null)],
        ['Received', asBytes(total[RECEIVED])],
        ['Sent', asBytes(total[SENT])],
        ['Cache hits', asShare(share(total[HITS],
                                     total[HITS] + total[MISSES]))],
        ...['1xx', '2xx', '3xx', '4xx', '5xx'].map((name, i) =>
            [name, asCount(total[i + 1])]).filter(([, n]) => n !== '0'),
    ];
}

const routeTable = newTable({
    caption: 'Routes, since the start', sort: ['count', -1],
    none: () => (chosen.filter || chosen.stage
                 ? 'No route that was used matches.'
                 : 'No route has been used yet.'),
    detail: routeDetail,
    columns: [
        { id: 'route', label: 'Route', sort: (row) => row.order,
          show: showRoute },
        { id: 'stage', label: 'Stage', wide: true,
          sort: (row) => row.stageName, text: (row) => row.stageName },
        countColumn('count', 'Requests', (row) => row.count),
        { id: 'rate', label: 'Now', number: true, sort: (row) => row.rate,
          hint: 'requests per second since the answer before',
          text: (row) => asRate(row.rate),
          kind: (row) => zeroKind(row.rate) },
        shareColumn('c4xx', '4xx', (row) => row.c4xx, ''),
        shareColumn('c5xx', '5xx', (row) => row.c5xx, 'hot'),
        { ...shareColumn('now5xx', '5xx now', (row) => row.now5xx, 'hot'),
          hint: 'share of the requests since the answer before' },
        timeColumn('p50', 'p50', (row) => row.p50),
        timeColumn('p90', 'p90', (row) => row.p90),
        timeColumn('p99', 'p99', (row) => row.p99),
        { id: 'sent', label: 'Sent', number: true,
          sort: (row) => row.total[SENT],
          text: (row) => asBytes(row.total[SENT]) },
    ],
});

function routeFilter() {
    const words = chosen.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const { stage } = chosen;

    if (!words.length && !stage) {
        return null;
    }
    return (row) => (!stage || row.stage === stage)
                    && words.every((word) => row.hay.includes(word));
}

function renderRoutes() {
    routeTable.update(state.rows, routeFilter());

    const shown = routeTable.shown.length;
    const all = state.rows.length;
    const often = all > MANY_ROUTES ? ', refreshed once a minute' : '';

    setText(byId('routes-sub'), `${shown === all ? plural(all, 'route')
        : `${grouped.format(shown)} of ${grouped.format(all)} routes`}`
        + ` in use, since the start${often}`);
}

let telling;

function filterTyped(event) {
    chosen.filter = event.target.value;
    routeTable.page = 0;
    routeTable.order = null;
    renderRoutes();
    keepFilter();
    clearTimeout(telling);
    telling = setTimeout(() => {
        say(`${plural(routeTable.shown.length, 'route')} shown`);
    }, 700);
}


/* consumers, plans */

function showQuotas(cell, row) {
    const text = row.plans.map((plan) =>
        `${plan.plan}: ${asCount(plan.quotaUsed)} of`
        + ` ${asCount(plan.quotaLimit)}`).join('\n');

    if (cell.said === text && cell.firstChild) {
        return;
    }
    cell.said = text;
    cell.replaceChildren(...row.plans.map((plan) =>
        barLine(shown(plan.plan), plan.quotaUsed, plan.quotaLimit,
                `${asCount(plan.quotaUsed)} of ${asCount(plan.quotaLimit)},`
                + ` ${asShare(share(plan.quotaUsed, plan.quotaLimit))}`)));

    if (!row.plans.length) {
        cell.append(make('span', { class: 'zero', text: 'no quota' }));
    }
}

function showConsumer(cell, row) {
    if (!cell.firstChild) {
        cell.append(make('span', { class: 'path' }));
    }
    setText(cell.firstChild, row.id);
}

const consumerTable = newTable({
    caption: 'Busiest consumers, since the start', sort: ['count', -1],
    none: () => 'No request with an API key or an identity yet.',
    columns: [
        { id: 'id', label: 'Consumer', sort: (row) => row.id,
          show: showConsumer },
        { ...countColumn('count', 'Requests', (row) => row.count),
          hint: 'may be somewhat too many, where there are many consumers',
          title: (row) => (row.error
              ? `${grouped.format(row.count - row.error)} to`
                + ` ${grouped.format(row.count)}` : exactly(row.count)) },
        countColumn('refused', 'Refused', (row) => row.refused),
        { id: 'sent', label: 'Sent', number: true, sort: (row) => row.sent,
          text: (row) => asBytes(row.sent) },
        { id: 'quota', label: 'Quota used',
          sort: (row) => Math.max(-1, ...row.plans.map((plan) =>
              share(plan.quotaUsed, plan.quotaLimit) ?? 0)),
          show: showQuotas },
    ],
});

const planTable = newTable({
    caption: 'Usage plans, since the start', sort: ['admitted', -1],
    none: () => 'No usage plan is configured.',
    columns: [
        { id: 'plan', label: 'Plan', sort: (row) => row.plan,
          text: (row) => row.plan },
        countColumn('admitted', 'Admitted', (row) => row.admitted),
        countColumn('throttled', 'Throttled', (row) => row.throttled),
        countColumn('quota', 'Over quota', (row) => row.quotaExceeded),
        { ...countColumn('unknown', 'Quota unknown',
                         (row) => row.quotaUnavailable,
                         'refused, as their quota could not be asked for'),
          kind: (row) => (row.quotaUnavailable ? 'hot' : 'zero') },
    ],
});

function renderConsumers() {
    const { answer } = state;

    consumerTable.update(list(answer.consumers).map((one) =>
        ({ ...one, key: one.id, id: shown(one.id), plans: list(one.plans) })));
    planTable.update(list(answer.plans).map((one) =>
        ({ ...one, key: one.plan, plan: shown(one.plan) })));
}


/* gateway responses */

function responseRows() {
    const names = list(state.answer.errors);
    const counts = new Map();

    for (const stage of chosenStages()) {
        list(stage.errors).forEach((n, i) => {
            counts.set(i, (counts.get(i) ?? 0) + n);
        });
    }

    const rows = [...counts].filter(([, n]) => n > 0)
        .map(([i, count]) => ({ key: names[i] ?? `#${i}`, count }));
    const all = sum(rows.map((row) => row.count));

    rows.forEach((row) => {
        row.part = row.count / all;
    });
    return rows;
}

function showPart(cell, row) {
    const text = asShare(row.part);

    if (cell.said === text) {
        return;
    }
    cell.said = text;
    cell.replaceChildren(make('div', { class: 'bar-line' },
                              track(row.part, false),
                              make('span', { text })));
}

const responseTable = newTable({
    caption: 'Gateway responses by type, since the start',
    sort: ['count', -1],
    none: () => 'None: no request was refused and no integration failed.',
    columns: [
        { id: 'type', label: 'Type', sort: (row) => row.key,
          text: (row) => shown(row.key) },
        countColumn('count', 'Responses', (row) => row.count),
        { id: 'part', label: 'Share', show: showPart },
    ],
});

function renderResponses() {
    setText(byId('responses-sub'), `${stageTitle()}, since the start`);
    responseTable.update(responseRows());
}


/* authorizers */

function showAuthorizer(cell, row) {
    if (!cell.firstChild) {
        cell.append(make('span'), make('span', { class: 'small' }));
    }
    setText(cell.firstChild, row.name);
    setText(cell.lastChild, row.type ? ` ${row.type}` : '');
}

const authorizerTable = newTable({
    caption: 'Authorizers, since the start', sort: ['name', 1],
    none: () => 'No authorizer is configured.',
    columns: [
        { id: 'name', label: 'Authorizer', sort: (row) => row.name,
          show: showAuthorizer },
        countColumn('accepted', 'Accepted', (row) => row.accepted),
        countColumn('refused', 'Refused', (row) => row.refused),
        { ...countColumn('failed', 'Failed', (row) => row.failed,
                         'no decision: keys or an endpoint were missing'),
          kind: (row) => (row.failed ? 'hot' : 'zero') },
        { id: 'cache', label: 'Cache hits', number: true,
          sort: (row) => row.cache, text: (row) => asShare(row.cache) },
        { id: 'jwks', label: 'JWKS age', number: true,
          sort: (row) => row.jwksAge, hint: 'since keys were last fetched',
          text: (row) => asAge(row.jwksAge) },
    ],
});

function renderAuthorizers() {
    authorizerTable.update(list(state.answer.authorizers).map((one) => ({
        ...one, key: one.name, name: shown(one.name),
        cache: share(one.hits, one.hits + one.misses),
    })));
}


/* state: cards of facts, each with a verdict in words */

function room([used, all]) {
    const text = `${asCount(used)} of ${asCount(all)}`;

    return [text, share(used, all)];
}

function zoneCard(zone) {
    const rows = [];

    if (zone.cells) {
        rows.push(['Token buckets in use', ...room(zone.cells)]);
    }
    if (zone.quotas) {
        rows.push(['Quotas in use', ...room(zone.quotas)]);
    }
    if (zone.buckets !== undefined) {
        rows.push(['Room for buckets by key=', asCount(zone.buckets)]);
    }
    rows.push(['Met a full zone', plural(zone.full ?? 0, 'request')]);

    return {
        title: 'Shared memory', rows,
        verdict: zone.full ? ['was full', 'warn'] : ['has room', 'good'],
    };
}

/* no worker is connected, or none of them waits for it */

const redisLost = (redis) => Boolean(redis)
    && (redis.up === 0 || redis.breaker >= redis.workers);

function redisCard(redis) {
    if (!redis) {
        return { title: 'Redis', verdict: ['not configured', ''],
                 rows: [['Quotas', 'of this gateway alone']] };
    }

    const [p50, p99] = list(redis.latency);
    const verdict = redisLost(redis)
        ? ['not reached', 'bad']
        : redis.up < redis.workers || redis.breaker
            ? ['partly reached', 'warn'] : ['connected', 'good'];

    return {
        title: 'Redis', verdict,
        rows: [
            ['Workers connected', `${redis.up} of ${redis.workers}`],
            ['Workers that gave up for now', asCount(redis.breaker)],
            ['Commands', asCount(redis.commands)],
            ['Failures', asCount(redis.failures)],
            ['Latency p50, p99',
             redis.commands ? `${asTime(p50)}, ${asTime(p99)}` : '–'],
        ],
    };
}

function quotaCard(quota) {
    const names = [['exact', 'Exact'], ['open', 'Let in unchecked'],
                   ['local', 'Counted here alone'],
                   ['closed', 'Refused unchecked']];
    const unchecked = sum([quota.open, quota.closed]);

    return {
        title: 'Quota decisions',
        verdict: unchecked ? ['some unchecked', 'warn']
                           : ['all checked', 'good'],
        rows: names.filter(([name]) => Number.isFinite(quota[name]))
            .map(([name, text]) => [text, asCount(quota[name])]),
    };
}

function gatewayCard(answer, now) {
    const missed = now.missed ?? 0;

    return {
        title: 'Gateway',
        verdict: missed ? ['metrics are full', 'warn']
                        : ['counts everything', 'good'],
        rows: [
            ['Connections', asCount(now.connections)],
            ['Requests that wait', asCount(now.parked)],
            ['Tokens remembered', asCount(now.tokens)],
            ['Series without room', asCount(missed)],
            ['Workers', asCount(answer.workers)],
        ],
    };
}

function cardNode({ title, verdict, rows }) {
    return make('div', { class: 'card' },
                make('div', { class: 'card-head' },
                     make('h3', { text: title }), tag(...verdict)),
                make('dl', {}, ...rows.map(([name, text, filled]) =>
                    make('div', {}, make('dt', { text: name }),
                         make('dd', { text },
                              filled === undefined || filled === null
                              ? null : track(bounded(filled, 0, 1), true))))));
}

function renderState() {
    const { answer } = state;
    const now = answer.state ?? {};

    byId('cards').replaceChildren(...[
        gatewayCard(answer, now), zoneCard(now.zone ?? {}),
        quotaCard(now.quota ?? {}), redisCard(now.redis),
    ].map(cardNode));

    setText(byId('state-sub'), `at ${atClock(answer.now)}`);
    byId('foot').replaceChildren(...[
        `ngx_apigw ${answer.module}`, `nginx ${answer.nginx}`,
        `counts since ${atDay(answer.started)}`,
        `configuration ${answer.generation}`,
        'times are local',
    ].map((text) => make('span', { text })));
}


/* notices: what is wrong, since when, what to do */

const notices = { restart: null };

function noticeList() {
    const found = [];

    if (poll.lost) {
        found.push(lostNotice());
    }
    if (notices.restart) {
        found.push({
            kind: '', text: 'The counters began anew at'
                + ` ${atClock(notices.restart.at)}: the gateway was started`
                + ' again.',
            label: 'Dismiss', act: () => {
                notices.restart = null;
                render();
            },
        });
    }

    if (state.answer && redisLost(state.answer.state?.redis)) {
        found.push({
            kind: 'bad', text: 'Redis is not reached: what is leased of quotas'
                + ' is spent, then on_error of each plan decides.',
            label: 'Show the state', act: () => {
                byId('state').scrollIntoView();
            },
        });
    }

    const gone = state.stages.get(chosen.stage);

    if (gone && gone.gone !== null) {
        found.push({
            kind: 'warn', text: `The stage ${gone.name} is not configured any`
                + ` more since ${atClock(gone.gone)}. These are its last`
                + ' figures.',
            label: 'Show all stages', act: () => chooseStage(''),
        });
    }
    return found;
}

function lostNotice() {
    const { since, reason: why, wait } = poll.lost;
    const last = state.answer
        ? ` The figures are of ${atClock(state.heard / 1000)}.` : '';

    return {
        kind: 'bad', text: `The gateway has not answered since`
            + ` ${atClock(since)}. ${why}${last} Next try in ${wait} s.`,
        label: 'Try now', act: run,
    };
}

function renderNotices() {
    const box = byId('notices');
    const found = noticeList();
    const text = JSON.stringify(found);

    if (box.said === text) {
        return;
    }
    const focused = box.contains(document.activeElement);

    box.said = text;
    box.replaceChildren(...found.map(({ kind, text: words, label, act }) =>
        make('div', { class: `notice ${kind}` }, make('p', { text: words }),
             make('button', { type: 'button', class: 'button small',
                              text: label, onclick: act }))));

    if (focused) {
        (box.querySelector('button') ?? byId('main')).focus();
    }
}

const LIVE = {
    wait: ['Loading', 'M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1z'],
    live: ['Live', 'M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1z'],
    paused: ['Paused', 'M2 1h3v10H2zM7 1h3v10H7z'],
    lost: ['No answer', 'M6 0l6 11H0z'],
};

function renderLive() {
    const now = poll.lost ? 'lost' : poll.paused ? 'paused'
        : state.answer ? 'live' : 'wait';
    const [text, icon] = LIVE[now];
    const when = state.answer ? `, ${atClock(state.heard / 1000)}` : '';

    byId('live').dataset.state = now;
    byId('live-icon').setAttribute('d', icon);
    setText(byId('live-text'), text + when);
    setText(byId('pause'), poll.paused ? 'Resume' : 'Pause');
    document.body.classList.toggle('late', poll.lost !== null);
    document.title = now === 'lost'
        ? `No answer – ${location.host}`
        : `API gateway – ${location.host}`;
}


/* the page */

function render() {
    renderLive();
    renderNotices();

    if (!state.answer) {
        return;
    }
    renderStageChoice();
    renderTraffic();
    renderStages();
    renderRoutes();
    renderConsumers();
    renderResponses();
    renderAuthorizers();
    renderState();
}

function fragmentChanged() {
    readFragment();
    byId('filter').value = chosen.filter;
    routeTable.page = 0;
    routeTable.order = null;
    render();
}

function build() {
    const tables = [['stages', stageTable], ['routes', routeTable],
                    ['consumers', consumerTable], ['plans', planTable],
                    ['responses', responseTable],
                    ['authorizers', authorizerTable]];

    for (const [id, table] of tables) {
        table.scroll.hidden = true;
        table.none.hidden = false;
        setText(table.none, 'Loading …');
        byId(id).append(table.node);
    }
    buildTraffic();
    setText(byId('host'), location.host);
    showTheme();
}

function listen() {
    byId('theme').addEventListener('click', nextTheme);
    byId('pause').addEventListener('click', () => setPaused(!poll.paused));
    byId('stage').addEventListener('change', (event) =>
        chooseStage(event.target.value));
    byId('filter').addEventListener('input', filterTyped);
    byId('skip').addEventListener('click', (event) => {
        event.preventDefault();
        byId('main').focus();
    });
    window.addEventListener('hashchange', fragmentChanged);
    document.addEventListener('visibilitychange', run);
}

document.addEventListener('DOMContentLoaded', () => {
    build();
    listen();
    fragmentChanged();
    run();
});
