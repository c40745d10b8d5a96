// node oidc_provider.mjs PORT, started by oidc.mjs with a channel: oidc-provider,
// whose keys change and whose answers fail as the messages say.

import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { exportJWK, generateKeyPair } from 'jose';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const paths = { jwks: '/jwks', introspection: '/token/introspection' };

let count = {};
let fault = {};
let generation = 0;
let keys = [];
let application;

const resources = {
    'https://pets.test/rsa': { alg: 'RS256' },
    'https://pets.test/ec': { alg: 'ES256' },
    'https://pets.test/ed': { alg: 'EdDSA' },
    'https://pets.test/opaque': {},
};

async function newKeys() {
    generation++;

    return Promise.all(['RS256', 'ES256', 'EdDSA'].map(async (alg) => {
        const { privateKey } = await generateKeyPair(alg,
                                                     { extractable: true });
        const jwk = await exportJWK(privateKey);
        return { ...jwk, alg, use: 'sig', kid: `${alg}-${generation}` };
    }));
}

// the first key that fits signs

function serve(newest) {
    keys = newest;

    const provider = new Provider(issuer, {
        jwks: { keys },
        scopes: ['read', 'write'],
        clients: ['robot', 'gateway'].map((id) => ({
            client_id: id,
            client_secret: `${id}-secret-0123456789`,
            grant_types: ['client_credentials'],
            redirect_uris: [],
            response_types: [],
        })),
        features: {
            devInteractions: { enabled: false },
            clientCredentials: { enabled: true },
            introspection: { enabled: true },
            revocation: { enabled: true },
            resourceIndicators: {
                enabled: true,
                defaultResource: () => 'https://pets.test/rsa',
                useGrantedResource: () => true,
                getResourceServerInfo: (_, resource) => {
                    const { alg } = resources[resource];
                    return {
                        scope: 'read write',
                        audience: resource,
                        accessTokenTTL: 120,
                        accessTokenFormat: alg ? 'jwt' : 'opaque',
                        ...(alg && { jwt: { sign: { alg } } }),
                    };
                },
            },
        },
    });

    application = provider.callback();
}

function fail(kind, response) {
    switch (kind) {
    case 'html':
        response.writeHead(200, { 'Content-Type': 'text/html' });
        response.end('<!DOCTYPE html><title>Sign in</title>');
        break;

    case 'huge':
        response.writeHead(200, { 'Content-Type': 'application/json' });
        response.end(' '.repeat(10 * 1024 * 1024) + JSON.stringify({ keys }));
        break;

    case 'redirect':
        response.writeHead(302, { Location: `${issuer}/trap` });
        response.end();
        break;

    case 'error':
        response.writeHead(500);
        response.end('no');
        break;

    case 'slow': {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        const timer = setInterval(() => response.write(' '), 200);
        response.on('close', () => clearInterval(timer));
        break;
    }

    default:
        throw new Error(`no fault ${kind}`);
    }
}

const server = createServer((request, response) => {
    const { url } = request;
    count[url] = (count[url] ?? 0) + 1;

    if (url === '/trap') {
        response.end('caught');
    } else if (fault[url]) {
        request.resume();
        fail(fault[url], response);
    } else {
        application(request, response);
    }
});

const orders = {
    async overlap() {
        const old = keys.filter(({ kid }) => kid.endsWith(`-${generation}`));
        serve([...await newKeys(), ...old]);
    },

    async newest() {
        serve(keys.filter(({ kid }) => kid.endsWith(`-${generation}`)));
    },

    async fault(what, kind) {
        fault = kind ? { [paths[what]]: kind } : {};
    },

    async count() {
        return count;
    },
};

serve(await newKeys());
server.listen(port, '127.0.0.1', () => process.send({ ready: issuer }));

process.on('message', async ({ order, args }) => {
    process.send({ result: await orders[order](...args) });
});

process.on('disconnect', () => process.exit(0));
