"""Does the stack do without a network, and may no function make one?"""

from __future__ import annotations

from pytest_bdd import given, then

from planproof.iam import statements_allowing
from planproof.inquiry import Inquiry
from planproof.recorder import Recorder
from planproof.stack import Resource
from steps._access import Access
from steps.pipeline import Pipeline
from steps.vocabulary import first_column


@given("the roles of all Lambda functions", target_fixture="roles")
def roles_of_functions(pipeline: Pipeline) -> list[Resource]:
    """Each role once."""
    roles = (pipeline.role_of(function) for function in pipeline.functions)
    return list({role.address: role for role in roles}.values())


@then("no policy of theirs allows any of these actions:")
def no_policy_allows(
    pipeline: Pipeline,
    roles: list[Resource],
    datatable: list[list[str]],
    inquiry: Inquiry,
    evidence: Recorder,
) -> None:
    """Whatever the resources and conditions of a statement, it does not name the action."""
    for role in roles:
        access = Access.of(pipeline, role)
        documents = [policy.document for policy in access.attached]
        for action in first_column(datatable):
            expected = f"no statement that allows {action}"
            found = statements_allowing(documents, action)
            for ref in found:
                evidence.check(
                    False if ref.certain else None,
                    role,
                    expected=expected,
                    found=str(ref) if ref.certain else f"{ref}, of which too little is known",
                    at=access.place(inquiry, ref.statement),
                )
            if not found:
                evidence.check(True, role, expected=expected, found="none")
