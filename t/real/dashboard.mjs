// node dashboard.mjs GATEWAY KEY PROFILE

import { setTimeout as sleep } from 'node:timers/promises';
import { Chromium } from './chromium.mjs';
import { checks } from './dashboard_checks.mjs';
import { Mock } from './dashboard_mock.mjs';
import { is, ok, done } from './tap.mjs';

const [port, key, profile] = process.argv.slice(2);
const gateway = `http://127.0.0.1:${port}`;
const page = `${gateway}/deep/er/dashboard`;

const browser = await Chromium.start(profile, []);

console.log(`${await browser.version()}`);


// what should not happen

const complaints = [];
const requested = [];
let silent = true;          // no request is meant to fail

browser.on('Page.javascriptDialogOpening', ({ message }) => {
    complaints.push(`dialog: ${message}`);
    browser.send('Page.handleJavaScriptDialog', { accept: true });
});
browser.on('Runtime.exceptionThrown', ({ exceptionDetails }) => {
    complaints.push(exceptionDetails.exception?.description
                    ?? exceptionDetails.text);
});
browser.on('Runtime.consoleAPICalled', ({ type, args }) => {
    complaints.push(`${type}: ${args[0]?.value}`);
});
browser.on('Log.entryAdded', ({ entry }) => {
    if (silent) {
        complaints.push(`${entry.source}: ${entry.text}`);
    }
});
browser.on('Network.requestWillBeSent', ({ request }) => {
    requested.push(request.url);
});

await browser.send('Runtime.enable');
await browser.send('Page.addScriptToEvaluateOnNewDocument', { source: `
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => {
        window.violations.push(event.effectiveDirective);
    });` });


const evaluate = (text) => browser.evaluate(text);

const text = (selector) => evaluate(
    `document.querySelector(${JSON.stringify(selector)})?.textContent`);

const texts = (selector) => evaluate(
    `[...document.querySelectorAll(${JSON.stringify(selector)})]
        .map((node) => node.textContent)`);

// until the page says so; it has 10 s steps

async function until(expression, name) {
    for (let i = 0; i < 450; i++) {
        if (await evaluate(expression)) {
            ok(true, name);
            return;
        }
        await sleep(100);
    }
    ok(false, name);
}

const KEYS = {
    Tab: 9, Enter: 13, Escape: 27, ' ': 32, End: 35, Home: 36, ArrowLeft: 37,
    ArrowDown: 40,
};

async function press(name, modifiers = 0) {
    const event = { key: name, code: name === ' ' ? 'Space' : name, modifiers,
                    windowsVirtualKeyCode: KEYS[name] };
    const letter = { Enter: '\r', ' ': ' ' }[name];

    await browser.send('Input.dispatchKeyEvent',
                       { ...event, type: letter ? 'keyDown' : 'rawKeyDown',
                         text: letter });
    await browser.send('Input.dispatchKeyEvent', { ...event, type: 'keyUp' });
}

const type = (words) => browser.send('Input.insertText', { text: words });

// by Tab alone, until the element has the focus

async function tabTo(selector) {
    for (let i = 0; i < 200; i++) {
        await press('Tab');
        if (await evaluate(`document.activeElement.matches(
                                ${JSON.stringify(selector)})`))
        {
            return true;
        }
    }
    return false;
}

const clear = () => evaluate(`document.activeElement.blur();
                              getSelection().removeAllRanges()`);

function scheme(value) {
    return browser.send('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value },
                   { name: 'prefers-reduced-motion', value: 'reduce' }],
    });
}

function size(width, height, mobile = false) {
    return browser.send('Emulation.setDeviceMetricsOverride',
                        { width, height, deviceScaleFactor: 1, mobile });
}

async function accessible(name) {
    is(await evaluate(checks.names), [], `${name}: all controls have names`);
    is(await evaluate(checks.structure), [], `${name}: structure`);
    for (const value of ['light', 'dark']) {
        await scheme(value);
        is(await evaluate(checks.contrast), [], `${name}: contrast, ${value}`);
    }
    await scheme('light');
}

// rows of a table of the page: [[text of a cell, ...], ...]

const rows = (id) => evaluate(
    `[...document.querySelectorAll('#${id} tbody tr.row')].map((row) =>
        [...row.cells].map((cell) => cell.textContent))`);

const ask = async (path, options = {}) => {
    const response = await fetch(gateway + path, options);
    await response.arrayBuffer();
    return response.status;
};


// nothing yet

await size(1280, 900);
await browser.open(page);
await until('!document.getElementById("blank").hidden', 'empty: it says so');
is(await text('#blank h3'), 'No requests yet', 'empty: title');
is(await text('#blank code'), 'curl -i GATEWAY/live/',
   'empty: what to do');
is(await text('#routes .none'), 'No route has been used yet.',
   'empty: routes');
await accessible('empty');


// figures, which are the truth

const truth = { pets: 40, pet: 7, posted: 3, broken: 5, lost: 6 };
const statuses = {};

for (const [path, n, options] of [
    ['/live/pets', truth.pets], ['/live/pets/1', truth.pet],
    ['/live/pets', truth.posted, { method: 'POST' }],
    ['/live/broken', truth.broken], ['/live/none', truth.lost],
    ['/live/closed', 12, { headers: { 'X-Api-Key': key } }],
    ['/beta/pets', 2],
]) {
    for (let i = 0; i < n; i++) {
        const status = await ask(path, options);
        statuses[`${path} ${status}`] = (statuses[`${path} ${status}`] ?? 0)
            + 1;
    }
}

const admitted = statuses['/live/closed 200'];
const live = truth.pets + truth.pet + truth.posted + truth.broken
    + truth.lost + 12;

await until(`document.querySelectorAll('#routes tbody tr').length === 6`,
            'figures: all routes come without a reload');
await until(`document.querySelector('#charts p').textContent
                 .startsWith('${live + 2} in the last hour')`,
            'figures: a chart has all requests');

function column(table, name, n) {
    return Object.fromEntries(table.map((row) => [row[name], row[n]]));
}

{
    const json = await (await fetch(`${page}?format=json`)).json();
    const stages = await rows('stages');
    const counts = column(stages, 0, 7);
    const of = (stage) => json.stages.find((one) => one.stage === stage);

    is(counts, { 'shop / live rest': String(live), 'shop / beta rest': '2' },
       'figures: requests of the stages');
    is([of('live').total[0], of('beta').total[0]], [live, 2],
       'figures: ... as in the JSON');

    const routes = column(await rows('routes'), 0, 2);

    is(routes, {
        'GET/petsshop / live': '40', 'GET/pets/{id}shop / live': '7',
        'POST/petsshop / live': '3', 'GET/brokenshop / live': '5',
        'GET/closedshop / live': '12', 'GET/petsshop / beta': '2',
    }, 'figures: requests of the routes');

    const broken = (await rows('routes'))
        .find((row) => row[0].includes('/broken'));

    is(broken.slice(4, 6), ['0\u00a0%', '100\u00a0%'],
       'figures: shares of errors');

    const types = column(await rows('responses'), 0, 1);
    const errors = Object.fromEntries(json.errors.map((name, i) =>
        [name, of('live').errors[i]]).filter(([, n]) => n));

    is(types.MISSING_AUTHENTICATION_TOKEN, '6',
       'figures: gateway responses');
    is(types, Object.fromEntries(Object.entries(errors).map(([name, n]) =>
        [name, String(n)])), 'figures: ... as in the JSON');

    const [consumer] = await rows('consumers');

    is(consumer[0], 'alice', 'figures: a consumer');
    is(consumer[1], String(json.consumers[0].count), 'figures: its requests');
    ok(consumer[4].includes(`${json.consumers[0].plans[0].quotaUsed} of 8`),
       'figures: its quota');

    const plans = column(await rows('plans'), 0, 1);
    is(Object.keys(plans).sort(), ['<b>gold</b>', 'basic'],
       'figures: plans, whose names stay text');
    is(plans.basic, String(admitted), 'figures: what a plan admitted');
}


// live, with load

for (let i = 0; i < 9; i++) {
    await ask('/live/pets');
}
await until(`document.querySelector('#routes tbody td:nth-child(3)')
                 .textContent === '49'`, 'live: counters go on');
await until(`document.querySelector('#charts p').textContent
                 .startsWith('${live + 11} in the last hour')`,
            'live: charts, too');
ok(requested.some((url) => url.includes('since=')),
   'live: only what is new is asked for');


// stages and the fragment

await evaluate(`[...document.querySelectorAll('#stages a')]
    .find((link) => link.textContent.includes('beta')).click()`);
await until(`document.querySelectorAll('#routes tbody tr').length === 1`,
            'stage: routes of it alone');
is(await evaluate('location.hash'), '#api=shop&stage=beta',
   'stage: the fragment');
is(await evaluate('document.getElementById("stage").selectedOptions[0].text'),
   'shop / beta', 'stage: the list');
is(await text('#charts p'), '2 in the last hour,'
   + (await text('#charts p')).replace(/^.*?hour,/, ''), 'stage: charts');
is(await text('#responses .none'),
   'None: no request was refused and no integration failed.',
   'stage: gateway responses');

await browser.send('Page.reload');
await until(`document.querySelectorAll('#routes tbody tr').length === 1`,
            'stage: kept over a reload');

await evaluate('history.back()');
await until(`document.querySelectorAll('#routes tbody tr').length === 6`,
            'stage: the way back');


// by keyboard alone

await browser.open('about:blank');
await browser.open(page);
await until(`document.querySelectorAll('#routes tbody tr').length === 6`,
            'keyboard: the page is there');

{
    let hidden = 0;

    await evaluate('window.stops = []');

    for (let i = 0; i < 200; i++) {
        await press('Tab');
        if (!await evaluate(`document.activeElement !== document.body
                && !stops.includes(document.activeElement)
                && stops.push(document.activeElement) > 0`))
        {
            break;
        }
        hidden += !await evaluate(checks.focusShown);
    }

    const stops = await evaluate('stops.length');

    ok(stops > 30, `keyboard: ${stops} stops`);
    is(await evaluate(`stops.slice(1).filter((node, i) =>
           !(stops[i].compareDocumentPosition(node)
             & Node.DOCUMENT_POSITION_FOLLOWING))
           .map((node) => node.outerHTML)`), [],
       'keyboard: in the order of the document');
    is(hidden, 0, 'keyboard: the focus is seen on each');

    const reached = await evaluate(`
        [...document.querySelectorAll('a[href], button, input, select')]
            .filter((node) => node.checkVisibility() && !node.disabled)
            .length`);
    const regions = await evaluate(`
        [...document.querySelectorAll('[role="region"]')]
            .filter((node) => node.checkVisibility()).length`);
    is(stops, reached + regions, 'keyboard: to every control');
}

await clear();
await tabTo('.skip');
await press('Enter');
is(await evaluate('document.activeElement.id'), 'main', 'keyboard: skip');

ok(await tabTo('.chart input'), 'keyboard: to a chart');
{
    const read = () => evaluate(
        'document.activeElement.getAttribute("aria-valuetext")');
    const newest = await read();
    await press('ArrowLeft');
    const before = await read();
    ok(newest !== before && /requests .*\/s$|requests –$/.test(before),
       `keyboard: a step back reads "${before}"`);
    is(before.split(': ')[0], await text('.chart time'),
       'keyboard: ... and shows it');
    await press('Escape');
    is(await evaluate('document.activeElement === document.body'), true,
       'keyboard: Escape leaves the chart');
}

await clear();
ok(await tabTo('.chart .plain'), 'keyboard: to its figures');
await press('Enter');
is(await evaluate(`document.activeElement.getAttribute('aria-expanded')`),
   'true', 'keyboard: ... which open');
is((await texts('.chart .data tbody tr')).length, 60,
   'keyboard: ... a page of them');
await accessible('figures');

ok(await tabTo('#filter'), 'keyboard: to the filter');
await type('pets {id}');
is((await rows('routes')).map((row) => row[0]), ['GET/pets/{id}shop / live'],
   'keyboard: a filter of two words');
await until(`location.hash === '#route=pets+%7Bid%7D'`,
            'keyboard: ... is kept in the fragment');
await until(`document.getElementById('said').textContent === '1 route shown'`,
            'keyboard: ... and told');
await evaluate('document.getElementById("filter").select()');
await press('Escape');
await evaluate(`const field = document.getElementById('filter');
                field.value = '';
                field.dispatchEvent(new Event('input'))`);

ok(await tabTo('#routes .sort'), 'keyboard: to a head of the table');
await press(' ');
is(await evaluate(`document.activeElement.closest('th')
                       .getAttribute('aria-sort')`), 'ascending',
   'keyboard: sorted');
{
    const paths = (await texts('#routes .path'));
    is(paths, [...paths].sort(), 'keyboard: ... by the path');
}
await press(' ');
is(await evaluate(`document.activeElement.closest('th')
                       .getAttribute('aria-sort')`), 'descending',
   'keyboard: sorted the other way');

ok(await tabTo('#routes .open'), 'keyboard: to a route');
await press('Enter');
is(await evaluate(`document.activeElement.getAttribute('aria-expanded')`),
   'true', 'keyboard: ... which opens');
is((await texts('#routes .more h3')),
   ['Requests of the route', 'Errors of the route', 'Latency of the route'],
   'keyboard: ... its history');
await accessible('all open');
await press('Enter');
is(await texts('#routes .more'), [], 'keyboard: ... and closes');


// colors

{
    const ground = () => evaluate(
        'getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    const press3 = `document.getElementById('theme').click()`;

    await evaluate(press3);
    is([await ground(), await text('#theme-text')], [light, 'Colors: light'],
       'colors: light');
    await evaluate(press3);
    ok(await ground() !== light, 'colors: dark');
    await browser.send('Page.reload');
    await until(`document.getElementById('theme-text')?.textContent
                     === 'Colors: dark'`, 'colors: kept');
    ok(await ground() !== light, 'colors: ... and shown');
    await evaluate(press3);
    is(await ground(), light, 'colors: as the system says');
    is(await evaluate(`getComputedStyle(document.getElementById('pause'))
                           .transitionDuration`), '0s',
       'motion: none where it is not wanted');
}


// a phone

const overflow = `document.documentElement.scrollWidth
    - document.documentElement.clientWidth`;

await size(360, 740, true);
await browser.open('about:blank');
await browser.open(page);
await until(`document.querySelectorAll('#routes tbody tr').length === 6`,
            'phone: the page is there');
await evaluate(`document.querySelector('#routes .open').click();
                document.querySelector('.chart .plain').click()`);
is(await evaluate(overflow), 0, 'phone: nothing is too wide');
is(await evaluate(`[...document.querySelectorAll('button, select, input')]
        .filter((node) => node.checkVisibility()
                && node.getBoundingClientRect().height < 20)
        .map((node) => node.textContent)`), [], 'phone: targets');
await size(1280, 900);


// the policy does what it says

is(await evaluate('window.violations'), [], 'policy: the page keeps to it');
is(complaints, [], 'no complaints of the browser');
silent = false;

is(await evaluate(`(() => {
    const script = document.createElement('script');
    try {
        script.textContent = 'window.ran = 1';
        document.body.append(script);
    } catch { /* trusted types */ }
    try {
        document.body.insertAdjacentHTML('beforeend', '<b id="made">x</b>');
    } catch { /* trusted types */ }
    return [window.ran ?? 0, document.getElementById('made')];
})()`), [0, null], 'policy: no other script, no markup');
is(await evaluate(`fetch('http://127.0.0.1:9/').then(() => 1, () => 0)`), 0,
   'policy: no other host');
ok((await evaluate('window.violations')).includes('connect-src'),
   'policy: ... as it says');


// a gateway that is made up

const answer = await fetch(page);
const headers = Object.fromEntries(
    ['content-type', 'content-security-policy'].map((name) =>
        [name, answer.headers.get(name)]));
const mock = new Mock(await answer.text(), headers);
const mockPage = `http://127.0.0.1:${await mock.listen()}/d`;

async function openMock(fragment = '') {
    await browser.open('about:blank');
    await browser.open(mockPage + fragment);
    await until(`document.querySelectorAll('#stages tbody tr').length > 0`,
                `mock${fragment}: the page is there`);
}

// asks at once

const refresh = `document.getElementById('pause').click();
                 document.getElementById('pause').click()`;


// many routes

silent = true;
complaints.length = 0;
mock.routes = 10000;
await openMock();
await until(`document.getElementById('routes-sub').textContent
                 .startsWith('10\u00a0k routes')`, 'many: they are known');
{
    const inDocument = `document.querySelectorAll('tbody tr').length`;
    const routes = mock.json().routes;

    ok(await evaluate(inDocument) < 130, 'many: few are in the document');
    await evaluate(`document.getElementById('filter').focus()`);
    await type('PETS 999');
    is((await rows('routes')).map((row) => row[0]),
       routes.filter(({ route }) => /pets/.test(route) && /999/.test(route))
           .map(({ route, s }) => route.replace(' ', '')
               + `${mock.stages[s].api} / ${mock.stages[s].stage}`),
       'many: a filter');
    await evaluate(`const field = document.getElementById('filter');
                    field.value = '';
                    field.dispatchEvent(new Event('input'));
                    document.querySelector('#routes th:nth-child(10) button')
                        .click()`);
    const most = Math.max(...routes.map(({ latency }) => latency[2]));
    is((await rows('routes'))[0][9], `${most}\u00a0ms`, 'many: sorted');
    await evaluate(`[...document.querySelectorAll('#routes .pages button')]
                        .at(-1).click()`);
    ok((await text('#routes .pages p')).startsWith('26 to 50 of 10,000'),
       'many: the next page');
    ok(await evaluate(inDocument) < 130, 'many: still few');
}


// hostile names

mock.routes = 40;
{
    const bad = ['<script>alert(1)</script>', '"><img src=x onerror=alert(2)>',
                 'a\nb\u0000c', '\u202egnp.exe', '\u0639\u0631\u0628\u064a',
                 "';alert(3)//", '\ud83d\ude00', '&lt;b&gt;', '__proto__'];
    let n = 0;

    mock.rename = (name) => `${name} ${bad[n++ % bad.length]}`;
    const count = await evaluate('document.scripts.length');
    const { stages } = mock.json();

    n = 0;
    await openMock();
    await evaluate(`document.querySelectorAll('#routes .open')
                        .forEach((button) => button.click())`);
    is((await rows('stages')).length, stages.length, 'hostile: all stages');
    is(await evaluate(`[document.scripts.length,
        document.querySelectorAll('img, iframe, object, embed, b').length,
        window.violations.length]`), [count, 0, 0],
       'hostile: nothing comes to life');

    const shown = (await texts('tbody')).join();

    for (const words of [bad[0], bad[1], bad[4], bad[5], bad[6], bad[7],
                         'a\\u{a}b\\u{0}c', '\\u{202e}gnp.exe', '__proto__'])
    {
        ok(shown.includes(words), `hostile: text, ${words}`);
    }
    await accessible('hostile');
    is(await evaluate(overflow), 0, 'hostile: not too wide');
}
mock.rename = (name) => name;


// gaps

mock.gaps = [[100, 140], [200, 201]];
await openMock();
is(await evaluate(`document.querySelector('.plot path.series.requests')
                       .getAttribute('d').match(/M/g).length >= 3`), true,
   'gaps: the line is broken');
is(complaints, [], 'mock: no complaints of the browser');


// gone, and back

silent = false;
mock.dead = true;
{
    const before = await rows('stages');

    await evaluate(refresh);
    await until(`document.querySelector('.notice.bad p')?.textContent
                     .startsWith('The gateway has not answered since')`,
                'gone: a notice');
    ok((await text('#said')).startsWith('The gateway does not answer.'),
       'gone: told');
    is(await text('#live-text').then((words) => words.split(',')[0]),
       'No answer', 'gone: the state');
    is((await rows('stages')).map((row) => row[0]),
       before.map((row) => row[0]), 'gone: the figures stay');
    await accessible('gone');

    mock.dead = false;
    await until(`!document.querySelector('.notice.bad')`,
                'gone: it asks again');
    is(await text('#said'), 'The gateway answers again.', 'gone: told');
}

mock.status = 503;
await evaluate(refresh);
await until(`document.querySelector('.notice.bad p')?.textContent
                 .includes('The gateway answered 503.')`, 'refused: why');
mock.status = 200;
await evaluate(`document.querySelector('.notice.bad button').click()`);
await until(`!document.querySelector('.notice.bad')`, 'refused: try now');


// Redis

mock.breaker = 4;
await evaluate(refresh);
await until(`document.querySelector('.notice.bad p')?.textContent
                 .startsWith('Redis is not reached')`, 'redis: a notice');
await accessible('redis');
await evaluate(`document.querySelector('.notice.bad button').click()`);
ok(await evaluate(`document.getElementById('state').getBoundingClientRect()
                       .top < innerHeight`), 'redis: shows the state');
mock.breaker = 1;
await evaluate(refresh);
await until(`!document.querySelector('.notice.bad')`, 'redis: one waits');
mock.breaker = 0;


// started again, with steps that begin anew

mock.started += 86400;
mock.shift -= 1000;
mock.asked.length = 0;
await evaluate(refresh);
await until(`document.querySelector('.notice p')?.textContent
                 .startsWith('The counters began anew')`, 'restart: a notice');
await until(`document.querySelector('#stages td:nth-child(3)').textContent
                 !== '–'`, 'restart: figures');
is(mock.asked.slice(0, 2).map((url) => url.includes('since=')), [true, false],
   'restart: all is asked for again');
await evaluate(`document.querySelector('.notice button').click()`);
is(await texts('.notice'), [], 'restart: dismissed');


// a stage that is not there any more, one that never was

await evaluate(`document.querySelector('#stages a').click()`);
{
    const key = JSON.parse(await evaluate(
        'document.getElementById("stage").value'));

    mock.stages = mock.stages.filter((one) => one.stage !== key[1]);
    await evaluate(refresh);
    await until(`document.querySelector('.notice.warn p')?.textContent
                     .includes('is not configured any more')`,
                'vanished: a notice');
    ok(await evaluate(`!document.getElementById('charts').hidden`),
       'vanished: its last figures');
    await accessible('vanished');
    await evaluate(`document.querySelector('.notice.warn button').click()`);
    await until(`location.hash === ''`, 'vanished: all stages');
}

await openMock('#api=shop&stage=%3Cb%3E');
is(await text('#blank h3'), 'There is no such stage', 'unknown: it says so');


// paused

await evaluate(`document.getElementById('pause').click()`);
is([(await text('#live-text')).split(',')[0], await text('#pause')],
   ['Paused', 'Resume'], 'paused');


const strangers = requested.filter((url) =>
    !/^(?:about:|data:|blob:)/.test(url) && !url.startsWith(gateway)
    && !url.startsWith(new URL(mockPage).origin)
    && !url.startsWith('http://127.0.0.1:9/'));

is(strangers, [], 'nothing else was asked for');

await browser.close();
done();
