Feature: What goes wrong is noticed

  Rule: Whatever goes wrong on the way raises an alarm
    A lost upload looks like no upload at all. Nobody reads a log or a dead-letter queue without a notification,
    so each point at which an upload can get lost has an alarm that a single failure triggers.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html

    @REQ-20
    Scenario: Who watches sees what is there, and all of it
      Then every CloudWatch alarm names what is there
      And every CloudWatch dashboard names what is there
      And a CloudWatch dashboard, where there is one, shows what can go wrong on the data path

    @REQ-20
    Scenario: What was given up on is noticed
      Then a message in any dead-letter queue of the data path raises an alarm

    @REQ-20
    Scenario: What is not taken is noticed
      Then a message that waits too long in any queue of the data path raises an alarm

    @REQ-20
    Scenario: A function that fails, or is not even called, is noticed
      Then an error of any function of the data path raises an alarm
      And a throttled call of any function of the data path raises an alarm

    @REQ-20
    Scenario: A job that fails is noticed
      Then a failed MediaConvert job raises an alarm

    @REQ-20
    Scenario: News that does not come back is noticed
      Then an undelivered event of any EventBridge rule of the data path raises an alarm
