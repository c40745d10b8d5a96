// node lambda.mjs REST HTTP OFFLINE LAMBDA HOME
//
// The same request goes through our gateway and through serverless-offline's
// own; both call the same function, which tells what it was told.  Each
// difference has to have an explanation, and each explanation a difference.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { is, ok, done } from './tap.mjs';

const [rest, httpApi, offline, lambda, home] = process.argv.slice(2);
const here = fileURLToPath(new URL('.', import.meta.url));


// the other gateway

const server = spawn(`${here}node_modules/.bin/serverless`,
                     ['offline', 'start'], {
    cwd: `${here}serverless`,
    env: {
        PATH: process.env.PATH,
        HOME: home,
        OFFLINE_HTTP: offline,
        OFFLINE_LAMBDA: lambda,
        SLS_TELEMETRY_DISABLED: '1',
        SLS_NOTIFICATIONS_MODE: 'off',
        AWS_ACCESS_KEY_ID: 'none',
        AWS_SECRET_ACCESS_KEY: 'none',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
});

process.on('exit', () => server.kill('SIGKILL'));

await new Promise((resolve, reject) => {
    let text = '';
    for (const stream of [server.stdout, server.stderr]) {
        stream.on('data', (data) => {
            text += data;
            if (text.includes('Server ready')) {
                resolve();
            }
        });
    }
    server.on('exit', () => reject(new Error(text)));
});


// headers: pairs, sent as they are

async function call(port, method, path, headers = [], body) {
    const request = http.request({
        host: '127.0.0.1', port, method, path, agent: false,
        headers: [['Host', `127.0.0.1:${port}`], ...headers,
                  ...body === undefined ? []
                      : [['Content-Length', String(Buffer.byteLength(body))]],
                  ['Connection', 'close']].flat(),
    });
    request.end(body);

    const [response] = await once(request, 'response');
    const parts = [];
    for await (const part of response) {
        parts.push(part);
    }
    const { statusCode: status, headers: fields } = response;
    return { status, fields, body: Buffer.concat(parts).toString() };
}


// a value by the paths to its leaves, as JSON

function leaves(value, path = '', all = new Map()) {
    if (value && typeof value === 'object' && !Array.isArray(value)) {
        for (const [name, member] of Object.entries(value)) {
            leaves(member, path ? `${path}.${name}` : name, all);
        }
    } else {
        all.set(path, JSON.stringify(value));
    }
    return all;
}

const fits = (value, wanted) => wanted instanceof RegExp
    ? value !== undefined && wanted.test(value) : value === wanted;

// what differs without an explanation; used: explanations that held

function differences(theirs, ours, explanations, used) {
    const [a, b] = [leaves(theirs), leaves(ours)];
    const rest = [];

    for (const path of new Set([...a.keys(), ...b.keys()])) {
        const [left, right] = [a.get(path), b.get(path)];
        if (left === right) {
            continue;
        }
        const why = explanations.find(([where, their, our]) =>
            where.test(path) && fits(left, their) && fits(right, our));
        if (why) {
            used.add(why);
        } else {
            rest.push(`${path}: ${left} there, ${right} here`);
        }
    }

    return rest;
}


// where, there, here, why

const uuid = /^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/;
const dummy = /^"offlineContext_\w+"$/;
const clock = /^(\d{13}|"\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000")$/;
const host = /^\[?"127\.0\.0\.1:\d+"\]?$/;
const any = /./;
const none = undefined;

const ofBoth = [
    [/^requestContext\.accountId$/, dummy, '"000000000000"', 'apigw_aws'],
    [/^requestContext\.apiId$/, dummy, /^"(rest|http)-lab"$/, 'apigw_api'],
    [/^requestContext\.domainName$/, dummy, '"127.0.0.1"', 'the Host header'],
    [/^requestContext\.domainPrefix$/, dummy, '"127"', 'the Host header'],
    [/^requestContext\.(request)?[tT]ime(Epoch)?$/, clock, clock,
     'each its own'],
    [/eaders\.[Hh]ost$/, host, host, 'each its own'],
    [/eaders\.[Cc]onnection$/, any, none, 'AWS: not for functions'],
    [/eaders\.[Xx]-[Aa]mzn-[Tt]race-[Ii]d$/, none, any, 'AWS has it'],
    [/eaders\.[Xx]-[Ff]orwarded-\w+$/, none, any, 'AWS has it'],
];

const ofRest = [
    ...ofBoth,
    [/^requestContext\.(requestId|extendedRequestId)$/, uuid, any,
     'each its own'],
    [/^requestContext\.resourceId$/, dummy, any, 'each its own'],
    [/^requestContext\.deploymentId$/, none, any, 'AWS has it'],
    [/^requestContext\.resourcePath$/, /^"\/live\//, /^"\/(?!live\/)/,
     'AWS: without the stage'],
    [/^requestContext\.path$/, /^"\/(?!live\/)/, /^"\/live\//,
     'AWS: with the stage'],
    [/^requestContext\.identity\.apiKey(Id)?$/, dummy, none,
     'AWS: where a key is required'],
    [/^requestContext\.identity\.\w+$/, dummy, 'null', 'nobody is known'],
    [/^requestContext\.identity\.userAgent$/, '""', 'null', 'AWS: null'],
    [/eaders\.(user-agent|authorization)$/, any, none, 'AWS: capitals'],
    [/eaders\.(User-Agent|Authorization)$/, none, any, 'AWS: capitals'],
    [/eaders\.Content-Length$/, any, none, 'AWS: its own'],
    [/^pathParameters\.\w+$/, any, /%/, 'AWS: as it was sent'],
];

const ofHttp = [
    ...ofBoth,
    [/^requestContext\.requestId$/, dummy, any, 'each its own'],
    [/^(rawPath|requestContext\.http\.path)$/, /%/, /^"[^%]*"$/,
     'AWS: decoded'],
    [/^requestContext\.http\.userAgent$/, '""', 'null', 'there is none'],
    [/^(stageVariables|pathParameters|queryStringParameters|body)$/, 'null',
     none, 'AWS: left out'],
    [/^cookies$/, '[]', none, 'AWS: left out'],
    [/^headers\.cookie$/, any, none, 'AWS: moved to cookies'],
    [/^headers\.x-two$/, '"2"', '"1,2"', 'AWS: all of them'],
    [/^rawQueryString$/, '"a=&b=&c=x+y+z&d=%C3%B1&e=%2B"',
     '"a=&b&c=x%20y+z&d=%C3%B1&e=%2B"', 'AWS: as it was sent'],
    [/^body$/, '"a=1&b=x+y"', '"YT0xJmI9eCt5"', 'AWS: forms as base64'],
    [/^isBase64Encoded$/, 'false', 'true', 'AWS: forms as base64'],
];


// events

const file = '\u00f1 \u20ac \ud83d\ude00\n';
const binary = Buffer.from([0, 0xff, 0xfe, 0x80, 0x0a, 0x22]);
const form = ['Content-Type', 'application/x-www-form-urlencoded'];

const requests = [
    ['GET', '/pets/7'],
    ['GET', '/pets'],
    ['GET', '/pets?a=1&b=2&a=3'],
    ['GET', '/pets?a=&b&c=x%20y+z&d=%C3%B1&e=%2B'],
    ['GET', '/pets/bob%20x'],
    ['GET', '/pets/%C3%B1'],
    ['GET', '/pets/a+b'],
    ['GET', '/files/a/b/c.txt'],
    ['GET', '/files/a%20b/c'],
    ['HEAD', '/pets/7'],
    ['DELETE', '/pets/7'],
    ['PATCH', '/pets/7', [['Content-Type', 'application/json']], '{"a":1}'],
    ['POST', '/pets', [['Content-Type', 'application/json']],
     JSON.stringify({ name: file })],
    ['POST', '/pets', [['Content-Type', 'text/plain; charset=utf-8']], file],
    ['POST', '/pets', [form], 'a=1&b=x+y'],
    ['PUT', '/pets/7', [['Content-Type', 'application/octet-stream']], binary],
    ['PUT', '/pets/7', [['content-type', 'text/plain']], ''],
    ['GET', '/pets', [['X-Two', '1'], ['x-two', '2'], ['X-Case-Of', 'Me']]],
    ['GET', '/pets', [['Cookie', 'a=1; b=2']]],
    ['GET', '/pets', [['Accept', 'text/html, */*;q=0.1'],
                      ['accept-language', 'de'], ['Referer', 'http://x/'],
                      ['user-agent', 'curl/8'], ['authorization', 'Basic eDp5']]],
    ['GET', '/pets', [['X-Empty', ''], ['X-Spaces', 'a  b'],
                      ['X-Quotes', '"a\\b"']]],
];

for (const [kind, ours, prefix, explanations] of [
    ['REST', rest, '/live', ofRest], ['HTTP', httpApi, '', ofHttp],
]) {
    const used = new Set();

    for (const [method, path, headers, body] of requests) {
        const name = `${kind}: ${method} ${path} ${headers ?? ''}`;
        const [there, here] = await Promise.all([offline, ours].map(
            (to) => call(to, method, prefix + path, headers, body)));

        is([there.status, here.status], [200, 200], `${name}: status`);

        if (method !== 'HEAD') {
            is(differences(JSON.parse(there.body), JSON.parse(here.body),
                           explanations, used), [], `${name}: event`);
        }
    }

    is(explanations.filter((why) => !used.has(why)).map(String), [],
       `${kind}: no explanation is left`);
}


// answers: what a function returns, and what both make of it

const text = { 'Content-Type': 'text/plain' };

const answers = [
    { statusCode: 201, headers: { ...text, 'X-A': 'b' }, body: 'hi' },
    { statusCode: 200, body: '{"a":1}' },
    { statusCode: '202', body: file },
    { statusCode: 404, headers: text, body: 'no such pet' },
    { statusCode: 503, headers: { 'retry-after': '7' }, body: '' },
    { statusCode: 200, headers: { 'x-b': true }, body: null },
    { statusCode: 302, headers: { Location: 'http://example.com/' } },
    { statusCode: 204 },
];

const ofRestAnswers = [
    ...answers,
    { body: 'hi' },
    { statusCode: 200, multiValueHeaders: { 'X-A': ['1', '2'] }, body: 'hi' },
    { statusCode: 200, headers: { 'Set-Cookie': 'a=1' }, body: 'hi',
      multiValueHeaders: { 'Set-Cookie': ['b=2', 'c=3'] } },
];

const ofHttpAnswers = [
    ...answers,
    { statusCode: 200, cookies: ['a=1', 'b=2'], body: 'hi' },
    { statusCode: 200, isBase64Encoded: true, headers: text,
      body: Buffer.from(file).toString('base64') },
    'hello', { a: 1, b: [null, true] }, [1, 'two'], 5, true, { body: 'hi' },
];

const fields = ['content-type', 'x-a', 'x-b', 'location', 'retry-after',
                'set-cookie'];

// what both say in their own way: charsets, and the type of nothing

function shown({ status, fields: got, body }) {
    const of = fields.map((name) => String(got[name] ?? '').split(/[;,] ?/)
        .filter((part) => !part.startsWith('charset=')).sort().join(' '));
    return [status, body, ...of.slice(status === 204 ? 1 : 0)];
}

for (const [kind, ours, prefix, all] of [
    ['REST', rest, '/live', ofRestAnswers], ['HTTP', httpApi, '', ofHttpAnswers],
]) {
    for (const answer of all) {
        const body = JSON.stringify(answer);
        const [there, here] = await Promise.all([offline, ours].map(
            (to) => call(to, 'POST', `${prefix}/answer`,
                         [['Content-Type', 'text/plain']], body)));
        is(shown(here), shown(there), `${kind}: answer ${body}`);
    }
}


// failures, as AWS has them

for (const [path, ...expected] of [
    ['/fail', 502, 'Internal server error', 500, 'Internal Server Error'],
    ['/none', 500, 'Internal server error', 500, 'Internal Server Error'],
    ['/slow', 502, 'Internal server error', 500, 'Internal Server Error'],
    ['/soon', 504, 'Endpoint request timed out', 503, 'Service Unavailable'],
]) {
    const both = [await call(rest, 'GET', `/live${path}`),
                  await call(httpApi, 'GET', path)];
    is(both.flatMap(({ status, body }) => [status, JSON.parse(body).message]),
       expected, `failures: ${path}`);
    ok(!JSON.stringify(both).includes('nobody'), `${path}: no reason is told`);
}


// many at once, on few connections

{
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) =>
        call(rest, 'GET', `/live/pets/${i}`)));
    is(all.map(({ body }) => JSON.parse(body).pathParameters.id),
       all.map((_, i) => String(i)), '100 at once');
}

done();
