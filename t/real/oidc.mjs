// node oidc.mjs GATEWAY PROVIDER

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { SignJWT, decodeJwt, decodeProtectedHeader, generateKeyPair }
    from 'jose';
import { done, is, ok } from './tap.mjs';

const [gatewayPort, providerPort] = process.argv.slice(2);
const gateway = `http://127.0.0.1:${gatewayPort}`;
const issuer = `http://127.0.0.1:${providerPort}`;
const dispatcher = new Agent({ connections: 32, pipelining: 1 });

let provider;

async function startProvider() {
    const path = new URL('oidc_provider.mjs', import.meta.url).pathname;
    provider = fork(path, [providerPort],
                    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const [message] = await once(provider, 'message');
    return message.ready;
}

process.on('exit', () => provider?.kill('SIGKILL'));

async function order(name, ...args) {
    provider.send({ order: name, args });
    const [{ result }] = await once(provider, 'message');
    return result;
}

async function fetches(path) {
    return (await order('count'))[path] ?? 0;
}


// a client of the provider

async function post(path, parameters, client = 'robot') {
    const secret = `${client}:${client}-secret-0123456789`;
    const { statusCode, body } = await request(`${issuer}${path}`, {
        method: 'POST',
        dispatcher,
        headers: {
            'Authorization': `Basic ${Buffer.from(secret).toString('base64')}`,
            'Content-Type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams(parameters).toString(),
    });
    const text = await body.text();

    if (statusCode !== 200) {
        throw new Error(`${path}: ${statusCode} ${text}`);
    }

    return text && JSON.parse(text);
}

async function token(resource, scope = 'read') {
    const answer = await post('/token', {
        grant_type: 'client_credentials',
        resource: `https://pets.test/${resource}`,
        scope,
    });
    return answer.access_token;
}


// a client of the gateway

async function call(path, bearer) {
    const { statusCode, headers, body } = await request(`${gateway}${path}`, {
        dispatcher,
        headers: bearer ? { Authorization: `Bearer ${bearer}` } : {},
    });
    return { status: statusCode, headers, body: await body.text() };
}

async function status(path, bearer) {
    return (await call(path, bearer)).status;
}

async function until(seconds, test) {
    const end = Date.now() + seconds * 1000;

    while (!await test()) {
        if (Date.now() > end) {
            return false;
        }
        await sleep(50);
    }

    return true;
}

// a token of a key that the provider never had: the gateway asks for it

const stranger = await generateKeyPair('ES256');
let strangers = 0;

async function strange() {
    return new SignJWT({ iss: issuer, aud: 'https://pets.test/ec', sub: 'x' })
        .setProtectedHeader({ alg: 'ES256', kid: `stranger-${++strangers}` })
        .setExpirationTime('2m').sign(stranger.privateKey);
}

async function provoke() {
    const before = await fetches('/jwks');

    return until(10, async () => {
        await status('/live/pets', await strange());
        return await fetches('/jwks') > before;
    });
}


// discovery, and tokens of all kinds

is(await startProvider(), issuer, 'the provider is there');

const tokens = {};

for (const [resource, alg] of [['rsa', 'RS256'], ['ec', 'ES256'],
                               ['ed', 'EdDSA']]) {
    const bearer = tokens[resource] = await token(resource);
    is(decodeProtectedHeader(bearer).alg, alg, `${alg}: a token`);

    const { status: code, body } = await call('/live/pets', bearer);
    is(code, 200, `${alg}: it is good`);
    is(body, `robot ${decodeJwt(bearer).jti} read\n`, `${alg}: its claims`);
    is(await status('/live/write', bearer), 403, `${alg}: read only`);
    is(await status('/live/write', await token(resource, 'read write')), 200,
       `${alg}: a scope more`);
}

is(await fetches('/.well-known/openid-configuration'), 1, 'one discovery');
is(await fetches('/jwks'), 1, 'one set of keys');

for (const [resource, bearer] of Object.entries(tokens)) {
    is(await status('/live/pets', bearer.slice(0, -8) + 'AAAAAAAA'), 401,
       `${resource}: another signature`);
}

const refused = await call('/live/pets');
is(refused.status, 401, 'no token: 401');
is(refused.headers['www-authenticate'], 'Bearer', 'no token: the challenge');


// rotation under load

const seen = {};
let going = true;
let current = Object.values(tokens);

async function client() {
    for (let i = 0; going; i++) {
        const code = await status('/live/pets', current[i % current.length]);
        seen[code] = (seen[code] ?? 0) + 1;
    }
}

const clients = Array.from({ length: 16 }, client);

for (let round = 1; round <= 4; round++) {
    await order('overlap');

    // from the first instant tokens of new and old keys come together

    const fresh = await Promise.all(['rsa', 'ec', 'ed'].map((r) => token(r)));
    ok(fresh.every((t) => !current.some((c) => decodeProtectedHeader(c).kid
                                    === decodeProtectedHeader(t).kid)),
       `rotation ${round}: new keys`);
    current = [...current, ...fresh];
    await sleep(700);

    current = fresh;
    await sleep(300);
    await order('newest');
    await sleep(200);
}

going = false;
await Promise.all(clients);

is(Object.keys(seen), ['200'], 'rotation: none is refused');
ok(seen[200] > 1000, `rotation: ${seen[200]} requests`);

await provoke();
is(await status('/live/pets', tokens.rsa), 401, 'rotation: an old token');
is(await status('/live/pets', tokens.ed), 401, 'rotation: another one');

const kept = await token('ec');


// a provider that fails: the last keys are good

for (const kind of ['html', 'huge', 'redirect', 'error', 'slow']) {
    await order('fault', 'jwks', kind);
    ok(await provoke(), `${kind}: it is asked`);

    const begin = Date.now();
    is(await status('/live/pets', kept), 200, `${kind}: a token is good`);
    is(await status('/live/pets', await token('rsa')), 200,
       `${kind}: another one, too`);
    ok(Date.now() - begin < 1000, `${kind}: nobody waits`);
    is(await status('/live/pets', await strange()), 401,
       `${kind}: a stranger's is not`);
}

is(await fetches('/trap'), 0, 'redirect: nobody followed it');
await order('fault', 'jwks');


// a provider that is stopped, and goes on

const last = [await token('rsa'), await token('ed')];
provider.kill('SIGSTOP');
await sleep(1100);

let begin = Date.now();
is(await status('/live/pets', await strange()), 401, 'stopped: a stranger');
ok(Date.now() - begin < 4000, 'stopped: it is refused in time');
begin = Date.now();
is(await Promise.all(last.map((t) => status('/live/pets', t))), [200, 200],
   'stopped: tokens are good');
ok(Date.now() - begin < 1000, 'stopped: nobody waits');
provider.kill('SIGCONT');

await order('overlap');
const next = await token('ed');
ok(await until(10, async () => await status('/live/pets', next) === 200),
   'it goes on: a new key');


// tokens that say nothing: introspection

const opaque = await token('opaque', 'read');
ok(!opaque.includes('.'), 'opaque: no JWT');

const first = await call('/live/opaque', opaque);
is(first.status, 200, 'opaque: it is good');
is(first.body, 'robot read\n', 'opaque: what the provider says of it');

let asked = await fetches('/token/introspection');
is(await Promise.all(Array.from({ length: 20 },
                                () => status('/live/opaque', opaque))),
   Array(20).fill(200), 'opaque: good again');
ok(await fetches('/token/introspection') - asked <= 1, 'opaque: from memory');

is(await status('/live/opaque-write', opaque), 403, 'opaque: read only');
is(await status('/live/opaque', 'nobody-knows-this-token'), 401,
   'opaque: an unknown one');

await post('/token/revocation', { token: opaque });
ok(await until(10, async () => await status('/live/opaque', opaque) === 401),
   'opaque: revoked');

const another = await token('opaque', 'read');

for (const kind of ['html', 'error', 'redirect', 'slow']) {
    await order('fault', 'introspection', kind);
    begin = Date.now();
    is(await status('/live/opaque', another), 500, `opaque, ${kind}: refused`);
    ok(Date.now() - begin < 4000, `opaque, ${kind}: in time`);
}

await order('fault', 'introspection');
ok(await until(10, async () => await status('/live/opaque', another) === 200),
   'opaque: it is good again');

done();
