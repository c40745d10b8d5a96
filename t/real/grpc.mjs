// node grpc.mjs GATEWAY BACKEND KEY

import { once } from 'node:events';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import { is, ok, done } from './tap.mjs';

const [gateway, backend, key] = process.argv.slice(2);
const { PERMISSION_DENIED, UNAVAILABLE, UNIMPLEMENTED, NOT_FOUND,
        DEADLINE_EXCEEDED } = grpc.status;
const seen = [];

// The service, with JSON for messages.

const encode = (value) => Buffer.from(JSON.stringify(value));
const decode = (bytes) => JSON.parse(bytes.toString());

const method = (name, requestStream = false, responseStream = false) => ({
    path: `/pkg.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: encode,
    requestDeserialize: decode,
    responseSerialize: encode,
    responseDeserialize: decode,
});

const service = {
    say: method('Say'),
    once: method('Once'),
    fail: method('Fail'),
    hang: method('Hang'),
    count: method('Count', false, true),
    collect: method('Collect', true, false),
    chat: method('Chat', true, true),
};

const unary = (call, callback) => {
    seen.push(call.metadata.getMap());
    const trailer = new grpc.Metadata();
    trailer.set('x-trailer', 'last');
    callback(null, call.request, trailer);
};

const server = new grpc.Server();

server.addService(service, {
    say: unary,
    once: unary,

    fail: (call, callback) => callback({ code: NOT_FOUND, details: 'no pet' }),

    hang: () => {},

    count: (call) => {
        for (let i = 1; i <= call.request; i++) {
            call.write(i);
        }
        call.end();
    },

    collect: async (call, callback) => {
        const all = [];
        for await (const message of call) {
            all.push(message);
        }
        callback(null, all);
    },

    chat: (call) => {
        call.on('data', (message) => call.write(`echo ${message}`));
        call.on('end', () => call.end());
    },
});

const insecure = grpc.ServerCredentials.createInsecure();
await promisify(server.bindAsync.bind(server))(`127.0.0.1:${backend}`,
                                               insecure);


const Client = grpc.makeGenericClientConstructor(
    { ...service, other: method('Other') }, 'pkg.Echo');
const client = new Client(`127.0.0.1:${gateway}`,
                          grpc.credentials.createInsecure());

function metadata(fields = {}) {
    const all = new grpc.Metadata();
    for (const [name, value] of Object.entries(fields)) {
        all.add(name, value);
    }
    return all;
}

const withKey = (fields) => metadata({ 'x-api-key': key, ...fields });
const soon = () => ({ deadline: Date.now() + 5000 });

// { value, trailer } or { error }

function call(name, message, fields, options = soon()) {
    return new Promise((resolve) => {
        let trailer;
        const sent = client[name](message, fields, options, (error, value) => {
            sent.on('status', (status) => {
                trailer = status.metadata.getMap();
                resolve({ error, value, trailer });
            });
        });
    });
}


// unary

{
    const message = { text: 'x'.repeat(100_000) };
    const { error, value, trailer } = await call('say', message, withKey({
        'x-apigw-api-key-id': 'mallory',
        'x-apigw-request-id': 'mine',
        'x-apigw-anything': 'mine',
        'x-note': 'kept',
        'x-note-bin': Buffer.from([0, 1, 255]),
    }));

    is(error, null, 'unary: no error');
    is(value, message, 'unary: 100 kB and back');
    is(trailer['x-trailer'], 'last', 'unary: trailer');

    const fields = seen.pop();
    is(fields['x-apigw-api-key-id'], 'alice', 'metadata: id of the key');
    is(fields['x-apigw-usage-plan'], 'basic', 'metadata: usage plan');
    ok(/^[0-9a-f-]{36}$/.test(fields['x-apigw-request-id']),
       'metadata: request id');
    is(fields['x-apigw-anything'], undefined, 'metadata: others are removed');
    is(fields['x-note'], 'kept', 'metadata: text');
    is(fields['x-note-bin'], Buffer.from([0, 1, 255]), 'metadata: bytes');
    ok(!JSON.stringify(fields).includes(key), 'metadata: no key');
}


// streams

{
    const got = [];
    for await (const i of client.count(2000, withKey(), soon())) {
        got.push(i);
    }
    is([got.length, got.at(-1)], [2000, 2000], 'server streaming');
}

{
    const got = await new Promise((resolve) => {
        const stream = client.collect(withKey(), soon(),
            (error, value) => resolve(error ?? value));
        ['a', 'b', 'c'].forEach((message) => stream.write(message));
        stream.end();
    });
    is(got, ['a', 'b', 'c'], 'client streaming');
}

{
    // each message is sent when the one before has been answered

    const stream = client.chat(withKey(), soon());
    const status = once(stream, 'status');
    const got = [];

    for (const message of ['one', 'two', 'three']) {
        const answer = once(stream, 'data');
        stream.write(message);
        got.push(...await answer);
    }

    is(got, ['echo one', 'echo two', 'echo three'], 'bidi: in turns');

    stream.on('data', () => {});
    stream.end();
    is((await status)[0].code, grpc.status.OK, 'bidi: status');
}


// errors of the server

{
    const { error } = await call('fail', {}, withKey());
    is([error.code, error.details], [NOT_FOUND, 'no pet'], 'error: passed on');
}

{
    const { error } = await call('other', {}, withKey());
    is(error.code, UNIMPLEMENTED, 'error: unknown method');
}

{
    const { error } = await call('hang', {}, withKey(),
                                 { deadline: Date.now() + 300 });
    is(error.code, DEADLINE_EXCEEDED, 'error: deadline');
}


// errors of the gateway

seen.length = 0;

for (const [name, fields] of [
    ['no key', metadata()],
    ['a wrong key', metadata({ 'x-api-key': `${key}0` })],
    ['a claimed id', metadata({ 'x-apigw-api-key-id': 'alice' })],
]) {
    const { error } = await call('say', 'x', fields);
    is(error.code, PERMISSION_DENIED, `${name}: PERMISSION_DENIED`);
}

{
    const stream = client.chat(metadata(), soon());
    stream.write('x');
    const [error] = await once(stream, 'error');
    is(error.code, PERMISSION_DENIED, 'no key, bidi: PERMISSION_DENIED');
}

is(seen.length, 0, 'the backend saw none of these');

{
    const first = await call('once', 1, withKey());
    const second = await call('once', 2, withKey());
    is([first.value, first.error], [1, null], 'throttle: the first');
    is(second.error?.code, UNAVAILABLE, 'throttle: UNAVAILABLE');
    is(seen.length, 1, 'throttle: the backend saw only the first');

    const third = await call('say', 3, withKey());
    is(third.value, 3, 'throttle: other methods go on');
}

done();
