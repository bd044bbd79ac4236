Feature: The function turns uploads into MediaConvert jobs
  Terraform builds the function from its sources. An upload makes one job, and DynamoDB has the record of its end.
  The function runs as in Lambda, in an emulated account without network access.

  @REQ-08
  Rule: Terraform builds the function's package, and the handler can be imported from it
    A package that is zipped by hand is missing at the first apply and out of date at the second.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html

    Scenario: Terraform builds the package from the sources
      Given the function that uploads are queued for
      Then its package is an archive that Terraform builds from files of the sources
      And a change of those files changes the function

    Scenario: The handler can be imported from the package
      Given the function that uploads are queued for
      When its package is opened where nothing is installed but what Lambda's runtime has
      Then its handler can be imported

    @sources
    Scenario: The sources build the package, as the custom checks see it
      Then the custom checks for REQ-08 find nothing

  @REQ-09
  Rule: An upload becomes one valid MediaConvert job, whose end is kept in DynamoDB
    A placeholder deploys as well as a working function. Queues deliver more than once and in any order, S3 encodes
    object keys, and MediaConvert rejects a job that its service model does not allow.
    Source: https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html

    Background:
      Given the function runs in the environment the stack gives it
      And MEDIACONVERT_ROLE names the role that MediaConvert assumes

    Scenario: An upload becomes a job
      When "opening.mp4" is uploaded to the input bucket
      Then one MediaConvert job is made, and AWS's service model allows it
      And the job reads the uploaded file
      And the job writes to the output bucket
      And MediaConvert may write where the job writes
      And a record in DynamoDB names the job

    Scenario: A file name with blanks, brackets and umlauts is read as it was written
      When "My film (1) ü.mp4" is uploaded to the input bucket
      Then one MediaConvert job is made, and AWS's service model allows it
      And the job reads the uploaded file

    Scenario: An upload that is delivered twice makes one job
      When "opening.mp4" is uploaded to the input bucket
      And the same message is delivered again, to another instance of the function
      Then one MediaConvert job is made, and AWS's service model allows it

    Scenario: The test event that S3 sends makes no job
      When S3 sends its test event
      Then no MediaConvert job is made

    Scenario: A completed job makes its record final
      When "opening.mp4" is uploaded to the input bucket
      And MediaConvert reports the job as COMPLETE
      Then the job's record says COMPLETE

    Scenario: A late report does not take the end back
      When "opening.mp4" is uploaded to the input bucket
      And MediaConvert reports the job as COMPLETE
      And an earlier report of the job as PROGRESSING arrives late
      Then the job's record says COMPLETE

    @sources
    Scenario: One bad message does not take others with it, as the custom checks see it
      Then the custom checks for REQ-09 find nothing

  @REQ-12
  Rule: The function is told the MediaConvert role in MEDIACONVERT_ROLE, and uses it
    MediaConvert makes no job without a role, and the function has no other source for the role's ARN.
    Source: https://docs.aws.amazon.com/mediaconvert/latest/ug/iam-role.html

    Scenario: MEDIACONVERT_ROLE is the role that MediaConvert can assume
      Given the function that uploads are queued for
      Then its MEDIACONVERT_ROLE is the ARN of a role that MediaConvert can assume

    Scenario: The function gives its jobs the role that MEDIACONVERT_ROLE names
      Given the function runs in the environment the stack gives it
      And MEDIACONVERT_ROLE names a role that nothing else names
      When "opening.mp4" is uploaded to the input bucket
      Then the job has exactly that role

    @sources
    Scenario: The sources hand over the role, as the custom checks see it
      Then the custom checks for REQ-12 find nothing
