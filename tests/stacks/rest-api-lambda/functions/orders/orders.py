def orders(event, context):
    return {"statusCode": 200, "body": "{}"}


def health(event, context):
    return {"statusCode": 204}
