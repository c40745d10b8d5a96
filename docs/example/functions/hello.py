# GET /hello of the laboratory: greets, and tells what it was told.

import json


def handler(event, context):
    name = (event['queryStringParameters'] or {}).get('name', 'world')
    request = event['requestContext']

    return {
        'statusCode': 200,
        'headers': {'Content-Type': 'application/json'},
        'body': json.dumps({
            'message': f'Hello, {name}!',
            'stage': request['stage'],
            'resource': event['resource'],
            'api_key_id': request['identity'].get('apiKeyId'),
            'function': context.invoked_function_arn,
            'request_id': request['requestId'],
        }, indent=2) + '\n',
    }
