Feature: What something needs is there before it

  Rule: Uploads are announced only after the queue accepts them
    S3 sends a test message as soon as a notification is made, and rejects the notification if the queue
    denies the message. Without a dependency, Terraform makes both at once, and the apply fails at times.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ways-to-add-notification-config-to-bucket.html

    @REQ-10
    Scenario: The queue's policy comes before the bucket's notification
      Given the notification of uploads
      Then it is made only after the policy of each queue it names

    @REQ-10 @sources
    Scenario: The sources give the order
      Then the custom checks for REQ-10 find nothing

  Rule: Nothing is put to work before it may do its work
    Lambda rejects a mapping whose role may not read the queue, a queue without a policy denies events, and the first job
    fails under a role without permissions. Without dependencies, Terraform makes all of them at once.
    Source: https://developer.hashicorp.com/terraform/language/meta-arguments/depends_on

    @REQ-10
    Scenario: Events find a queue that takes them
      Then every EventBridge target waits for what lets its events in

    @REQ-10
    Scenario: Messages find a function that may read them, and do what they ask for
      Then every event source mapping waits for what its function's role may do

    @REQ-10
    Scenario: The first upload finds a MediaConvert that can read and write
      Then uploads reach the function only after MediaConvert's role can do its work

    @REQ-10
    Scenario: The function finds its log
      Then every Lambda function waits for its log group and what lets it write there

  Rule: A bucket is closed before it is opened, and keeps versions before it lets them go
    A policy that admits everybody makes its bucket public until the public access block exists, and S3 accepts rules for
    old versions without a warning while versioning is off.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html

    @REQ-10
    Scenario: The block of public access comes before the bucket's policy
      Then every bucket policy waits for the public access block of its bucket

    @REQ-10
    Scenario: Versioning comes before the rules on versions
      Then every lifecycle configuration waits for the versioning of its bucket
