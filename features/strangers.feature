Feature: Nobody else can use what belongs to the pipeline

  Rule: Nobody outside the account, and no other service or bucket, can send, read or use the key
    A queue that takes messages from S3 takes them from every bucket on earth, unless its policy says which.
    So it is with keys and roles: a service that may use them can be made to by somebody else, the confused deputy.
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
