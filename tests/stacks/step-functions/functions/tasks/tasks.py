def validate(event, context):
    return event


charge = ship = validate
