// node websocket.mjs GATEWAY BACKEND KEY

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import WebSocket, { WebSocketServer } from 'ws';
import { is, ok, done } from './tap.mjs';

const [gateway, backend, key] = process.argv.slice(2);
const seen = [];

// The backend echoes, and keeps what it saw.

const server = new WebSocketServer({
    host: '127.0.0.1',
    port: Number(backend),
    perMessageDeflate: true,
});

server.on('connection', (socket, request) => {
    const client = { url: request.url, headers: request.headers };
    seen.push(client);
    client.closed = once(socket, 'close');
    socket.on('message', (data, binary) => socket.send(data, { binary }));
});

await once(server, 'listening');


// an open socket, or the response that refuses it

async function connect(path, headers = {}, options = {}) {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway}${path}`, 'chat',
                                 { headers, ...options });

    return new Promise((resolve, reject) => {
        socket.on('open', () => resolve({ socket }));
        socket.on('error', reject);
        socket.on('unexpected-response', async (_, response) => {
            let body = '';
            for await (const part of response) {
                body += part;
            }
            resolve({ status: response.statusCode, body,
                      headers: response.headers });
        });
    });
}

async function echo(socket, data) {
    const answer = once(socket, 'message');
    socket.send(data);
    return answer;
}


// handshakes that are refused

for (const [name, headers] of [
    ['no key', {}],
    ['a wrong key', { 'X-Api-Key': `${key}0` }],
    ['a claimed id', { 'X-Apigw-Api-Key-Id': 'alice' }],
]) {
    const refused = await connect('/live/chat/1', headers);
    is(refused.status, 403, `${name}: 403`);
    is(refused.body, '{"message":"Forbidden"}', `${name}: body`);
}

is(seen.length, 0, 'the backend saw none of these');


// one that passes, without and with compression

for (const perMessageDeflate of [false, true]) {
    const name = perMessageDeflate ? 'deflate' : 'plain';
    const { socket } = await connect('/live/chat/1?x=%20', {
        'X-Api-Key': key,
        'X-Apigw-Api-Key-Id': 'mallory',
    }, { perMessageDeflate });

    const { url, headers, closed } = seen.pop();
    is(url, '/chat/1?x=%20', `${name}: path, without the stage`);
    is(headers['x-apigw-api-key-id'], 'alice', `${name}: id of the key`);
    is(headers['x-apigw-usage-plan'], 'basic', `${name}: usage plan`);
    ok(!JSON.stringify(headers).includes(key), `${name}: no key`);

    is(socket.protocol, 'chat', `${name}: subprotocol`);
    is(socket.extensions, perMessageDeflate ? 'permessage-deflate' : '',
       `${name}: extension`);

    const text = randomBytes(512 * 1024).toString('hex');
    const [gotText, textIsBinary] = await echo(socket, text);
    ok(gotText.toString() === text && !textIsBinary, `${name}: 1 MB of text`);

    const bytes = randomBytes(1024 * 1024);
    const [gotBytes, bytesAreBinary] = await echo(socket, bytes);
    ok(gotBytes.equals(bytes) && bytesAreBinary, `${name}: 1 MB of bytes`);

    const pong = once(socket, 'pong');
    socket.ping('still there?');
    is((await pong)[0].toString(), 'still there?', `${name}: ping and pong`);

    socket.close(4000, 'bye');
    const [code, reason] = await closed;
    is([code, reason.toString()], [4000, 'bye'], `${name}: close`);
}


// throttles count handshakes, not messages

const { socket } = await connect('/live/once', { 'X-Api-Key': key });
let echoed = 0;

for (let i = 0; i < 20; i++) {
    const [data] = await echo(socket, `message ${i}`);
    echoed += data.toString() === `message ${i}`;
}

is(echoed, 20, 'throttle: 20 messages on one connection');

const refused = await connect('/live/once', { 'X-Api-Key': key });
is(refused.status, 429, 'throttle: another handshake');
ok(Number(refused.headers['retry-after']) > 0, 'throttle: Retry-After');

const [data] = await echo(socket, 'again');
is(data.toString(), 'again', 'throttle: the first connection goes on');

done();
