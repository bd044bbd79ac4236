Feature: AWS lets the pipeline work from end to end

  Rule: Every edge of the data path is allowed, from the upload to the record
    Between two parts of the pipeline stand the policies of both, and of the key that encrypts what passes.
    One grant too few and videos are accepted and never seen again, with an error in a log that nobody reads.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

    @REQ-14
    Scenario: An upload reaches the function
      Then these edges of the data path are proven:
        | from                 | to                            |
        | the input bucket     | the processing queue          |
        | the processing queue | the function                  |
        | the function         | the role of the function      |
        | the function         | the log group of the function |
        | the function         | the assets table              |

    @REQ-14
    Scenario: The function has MediaConvert transcode it
      Then these edges of the data path are proven:
        | from             | to                       |
        | the function     | MediaConvert             |
        | the function     | the role of MediaConvert |
        | MediaConvert     | the role of MediaConvert |
        | the input bucket | MediaConvert             |
        | MediaConvert     | the output bucket        |

    @REQ-14
    Scenario: What becomes of the job comes back
      Then these edges of the data path are proven:
        | from                    | to                      |
        | MediaConvert            | the rule for job states |
        | the rule for job states | the status queue        |
        | the status queue        | the function            |

    @REQ-14
    Scenario: What the function cannot handle is kept
      Then these edges of the data path are proven:
        | from                 | to                                            |
        | the processing queue | the dead-letter queue of the processing queue |
        | the status queue     | the dead-letter queue of the status queue     |

    @REQ-14
    Scenario: Nothing else that the stack connects is cut off
      Then every edge of the data path is proven
