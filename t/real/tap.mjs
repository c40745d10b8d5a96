// Just enough TAP; Real.pm reads it.

import { isDeepStrictEqual, inspect } from 'node:util';

let count = 0;

export function ok(passed, name) {
    count++;
    console.log(`${passed ? 'ok' : 'not ok'} - ${name}`);
}

export function is(got, expected, name) {
    const same = isDeepStrictEqual(got, expected);
    ok(same, name);

    if (!same) {
        console.log(`     got: ${brief(got)}`);
        console.log(`expected: ${brief(expected)}`);
    }
}

function brief(value) {
    return inspect(value, { breakLength: Infinity, depth: 4 }).slice(0, 500);
}

// Whatever is still open goes with the process.

export function done() {
    console.log(`1..${count}`);
    process.exit(0);
}
