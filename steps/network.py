"""Whether the roles of functions may create network resources."""

from __future__ import annotations

from pytest_bdd import given, then

from planproof.evidence import Recorder
from planproof.iam import statements_allowing
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource
from steps.support.access import Access
from steps.support.pipeline import Pipeline
from steps.vocabulary import first_column


@given("the roles of all Lambda functions", target_fixture="roles")
def roles_of_functions(pipeline: Pipeline) -> list[Resource]:
    """The role of each function, without duplicates."""
    roles = (pipeline.role_of(function) for function in pipeline.functions)
    return list({role.address: role for role in roles}.values())


@then("no policy of theirs allows any of these actions:")
def no_policy_allows(
    pipeline: Pipeline,
    roles: list[Resource],
    datatable: list[list[str]],
    stacks: ResolvedStacks,
    evidence: Recorder,
) -> None:
    """No Allow statement covers the action, on any resource and under any condition."""
    for role in roles:
        access = Access(pipeline, role, stacks, evidence)
        for action in first_column(datatable):
            expected = f"no statement that allows {action}"
            statements = statements_allowing(access.applicable.documents, action)
            for ref in statements:
                holds = False if ref.certain else None
                actions = list(ref.statement.actions or ()) or "every action outside its NotAction"
                access.record_statement(
                    holds, ref.statement, "Action", expected=expected, found=actions
                )
            if not statements:
                evidence.check(True, role, expected=expected, found="none")
