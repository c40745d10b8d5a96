# GET /hello of the laboratory: greets, and tells what it was told.

import json


def handler(event, context):
    # what has no value is null in the format of REST APIs, missing in 2.0
    name = (event.get('queryStringParameters') or {}).get('name', 'world')
    request = event['requestContext']

    return {
        'statusCode': 200,
        'headers': {'Content-Type': 'application/json'},
        'body': json.dumps({
            'message': f'Hello, {name}!',
            'stage': request['stage'],
            'resource': event.get('resource') or event['routeKey'],
            'api_key_id': request.get('identity', {}).get('apiKeyId'),
            'function': context.invoked_function_arn,
            'request_id': request['requestId'],
        }, indent=2) + '\n',
    }
