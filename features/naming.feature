Feature: The stack can be built again, beside itself and elsewhere

  Rule: Two environments share no physical name
    A name is unique in an account and region, the name of a bucket worldwide. An environment for each
    pull request can be built only if every name changes with the suffix.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

    @REQ-06
    Scenario: The same stack with another suffix has other names throughout
      Given the same stack with another environment suffix
      Then no physical name is the same in both
      And nothing in the copy names what belongs to the first

    @REQ-06 @sources
    Scenario: The sources put something that varies into every name
      Then the custom checks for REQ-06 find nothing

  Rule: The stack can be built in any region
    With a hard-coded region, a dashboard, an ARN or an endpoint names the wrong region as soon as the
    rest is built elsewhere. One variable sets the region.
    Source: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/regions.html

    @REQ-07
    Scenario: The same stack in another region keeps no trace of the first
      Given the same stack in another region
      Then every provider works in the region that was asked for
      And nothing in it names the region it came from

    @REQ-07
    Scenario: The code names no region
      Then no region is written into the code, but for the default of its variable

    @REQ-07 @sources
    Scenario: The sources take the region from where it is chosen
      Then the custom checks for REQ-07 find nothing
