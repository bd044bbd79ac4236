Feature: Nobody in the stack can do more than the pipeline needs

  Rule: No role is granted more than the pipeline needs
    What a role may do beyond its work is what an attacker gains with it. Every action of every statement has
    to serve an edge of the data path, and on no more than that edge touches.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege

    @REQ-15
    Scenario: Every grant serves the pipeline
      Then every grant of every role is needed by the data path

    @REQ-15
    Scenario: Keys are used through services alone
      Then every role uses the keys of this stack through services alone

  Rule: No role can raise its own permissions
    Least privilege lasts as long as nobody can change it from within: by a policy they may write, a
    stronger role they may hand to a machine of theirs, or code they may put into somebody else's function.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html

    @REQ-17
    Scenario: No way up is open
      Then no role has a way to raise its own permissions

    @REQ-17
    Scenario: Nobody in the stack manages permissions
      Then no role may manage permissions
