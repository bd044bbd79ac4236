Feature: What something needs is there before it

  Rule: Uploads are announced only after the queue accepts them
    S3 sends a test message as soon as a notification is made, and refuses to make it while the queue
    turns that away. Terraform makes both at once unless it is told the order, and then it fails at times.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ways-to-add-notification-config-to-bucket.html

    @REQ-10
    Scenario: The queue's policy comes before the bucket's notification
      Given the notification of uploads
      Then it is made only after the policy of each queue it names

    @REQ-10 @sources
    Scenario: The sources give the order
      Then the custom checks for REQ-10 find nothing
