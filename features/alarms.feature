Feature: Alarms tell whom the environment names

  Rule: Alarms tell nobody unless topics are given by variable
    A test environment must not page anybody; the production environment must page the team on call. Both use
    the same code: without topics an alarm only changes its state, with topics every alarm notifies them.
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
