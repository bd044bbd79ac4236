Feature: Nobody else can use what belongs to the pipeline

  Rule: Nobody outside the account, and no other service or bucket, can send, read or use the key
    A queue that accepts messages from S3 accepts them from every bucket at AWS, unless its policy names the bucket.
    The same holds for keys and roles: another customer can make the service use them, the confused deputy problem.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html

    @REQ-16
    Scenario: Other accounts are refused
      Then no other account can use a resource of this stack

    @REQ-16
    Scenario: Strangers are refused
      Then no unauthenticated caller can use a resource of this stack

    @REQ-16
    Scenario: Services come in nobody else's name
      Then no service is let in on behalf of anybody else

    @REQ-16
    Scenario: Services have something to do here
      Then no service is let in that the data path does not need

    @REQ-16
    Scenario: Services may do no more than they have to do here
      Then no service may do more than the data path needs of it

    @REQ-16 @sources
    Scenario: The sources name whom a service may send for
      Then the custom checks for REQ-16 find nothing
