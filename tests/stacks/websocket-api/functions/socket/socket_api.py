def connect(event, context):
    return {"statusCode": 200}


disconnect = send = connect
