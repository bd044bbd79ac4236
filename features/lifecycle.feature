Feature: The stack goes as easily as it comes

  Rule: The whole stack can be destroyed in one go
    S3 deletes no bucket with objects in it, and KMS keeps a key for 30 days unless the window is set to
    the minimum of 7. Stacks that cannot be destroyed accumulate in CI and have to be removed by hand.
    Source: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html

    @REQ-05
    Scenario: Buckets go with what is in them
      Then every S3 bucket has force_destroy set to true

    @REQ-05
    Scenario: Keys go as soon as KMS allows
      Then every customer-managed KMS key has deletion_window_in_days set to 7

    @REQ-05 @sources
    Scenario: Nothing in the sources stands in the way
      Then the custom checks for REQ-05 find nothing
