// Functions that serverless-offline runs for lambda.mjs.

// what it was told

export async function echo(event) {
    return {
        statusCode: 200,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(event),
    };
}

// what the client wants to be answered

export async function answer(event) {
    return JSON.parse(event.body);
}

export async function fail() {
    throw new TypeError('a reason that is nobody else\'s business');
}

export async function slow() {
    await new Promise((resolve) => setTimeout(resolve, 20_000));
}
