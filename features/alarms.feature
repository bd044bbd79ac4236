Feature: Alarms tell whom the environment names

  Rule: Alarms tell nobody unless topics are given by variable
    An environment for tests should wake nobody, and one in use must reach whoever is on call. Both
    are the same code: without topics an alarm changes its state in silence, with topics all of them ring.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html

    @REQ-13
    Scenario: By default no alarm has an action
      Then no CloudWatch alarm has an action

    @REQ-13
    Scenario: A topic given by variable reaches every alarm
      Given the same stack with SNS topics for its alarms
      Then every CloudWatch alarm tells each of these topics when it goes off
      And every CloudWatch alarm tells each of them when it is over

    @REQ-13 @sources
    Scenario: The sources name no topic
      Then the custom checks for REQ-13 find nothing
