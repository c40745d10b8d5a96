// node browser.mjs GATEWAY BACKEND PAGES KEY PROFILE

import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chromium } from './chromium.mjs';
import { is, ok, done } from './tap.mjs';

const [gateway, backend, pages, key, profile] = process.argv.slice(2);
const api = `http://api.example.com:${gateway}`;
let seen = [];

// The backend has views of its own on CORS, which nobody should get.

const server = http.createServer(async (incoming, response) => {
    let body = '';
    for await (const part of incoming) {
        body += part;
    }
    const { method, url, headers } = incoming;
    seen.push({ method, url, headers, body });

    response.setHeader('Access-Control-Allow-Origin', 'http://backend.example');
    response.setHeader('Access-Control-Allow-Credentials', 'backend');
    response.setHeader('Access-Control-Expose-Headers', 'X-Secret');
    response.setHeader('X-Total', '42');
    response.setHeader('X-Secret', 'backend');
    response.setHeader('Content-Type', 'application/json');
    if (method === 'POST') {
        response.setHeader('Set-Cookie', 'session=of-alice; Path=/; HttpOnly');
    }
    response.end(JSON.stringify({ method, url, body }));
});

server.listen(Number(backend), '127.0.0.1');
await once(server, 'listening');

const browser = await Chromium.start(profile, ['*.example.com', '*.example.net',
                                               'example.net', 'evil.example']);

console.log(`${await browser.version()}`);

// Why a fetch was refused the browser tells its developers, not the page.

const refusals = [];

browser.on('Network.loadingFailed', ({ corsErrorStatus, errorText }) => {
    refusals.push(corsErrorStatus?.corsError ?? errorText);
});


// what a page reads of an answer; without one, why

const ask = `async (url, options) => {
    try {
        const response = await fetch(url, options);
        const { status, type } = response;
        const headers = Object.fromEntries(response.headers);
        return { status, type, headers, body: await response.text() };
    } catch (error) {
        return { refused: error.name };
    }
}`;

async function call(path, options = {}) {
    seen = [];
    refusals.length = 0;

    const answer = await browser.evaluate(
        `(${ask})(${JSON.stringify(api + path)}, ${JSON.stringify(options)})`);

    if (!answer.refused) {
        return answer;
    }

    for (let i = 0; i < 100 && refusals.length === 0; i++) {
        await sleep(20);
    }

    return { refused: refusals.join() || answer.refused };
}

const json = (method, more = {}) => ({
    method,
    body: '{"name":"Rex"}',
    ...more,
    headers: { 'Content-Type': 'application/json', ...more.headers },
});


// the origin that is meant

await browser.open(`http://app.example.com:${pages}/`);
is(await browser.evaluate('origin'), `http://app.example.com:${pages}`,
   'the page is of another origin');

{
    const { status, type, headers, body } = await call('/live/pets?a=1');
    is([status, type], [200, 'cors'], 'simple: status');
    is(JSON.parse(body).url, '/pets?a=1', 'simple: body');
    is(headers['x-total'], '42', 'expose: a header that is meant');
    is(headers['x-secret'], undefined, 'expose: one that is not');
    is(seen.map(({ method }) => method), ['GET'], 'simple: no preflight');
}

{
    const { status, body } = await call('/live/pets/1', json('PUT', {
        headers: { 'X-Client': 'page' },
    }));
    is([status, JSON.parse(body).body], [200, '{"name":"Rex"}'],
       'preflighted: status and body');
    is(seen.map(({ method, headers }) => [method, headers['x-client'],
                                          headers['content-type']]),
       [['PUT', 'page', 'application/json']],
       'preflighted: the backend sees the request only');
}

for (const i of [1, 2]) {
    is((await call('/live/pets/kept', json('PUT'))).status, 200,
       `max_age=600: request ${i}`);
    is((await call('/live/forgotten', { method: 'PUT' })).status, 200,
       `max_age=-1: request ${i}`);
}

is(await call('/live/pets/deleted', { method: 'DELETE' }),
   { refused: 'MethodDisallowedByPreflightResponse' }, 'a refused method');
is(await call('/live/pets/headed', { headers: { 'X-Other': '1' } }),
   { refused: 'HeaderDisallowedByPreflightResponse' }, 'a refused header');
is(seen, [], 'the backend saw neither');


// errors that the gateway makes

for (const [name, path, options, status, type, body] of [
    ['no key', '/live/closed', {}, 403, 'ForbiddenException',
     '{"message":"Forbidden"}'],
    ['a wrong key', '/live/closed', { headers: { 'X-Api-Key': `${key}0` } },
     403, 'ForbiddenException', '{"message":"Forbidden"}'],
    ['no route', '/live/none', {}, 403, 'MissingAuthenticationTokenException',
     '{"message":"Missing Authentication Token"}'],
    ['no route, preflighted', '/live/none', json('PUT'), 403,
     'MissingAuthenticationTokenException',
     '{"message":"Missing Authentication Token"}'],
    ['too large a body', '/live/small', json('PUT'), 413,
     'RequestTooLargeException', '{"message":"HTTP content length exceeded 3 bytes"}'],
    ['no backend', '/live/dead', {}, 504, 'InternalServerErrorException',
     '{"message":"Network error communicating with endpoint"}'],
    ['no route, HTTP API', '/http/none', {}, 404, undefined,
     '{"message":"Not Found"}'],
]) {
    const answer = await call(path, options);
    is([answer.status, answer.headers?.['x-amzn-errortype'], answer.body],
       [status, type, body], `an error that a page reads: ${name}`);
}

{
    const { status } = await call('/live/closed',
                                  { headers: { 'X-Api-Key': key } });
    is(status, 200, 'a key of the page: status');
    is(seen[0].headers['x-apigw-api-key-id'], 'alice', '... id');
    is(seen[0].headers['x-api-key'], undefined, '... not for the backend');
}

{
    is((await call('/live/slow')).status, 200, 'throttle: the first');
    const { status, headers, body } = await call('/live/slow');
    is([status, body], [429, '{"message":"Too Many Requests"}'],
       'throttle: the second');
    ok(Number(headers['retry-after']) > 0, 'throttle: Retry-After');
}


// mocks

{
    const { status, headers, body } = await call('/live/mock/7', json('PUT'));
    is([status, headers['content-type'], body],
       [200, 'application/json', '{"id":"7"}'], 'mock: preflighted');
    const none = await call('/live/mock');
    is([none.status, none.body], [404, 'no such pet\n'], 'mock: simple');
}


// credentials

{
    const credentials = 'include';
    const cookies = () => seen.map(({ headers }) => headers.cookie);

    is((await call('/live/me', { method: 'POST', credentials })).status, 200,
       'credentials: an answer with a cookie');
    is(cookies(), [undefined], 'credentials: there was none before');

    is((await call('/live/me', { credentials })).status, 200,
       'credentials: simple');
    is(cookies(), ['session=of-alice'], 'credentials: simple, the cookie');

    const put = json('PUT', { credentials, headers: { 'X-Any': '1' } });
    is((await call('/live/me', put)).status, 200, 'credentials: preflighted');
    is(cookies(), ['session=of-alice'], 'credentials: preflighted, the cookie');

    is((await call('/live/me')).status, 200, 'credentials: left out');
    is(cookies(), [undefined], 'credentials: left out, no cookie');

    is(await call('/live/pets', { credentials }),
       { refused: 'InvalidAllowCredentials' },
       'credentials: not without credentials=on');
    is(await call('/live/open', { credentials }),
       { refused: 'WildcardOriginNotAllowed' },
       'credentials: not with origins=*');
}


// no apigw_cors at all

is(await call('/live/off'), { refused: 'MissingAllowOriginHeader' },
   'off: simple');


// another origin

await browser.open(`http://evil.example:${pages}/`);

is(await call('/live/pets'), { refused: 'MissingAllowOriginHeader' },
   'another origin: simple');
is(seen.length, 1, 'another origin: a simple request is carried out');
is(await call('/live/pets/foreign', json('PUT')),
   { refused: 'PreflightMissingAllowOriginHeader' },
   'another origin: preflighted');
is(seen, [], 'another origin: the backend saw nothing of it');
is(await call('/live/none'), { refused: 'MissingAllowOriginHeader' },
   'another origin: errors are not for it');
is((await call('/live/open')).headers['x-secret'], 'backend',
   'origins=* and expose=*: any origin, any header');


// a page that is kept apart

await browser.open(`http://app.example.com:${pages}/sandboxed`);
is(await browser.evaluate('origin'), 'null', 'the page has no origin');
is((await call('/live/open')).status, 200, 'no origin: origins=*');
is(await call('/live/pets'), { refused: 'MissingAllowOriginHeader' },
   'no origin: other origins');


// a wildcard

for (const [host, allowed] of [['a.b.example.net', true],
                               ['example.net', false]]) {
    await browser.open(`http://${host}:${pages}/`);
    const answer = await call('/live/below');
    is(answer.status ?? answer.refused,
       allowed ? 200 : 'MissingAllowOriginHeader', `wildcard: ${host}`);
}

await browser.close();
done();
