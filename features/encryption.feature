Feature: Everything the stack keeps is encrypted with its own key

  Rule: Each service gets the key in the form it expects
    An ARN contains the account and region of a key, so S3, DynamoDB and CloudWatch Logs get the ARN; an id is
    looked up in the caller's account, or rejected. SQS gets the id, the same in every queue.
    Source: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id

    @REQ-11
    Scenario: Queues name the key by its id
      Then every SQS queue names a key of this stack by its id

    @REQ-11
    Scenario: Buckets name the key by its ARN
      Then every S3 bucket is encrypted with a key of this stack, named by its ARN

    @REQ-11
    Scenario: Tables name the key by its ARN
      Then every DynamoDB table is encrypted with a key of this stack, named by its ARN

    @REQ-11
    Scenario: Log groups name the key by its ARN
      Then every CloudWatch log group is encrypted with a key of this stack, named by its ARN

    @REQ-11 @sources
    Scenario: The sources name the key as they should
      Then the custom checks for REQ-11 find nothing
