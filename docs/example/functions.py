#!/usr/bin/env python3

# functions.py PORT: AWS Lambda's Invoke API for functions on this machine.
#
#     POST /2015-03-31/functions/NAME/invocations[?Qualifier=ALIAS]
#
# calls handler(event, context) of functions/NAME.py, beside this file.  A
# function that is changed is loaded anew; what it prints is shown here.

import json
import re
import sys
import time
import traceback
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

FOLDER = Path(__file__).resolve().parent / 'functions'
INVOKE = re.compile(r'/2015-03-31/functions/([\w-]{1,64})/invocations')
ARN = 'arn:aws:lambda:us-east-1:000000000000:function:'

loaded = {}             # name: (time of the file, its names)


class Context:
    memory_limit_in_mb = '128'
    seconds = 30

    def __init__(self, name, qualifier):
        self.aws_request_id = str(uuid.uuid4())
        self.function_name = name
        self.function_version = '$LATEST'
        self.invoked_function_arn = ARN + name
        if qualifier:
            self.invoked_function_arn += ':' + qualifier
        self.end = time.monotonic() + self.seconds

    def get_remaining_time_in_millis(self):
        return max(0, int((self.end - time.monotonic()) * 1000))


def load(name):
    path = FOLDER / f'{name}.py'
    changed = path.stat().st_mtime_ns
    if name not in loaded or loaded[name][0] != changed:
        names = {'__name__': name, '__file__': str(path)}
        exec(compile(path.read_text(), path, 'exec'), names)
        loaded[name] = changed, names
    return loaded[name][1]['handler']


class Invoke(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    wbufsize = 65536
    timeout = 300

    def do_POST(self):
        self.id = str(uuid.uuid4())
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        url = urlsplit(self.path)
        name = INVOKE.fullmatch(url.path)
        if not name or not (FOLDER / f'{name[1]}.py').is_file():
            message = f'Function not found: {ARN}{name[1] if name else ""}'
            return self.refuse(404, 'ResourceNotFoundException', message)
        try:
            event = json.loads(body)
        except ValueError as error:
            message = f'Could not parse request body into json: {error}'
            return self.refuse(400, 'InvalidRequestContentException', message)
        qualifier = parse_qs(url.query).get('Qualifier', [''])[0]
        context = Context(name[1], qualifier)
        self.id = context.aws_request_id
        header = 'X-Amz-Executed-Version', '$LATEST'
        try:
            answer = json.dumps(load(name[1])(event, context))
        except Exception as error:
            traceback.print_exc()
            header = 'X-Amz-Function-Error', 'Unhandled'
            answer = json.dumps({
                'errorMessage': str(error),
                'errorType': type(error).__name__,
                'requestId': self.id,
                'stackTrace': traceback.format_tb(error.__traceback__.tb_next),
            })
        self.answer(200, answer, header)

    def refuse(self, status, kind, message):
        text = json.dumps({'Type': 'User', 'Message': message})
        self.answer(status, text, ('x-amzn-errortype', kind))

    def answer(self, status, text, *headers):
        body = text.encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.send_header('x-amzn-RequestId', self.id)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
            self.wfile.flush()
        except ConnectionError:
            print(f'{self.path}: nobody waits for the answer any more')
            self.close_connection = True

    def log_message(self, *_):
        pass


if __name__ == '__main__':
    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Invoke)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
