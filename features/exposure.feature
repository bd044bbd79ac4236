Feature: What belongs to the pipeline is not on display

  Rule: Nothing crosses the network in the clear, and nothing can be made public
    S3 and SQS accept plain HTTP unless a policy denies it, and one click in the console makes a bucket public unless
    the bucket blocks public access. Both settings are in the code, so that a plan shows when they are gone.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html

    @REQ-18
    Scenario: Buckets refuse plain HTTP
      Then every S3 bucket refuses what comes without TLS

    @REQ-18
    Scenario: Queues refuse plain HTTP
      Then every SQS queue refuses what comes without TLS

    @REQ-18
    Scenario: Over TLS nobody is shut out of what is theirs
      Then no S3 bucket shuts out its own account over TLS
      And no SQS queue shuts out its own account over TLS

    @REQ-18
    Scenario: No bucket can be made public
      Then every S3 bucket blocks public access in all four ways

    @REQ-18
    Scenario: No object can be given away by a list of its own
      Then every S3 bucket has its access control lists switched off

    @REQ-18 @sources
    Scenario: The sources deny plain HTTP
      Then the custom checks for REQ-18 find nothing
