Feature: MediaConvert and the function may do what they must, and no more

  Rule: MediaConvert has a role that reads the uploads and writes the renditions
    MediaConvert has no permissions of its own and works under a role of this account. If it cannot assume
    the role, or the role has no access to both buckets, every job fails after it was accepted.
    Source: https://docs.aws.amazon.com/mediaconvert/latest/ug/iam-role.html

    @REQ-02
    Scenario: MediaConvert can assume a role
      Then MediaConvert can assume a role of this stack

    @REQ-02
    Scenario: MediaConvert reads the uploads
      Given the role that MediaConvert works under
      Then it may read every object that the input bucket announces

    @REQ-02
    Scenario: MediaConvert writes the renditions
      Given the role that MediaConvert works under
      Then it may write objects to the output bucket

    @REQ-02 @sources
    Scenario: The sources say who may use the role
      Then the custom checks for REQ-02 find nothing

  Rule: The function may pass MediaConvert its role, and nobody any other
    The caller of CreateJob names the role of the job, and needs iam:PassRole for that. A function that may
    pass any role to any service can obtain the permissions of every role in the account.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html

    @REQ-03
    Scenario: The function passes MediaConvert its role
      Given the role of the function that takes the uploads
      Then it may pass the role MediaConvert works under to mediaconvert.amazonaws.com

    @REQ-03
    Scenario: The function passes it to no other service
      Given the role of the function that takes the uploads
      Then it may pass no role to any service but mediaconvert.amazonaws.com

    @REQ-03
    Scenario: The function passes no other role
      Given the role of the function that takes the uploads
      Then it may pass no other role

    @REQ-03 @sources
    Scenario: The sources name the role and the service
      Then the custom checks for REQ-03 find nothing
