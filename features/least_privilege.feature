Feature: Nobody in the stack can do more than the pipeline needs

  Rule: No role is granted more than the pipeline needs
    An attacker with a role gains every permission of the role. An edge of the data path has to need every action
    of every statement, on no wider resource than the edge uses.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege

    @REQ-15
    Scenario: Every grant serves the pipeline
      Then every grant of every role is needed by the data path

    @REQ-15
    Scenario: Keys are used through services alone
      Then every role uses the keys of this stack through services alone

  Rule: No role can raise its own permissions
    Least privilege holds only if no role can change it: by writing a policy, by passing a stronger role to
    a machine, or by changing the code of a function with another role.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html

    @REQ-17
    Scenario: No way up is open
      Then no role has a way to raise its own permissions

    @REQ-17
    Scenario: Nobody in the stack manages permissions
      Then no role may manage permissions
