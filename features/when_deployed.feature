Feature: Deployed, the pipeline does what its plan promises
  Terraform applies the stack to an emulated AWS account. The function runs from the package that Terraform built, under its
  own role, and the deployed policies decide every call. Idle time is skipped.

  @deployed @REQ-09
  Rule: A video that goes in comes out, and what became of it is on record
    A plan cannot show that the function understands the message, that the job is accepted, and that its end is reported.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

    Scenario: A video becomes renditions and a final record
      When a clip is uploaded as "opening.mp4"
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE
      And the output bucket holds 2 renditions of every upload, in the size and codec that its job asks for
      And no message is left anywhere
      And AWS refused nothing

    Scenario Outline: Whatever a file is called, it is found again
      When a clip is uploaded as "<key>"
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE
      And the output bucket holds 2 renditions of every upload, in the size and codec that its job asks for

      Examples:
        | key                              |
        | My film (1).mp4                  |
        | grüße/от/映画 🎬.mp4               |
        | a+b=c&d;e.mp4                    |
        | 100% %20 %2B.mp4                 |
        | a folder/and another/opening.mp4 |

    Scenario: A key of 1,024 bytes is no longer than S3 allows
      When a clip is uploaded under a key of 1024 bytes
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE

    Scenario: A file without content is on record as an error
      When a file of 0 bytes is uploaded as "empty.mp4"
      And everything has come to rest
      Then no job is made, and the record of every upload says ERROR
      And no message is left anywhere

    Scenario: Two uploads of one name are two videos
      When a clip is uploaded as "opening.mp4"
      And a clip is uploaded as "opening.mp4"
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE
      And the output bucket holds 2 renditions of every upload, in the size and codec that its job asks for

    Scenario: A file that is no video is on record as an error
      When a file that is no video is uploaded as "letter.mp4"
      And everything has come to rest
      Then every upload has one job, and its record says ERROR
      And no message is left anywhere

  @deployed @REQ-09
  Rule: Whatever fails on the way, no upload is lost and none is done twice
    Messages and events arrive at least once and in any order, services throttle, processes end between two lines of code.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html

    Scenario: Everything is delivered twice
      Given S3 and EventBridge deliver every event twice
      And SQS delivers every message twice
      When 5 clips are uploaded
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE
      And no message is left anywhere

    Scenario: An upload is announced again when its video is long done
      Given S3 announces an upload again 60 minutes later
      When a clip is uploaded as "opening.mp4"
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE
      And no message is left anywhere

    Scenario: What MediaConvert reports comes late, repeated and in the wrong order
      Given EventBridge delivers every event twice
      And EventBridge delivers "PROGRESSING" 10 minutes late
      When 5 clips are uploaded
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE

    Scenario: The function is killed between making the job and writing it down
      Given the function is killed as soon as it has called "mediaconvert:CreateJob"
      When a clip is uploaded as "opening.mp4"
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE
      And no message is left anywhere

    Scenario: The job's events are as slow as the function that was killed
      Given the function is killed as soon as it has called "mediaconvert:CreateJob"
      And EventBridge delivers "jobId" 60 minutes late
      When a clip is uploaded as "opening.mp4"
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE

    Scenario: MediaConvert throttles, then recovers
      Given "mediaconvert:CreateJob" fails 4 times with TooManyRequestsException
      When a clip is uploaded as "opening.mp4"
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE

    Scenario: DynamoDB throttles, then recovers
      Given "dynamodb:PutItem" fails 5 times with ProvisionedThroughputExceededException
      And "dynamodb:UpdateItem" fails 5 times with ProvisionedThroughputExceededException
      When a clip is uploaded as "opening.mp4"
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE

    Scenario: The table cannot be reached for half an hour
      Given "dynamodb:*" cannot be reached
      When a clip is uploaded as "opening.mp4"
      And 30 minutes pass
      And everything can be reached again
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE
      And no message is left anywhere

    Scenario: One message in a batch makes no sense
      Given the function takes no messages for now
      When 10 clips are uploaded
      And the processing queue gets a message that makes no sense
      And the function takes messages again
      And everything has come to rest
      Then every upload has one job, and its record says COMPLETE
      And the dead-letter queue of the processing queue holds that message and no other

    Scenario: An event of S3 is forged
      When the processing queue gets an event of S3 about a bucket of somebody else
      And everything has come to rest
      Then no job is made
      And the dead-letter queue of the processing queue holds that message and no other

    Scenario: An event tells of a job that nobody made
      When the status queue gets an event about a job that nobody made
      And everything has come to rest
      Then no record is made
      And the dead-letter queue of the status queue holds that message and no other

  @deployed @REQ-14
  Rule: Every grant is needed where it stands
    A deployment in which everything is allowed would pass as well. So each grant is removed once from the deployed policy,
    and the pipeline has to stop at exactly that call, with AWS's error.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html

    Scenario Outline: Without its grant a call is refused
      Given "<who>" may no longer "<action>" on "<what>"
      When a clip is uploaded as "opening.mp4"
      And 30 seconds pass
      Then AWS refused "<who>" "<action>", and nothing else before

      Examples:
        | who                      | action                  | what                     |
        | S3                       | sqs:SendMessage         | the processing queue     |
        | S3                       | kms:GenerateDataKey     | the key                  |
        | S3                       | kms:Decrypt             | the key                  |
        | Lambda                   | sts:AssumeRole          | the role of the function |
        | the role of the function | sqs:ReceiveMessage      | the processing queue     |
        | the role of the function | sqs:DeleteMessage       | the processing queue     |
        | the role of the function | kms:Decrypt             | the key                  |
        | the role of the function | dynamodb:PutItem        | the assets table         |
        | the role of the function | dynamodb:UpdateItem     | the assets table         |
        | the role of the function | mediaconvert:CreateJob  | MediaConvert             |
        | the role of the function | iam:PassRole            | the role of MediaConvert |
        | MediaConvert             | sts:AssumeRole          | the role of MediaConvert |
        | the role of MediaConvert | s3:GetObject            | the input bucket         |
        | the role of MediaConvert | s3:PutObject            | the output bucket        |
        | the role of MediaConvert | kms:Decrypt             | the key                  |
        | the role of MediaConvert | kms:GenerateDataKey     | the key                  |
        | EventBridge              | sqs:SendMessage         | the status queue         |
        | EventBridge              | kms:GenerateDataKey     | the key                  |
        | the role of the function | logs:PutLogEvents       | the log group of the function |

  @deployed @REQ-08
  Rule: Without a change of the sources there is nothing to do
    A function that changes at every apply, or an attribute that always differs, hides the change that matters.
    Source: https://developer.hashicorp.com/terraform/cli/commands/plan

    Scenario: A second plan changes nothing
      Then "terraform plan" finds nothing to change in what it has built

  @deployed @REQ-06
  Rule: Two environments live side by side in one account
    Different names are not enough: neither environment may take the other's uploads, jobs or messages.
    Source: https://docs.aws.amazon.com/whitepapers/latest/organizing-your-aws-environment/organizing-your-aws-environment.html

    Scenario: Each of two environments keeps to its own videos
      Given the same stack, deployed beside it with another environment suffix
      When a clip is uploaded as "opening.mp4" to each of them
      And everything has come to rest
      Then each has one job for its upload and a record that says COMPLETE, and none of the other's
      And AWS refused nothing

  @deployed @REQ-07
  Rule: The stack works in another region as well
    A hard-coded region shows when the first message does not arrive.
    Source: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/regions.html

    Scenario: A video goes through the stack in another region
      Given the same stack, deployed in another region
      When a clip is uploaded as "opening.mp4" to each of them
      And everything has come to rest
      Then each has one job for its upload and a record that says COMPLETE, and none of the other's
      And AWS refused nothing

  @deployed @destroys @REQ-05
  Rule: Destroyed, the stack leaves nothing behind
    Its buckets hold videos and its queues hold messages, as in every environment that is no longer needed.
    Source: https://developer.hashicorp.com/terraform/cli/commands/destroy

    Scenario: A stack that is in use is destroyed in one go
      Given the same stack, deployed beside it with another environment suffix
      And objects are in its buckets and messages in its queues
      When "terraform destroy" has run
      Then nothing of it is left in the account but the key, which is to be deleted within 7 days
