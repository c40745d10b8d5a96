// node clients.mjs HTTP HTTP2 BACKEND KEY

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, Client, Pool, RetryAgent, request } from 'undici';
import { is, ok, done } from './tap.mjs';

const [port, h2port, backend, key] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;
const withKey = { 'x-api-key': key };
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

// The backend tells what it was sent.

let requests = 0;

const server = http.createServer(async (incoming, response) => {
    requests++;
    const parts = [];
    for await (const part of incoming) {
        parts.push(part);
    }
    const { url, headers, trailers } = incoming;
    response.end(JSON.stringify({ url, headers, trailers,
                                  sha256: sha256(Buffer.concat(parts)) }));
});

server.listen(Number(backend), '127.0.0.1');
await once(server, 'listening');

const content = randomBytes(300_000);

function* pieces() {
    for (let i = 0; i < content.length; i += 10_000) {
        yield content.subarray(i, i + 10_000);
    }
}

// how many different values

const distinct = (values) => new Set(values).size;


// undici: one connection, answers and refusals on it

{
    const client = new Client(origin, { pipelining: 1 });
    const got = [];

    for (const [method, path, headers, body] of [
        ['GET', '/live/open/1', {}],
        ['GET', '/live/closed', {}],
        ['POST', '/live/closed', {}, 'a body that nobody reads'],
        ['POST', '/live/closed', {}, ['in ', 'chunks'].map(Buffer.from).values()],
        ['POST', '/live/closed', withKey, 'a body'],
        ['GET', '/live/nothing', {}],
        ['GET', '/live/open/2', {}],
    ]) {
        const response = await client.request({ method, path, headers, body });
        await response.body.text();
        got.push([response.statusCode, response.headers['x-connection']]);
    }

    is(got.map(([status]) => status), [200, 403, 403, 403, 200, 403, 200],
       'undici, keep-alive: statuses');
    is(distinct(got.map(([, connection]) => connection)), 1,
       'undici, keep-alive: one connection');
    await client.close();
}


// undici: pipelining

{
    const pool = new Pool(origin, { connections: 1, pipelining: 10 });
    let most = 0;

    const got = await Promise.all(Array.from({ length: 30 }, async (_, i) => {
        const path = i % 3 === 2 ? '/live/closed' : `/live/open/${i}`;
        const response = await pool.request({ method: 'GET', path });
        most = Math.max(most, pool.stats.running);
        const body = await response.body.json();
        return {
            right: i % 3 === 2 ? body.message === 'Forbidden'
                               : body.url === `/open/${i}`,
            connection: response.headers['x-connection'],
        };
    }));

    ok(got.every(({ right }) => right), 'undici, pipelining: 30 in order');
    is(distinct(got.map(({ connection }) => connection)), 1,
       'undici, pipelining: one connection');
    ok(most > 1, `undici, pipelining: up to ${most} at once`);
    await pool.close();
}


// undici: would retry after 10 ms if it were not told to wait

{
    const dispatcher = new RetryAgent(new Agent(),
        { statusCodes: [429], minTimeout: 10, maxTimeout: 5000, maxRetries: 3 });
    const get = () => request(`${origin}/live/slow/undici`, { dispatcher });

    await (await get()).body.dump();
    const start = Date.now();
    const response = await get();
    const { url } = await response.body.json();
    const time = Date.now() - start;

    is([response.statusCode, url], [200, '/slow/undici'],
       'undici, retry: succeeds');
    ok(time > 800 && time < 4000, `undici, retry: after ${time} ms`);
}


// undici: chunked upload

for (const path of ['/live/closed', '/live/streamed']) {
    const response = await request(origin + path,
        { method: 'POST', headers: withKey, body: pieces() });
    const body = await response.body.json();

    is(body.sha256, sha256(content), `undici, ${path}: chunked upload`);
    is(body.headers['x-apigw-api-key-id'], 'alice', `undici, ${path}: id`);
    is(body.headers['x-api-key'], undefined, `undici, ${path}: no key`);
}


// node:http: trailers

async function withTrailers(path, headers, trailers) {
    const outgoing = http.request(origin + path, {
        method: 'POST',
        headers: { ...headers, Trailer: Object.keys(trailers).join(', '),
                   'Transfer-Encoding': 'chunked' },
    });
    outgoing.write('a body');
    outgoing.addTrailers(trailers);
    outgoing.end();

    const [incoming] = await once(outgoing, 'response');
    let text = '';
    for await (const part of incoming) {
        text += part;
    }
    return { status: incoming.statusCode, body: JSON.parse(text) };
}

for (const path of ['/live/closed', '/live/streamed']) {
    const refused = await withTrailers(path, {}, { 'X-Api-Key': key });
    is([refused.status, refused.body], [403, { message: 'Forbidden' }],
       `http, ${path}: a key in a trailer`);

    const { status, body } = await withTrailers(path, withKey,
        { 'X-Apigw-Api-Key-Id': 'mallory', 'X-Api-Key': 'other' });
    is(status, 200, `http, ${path}: a key in a header, another in a trailer`);
    is(body.headers['x-apigw-api-key-id'], 'alice',
       `http, ${path}: the header's is the one`);
    is(body.trailers, {}, `http, ${path}: no trailer is passed on`);
}


// node:http2

const connect = () => http2.connect(`http://127.0.0.1:${h2port}`);
const session = connect();

async function h2(path, { method = 'GET', headers, parts, trailers } = {},
                  on = session) {
    const stream = on.request(
        { ':method': method, ':path': path, ...headers },
        { endStream: !parts, waitForTrailers: !!trailers });

    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.on('error', () => {});       // those that matter are thrown below
    const answer = once(stream, 'response');

    if (parts) {
        for (const part of parts) {
            stream.write(part);
        }
        stream.end();
    }

    const [fields] = await answer;
    stream.setEncoding('utf8');
    let text = '';
    for await (const part of stream) {
        text += part;
    }
    return { status: fields[':status'], fields, body: JSON.parse(text) };
}

{
    const got = await Promise.all(Array.from({ length: 30 }, (_, i) =>
        h2(i % 3 === 2 ? '/live/closed' : `/live/open/${i}`)));

    ok(got.every(({ status, body }, i) => i % 3 === 2
           ? status === 403 && body.message === 'Forbidden'
           : status === 200 && body.url === `/open/${i}`),
       'http2: 30 streams');

    is(distinct(got.map(({ fields }) => fields['x-connection'])), 1,
       'http2: one connection');
}

for (const path of ['/live/closed', '/live/streamed']) {
    const { status, body } = await h2(path,
        { method: 'POST', headers: withKey, parts: pieces() });
    is([status, body.sha256], [200, sha256(content)], `http2, ${path}: upload`);
    is(body.headers['x-apigw-api-key-id'], 'alice', `http2, ${path}: id`);
    is(body.headers['x-api-key'], undefined, `http2, ${path}: no key`);
}

// nginx takes trailers for an error of the protocol and ends the connection,
// if they come before its answer is on the way

for (const path of ['/live/closed', '/live/streamed']) {
    const own = connect();
    own.on('error', () => {});

    const before = requests;
    const result = await h2(path,
        { method: 'POST', parts: ['x'], trailers: withKey }, own).then(
            ({ status }) => status,
            ({ code }) => code);

    ok([403, 'ERR_HTTP2_SESSION_ERROR', 'ERR_HTTP2_STREAM_ERROR']
           .includes(result), `http2, ${path}: a key in a trailer, ${result}`);
    is(requests, before, `http2, ${path}: the backend saw nothing of it`);
    own.destroy();
}

{
    await h2('/live/slow/http2');
    const { status, fields } = await h2('/live/slow/http2');
    const wait = Number(fields['retry-after']);
    is([status, wait], [429, 1], 'http2, retry: is told to wait');

    await sleep(wait * 1000);
    is((await h2('/live/slow/http2')).status, 200, 'http2, retry: succeeds');
}

done();
