Feature: The pipeline forgets nothing too soon, and nothing never

  Rule: What is kept can be got back, and goes when it is time
    An overwritten upload, a deleted record, a message that failed on a Friday: each can be restored for some time. Data
    without an expiry costs money forever, and has to be found when a person requests its deletion.
    Source: https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/back-up-data.html

    @REQ-19
    Scenario: Objects that are overwritten or deleted can be got back
      Then every S3 bucket keeps old versions of its objects

    @REQ-19
    Scenario: Old versions and unfinished uploads go
      Then every S3 bucket lets old versions go after 7 to 90 days
      And every S3 bucket lets unfinished uploads go within 7 days

    @REQ-19
    Scenario: Records can be got back as they were at any second
      Then every DynamoDB table has point_in_time_recovery.enabled set to true

    @REQ-19
    Scenario: A key is renewed, and what it encrypted stays readable
      Then every aws_kms_key has enable_key_rotation set to true

    @REQ-19
    Scenario: Logs stay long enough to look into, and no longer
      Then every CloudWatch log group has retention_in_days of at least 7
      And every CloudWatch log group has retention_in_days of at most 365

    @REQ-19
    Scenario: Messages survive a weekend
      Then every SQS queue has message_retention_seconds of at least 345600
      And every SQS queue has message_retention_seconds of at most 1209600

    @REQ-19
    Scenario: Messages that failed wait to be looked at, and for nobody else's
      Then every dead-letter queue keeps messages longer than the queues they come from
      And every dead-letter queue takes messages from those queues alone
