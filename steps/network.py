"""Whether the roles of functions may create network resources."""

from __future__ import annotations

from pytest_bdd import given, then

from planproof.evidence import Recorder
from planproof.iam import statements_allowing
from steps.support.access import Access
from steps.support.pipeline import Pipeline
from steps.support.policy_evidence import PolicyEvidence
from steps.support.tables import first_column


@given("the roles of all Lambda functions", target_fixture="accesses")
def roles_of_functions(pipeline: Pipeline, policy_evidence: PolicyEvidence) -> list[Access]:
    """The role of each function, without duplicates."""
    roles = {role.address: role for role in map(pipeline.role_of, pipeline.functions)}
    return [Access(pipeline, role, policy_evidence) for role in roles.values()]


@then("no policy of theirs allows any of these actions:")
def no_policy_allows(
    accesses: list[Access], datatable: list[list[str]], evidence: Recorder
) -> None:
    """No Allow statement covers the action, on any resource and under any condition."""
    for access in accesses:
        for action in first_column(datatable):
            expected = f"no statement that allows {action}"
            statements = statements_allowing(access.documents, action)
            for ref in statements:
                holds = False if ref.certain else None
                actions = list(ref.statement.actions or ()) or "every action outside its NotAction"
                access.record_statement(
                    holds, ref.statement, "Action", expected=expected, found=actions
                )
            if not statements:
                evidence.check(True, access.role, expected=expected, found="none")
