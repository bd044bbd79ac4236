Feature: The function runs on what AWS looks after

  Rule: Every function runs on a runtime that AWS supports today
    A deprecated runtime gets no security updates, and some months later functions with it can be neither
    created nor updated. A stack that passes today gets a warning 180 days ahead of that date.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html

    @REQ-04
    Scenario: No runtime is past its end
      Then AWS supports the runtime of every Lambda function today

    @REQ-04 @sources
    Scenario: The sources name no runtime that is past its end
      Then the custom checks for REQ-04 find nothing
