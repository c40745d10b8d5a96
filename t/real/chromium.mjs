// Debian's Chromium, headless, over the pipe of its DevTools protocol; it
// ends when the pipe is closed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

const flags = [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
    '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-extensions',
    '--disable-features=HttpsUpgrades,HttpsFirstBalancedMode',
    '--no-proxy-server', '--remote-debugging-pipe',
];

export class Chromium {
    #child;
    #session;
    #count = 0;
    #answers = new Map();
    #listeners = new Map();

    // names: every host of these is this machine

    static async start(profile, names) {
        const browser = new Chromium();
        const rules = names.map((name) => `MAP ${name} 127.0.0.1`).join(',');

        browser.#child = spawn('chromium', [
            ...flags, `--user-data-dir=${profile}`,
            `--host-resolver-rules=${rules}`, 'about:blank',
        ], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });

        await once(browser.#child, 'spawn');
        browser.#read(browser.#child.stdio[4]);

        const { targetId } = await browser.send('Target.createTarget',
                                                 { url: 'about:blank' });
        const { sessionId } = await browser.send('Target.attachToTarget',
                                                  { targetId, flatten: true });
        browser.#session = sessionId;

        for (const domain of ['Page', 'Network', 'Log']) {
            await browser.send(`${domain}.enable`);
        }

        return browser;
    }

    async version() {
        return (await this.send('Browser.getVersion')).product;
    }

    async open(url) {
        const loaded = new Promise((resolve) => {
            this.#listeners.set('Page.loadEventFired', resolve);
        });
        const { errorText } = await this.send('Page.navigate', { url });
        if (errorText) {
            throw new Error(`${url}: ${errorText}`);
        }
        await loaded;
    }

    // the value of an expression in the page, promises included

    async evaluate(expression) {
        const { result, exceptionDetails } = await this.send(
            'Runtime.evaluate',
            { expression, awaitPromise: true, returnByValue: true });
        if (exceptionDetails) {
            throw new Error(exceptionDetails.exception?.description
                            ?? exceptionDetails.text);
        }
        return result.value;
    }

    on(event, listener) {
        this.#listeners.set(event, listener);
    }

    async close() {
        const exited = once(this.#child, 'exit');
        this.#session = undefined;
        this.send('Browser.close').catch(() => {});
        await exited;
    }

    // a command of the protocol

    send(method, params = {}) {
        const id = ++this.#count;
        const message = { id, method, params, sessionId: this.#session };
        this.#child.stdio[3].write(`${JSON.stringify(message)}\0`);
        return new Promise((resolve, reject) => {
            this.#answers.set(id, { resolve, reject });
        });
    }

    async #read(stream) {
        let rest = '';
        stream.setEncoding('utf8');

        for await (const part of stream) {
            const messages = (rest + part).split('\0');
            rest = messages.pop();
            messages.forEach((text) => this.#take(JSON.parse(text)));
        }

        for (const { reject } of this.#answers.values()) {
            reject(new Error('chromium is gone'));
        }
    }

    #take({ id, method, params, result, error }) {
        if (id === undefined) {
            this.#listeners.get(method)?.(params);
            return;
        }
        const { resolve, reject } = this.#answers.get(id);
        this.#answers.delete(id);
        if (error) {
            reject(new Error(error.message));
        } else {
            resolve(result);
        }
    }
}
