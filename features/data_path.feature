Feature: AWS lets the pipeline work from end to end

  Rule: Every edge of the data path is allowed, from the upload to the record
    The policies of both ends of an edge, and of the key that encrypts the data, have to allow the transfer.
    With one missing grant, videos are accepted and then lost, and the only error is in a log.
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
