"""Translates template.yaml as SAM does and creates it in moto's CloudFormation, as far as moto goes.

    python infra/template_test.py template.yaml

Fails when the translation fails, when moto refuses the stack, or when what it made differs from what is
said below. Called by infra/template-test.sh.
"""

import json
import logging
import os
import re
import sys
import warnings
from pathlib import Path

os.environ.update(
    AWS_ACCESS_KEY_ID="moto", AWS_SECRET_ACCESS_KEY="moto", AWS_DEFAULT_REGION="us-east-1"
)

import boto3
from moto import mock_aws
from samcli.yamlhelper import yaml_parse
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.translator import Translator
from samtranslator.parser.parser import Parser

# What it does not know is said at the end.
logging.getLogger("moto").setLevel(logging.ERROR)
warnings.simplefilter("ignore", UserWarning)

STACK = "hookwatch"

# Kinds of resources that moto's CloudFormation does not make.
UNKNOWN_TO_MOTO = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::SNS::Subscription",
    "AWS::Scheduler::Schedule",
    "AWS::SecretsManager::Secret",
}


def translated(path: Path) -> dict:
    """The template without SAM's shorthand."""
    template = yaml_parse(path.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # What `sam package` puts in the folder's place.
            resource["Properties"]["CodeUri"] = "s3://code/bootstrap.zip"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    return translator.translate(template, {"AWS::Region": "us-east-1"})


def of_globals(template: dict) -> list[str]:
    """What SAM did not take from the globals as it is meant."""
    wrong = []
    stages = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::ApiGatewayV2::Stage"]
    if len(stages) != 2:
        wrong.append(f"{len(stages)} APIs, not 2")
    for stage in stages:
        if "$context.identity.sourceIp" not in stage.get("AccessLogSettings", {}).get("Format", ""):
            wrong.append(f"the API {stage['ApiId']} has no access log")
    return wrong


# What a parameter takes, and what stops a deployment.
PATTERNS = {
    "DenyAddresses": (["", "203.0.113.7", "203.0.113.0/24, 2001:db8::/32", "::1"], ["x", "3.18.12", "a,b", "1.2.3.4;5"]),
    "StripeAddresses": (["", "3.18.12.63,3.130.192.231"], ["stripe.com", "3.18.12.63,"]),
    "EntityIndex": (["on", "off", "2026-11-24"], ["yes", "2026-13-01", "2026-11-32", "24.11.2026"]),
    "DomainName": (["", "hooks.example.com"], ["https://hooks.example.com", "Example.com", "hooks"]),
    "CertificateArn": (["", "arn:aws:acm:us-east-1:123456789012:certificate/1"], ["certificate/1"]),
    "PageEmail": (["", "a@example.com"], ["a", "a b@example.com"]),
    "PageHttps": (["", "https://example.com/x"], ["http://example.com", "example.com"]),
}


def patterns(template: dict) -> list[str]:
    """Parameters whose pattern takes or refuses what it should not."""
    wrong = []
    for name, (good, bad) in PATTERNS.items():
        pattern = re.compile(template["Parameters"][name]["AllowedPattern"])
        wrong += [f"{name} refuses {value!r}" for value in good if not pattern.fullmatch(value)]
        wrong += [f"{name} takes {value!r}" for value in bad if pattern.fullmatch(value)]
    return wrong


def create(template: dict, parameters: dict) -> dict:
    """Creates the stack and returns its resources: logical id -> physical id."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="bootstrap.zip", Body=b"no code")
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    )
    resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    return {r["LogicalResourceId"]: r.get("PhysicalResourceId") for r in resources if "LogicalResourceId" in r}


def for_moto(template: dict) -> dict:
    """The template without the custom resource, which calls a function, and without outputs that ask for
    attributes of what moto does not make."""
    resources = dict(template["Resources"])
    del resources["Alarms"]
    for resource in resources.values():
        resource.pop("DependsOn", None)
    unknown = {name for name, r in resources.items() if r["Type"] in UNKNOWN_TO_MOTO}
    outputs = {
        name: output
        for name, output in template["Outputs"].items()
        if not any(name in json.dumps(output["Value"]) for name in unknown)
    }
    schedule = resources["HealthCheckFunctionOnSchedule"]["Properties"]
    schedule["Description"] = "Health check"
    return {**template, "Resources": resources, "Outputs": outputs}


def check(template: dict, made: dict) -> list[str]:
    """What is not as it should be."""
    wrong = []

    def expect(what, seen, wanted):
        if seen != wanted:
            wrong.append(f"{what}: {seen!r}, not {wanted!r}")

    table = boto3.client("dynamodb").describe_table(TableName=made["EventsTable"])["Table"]
    indexes = sorted(index["IndexName"] for index in table["GlobalSecondaryIndexes"])
    expect("indexes", indexes, ["gsi1", "gsi2"])
    expect("deletion protection", table.get("DeletionProtectionEnabled"), True)

    functions = boto3.client("lambda").list_functions()["Functions"]
    expect("functions", len(functions), 3)
    roles = {function["Role"] for function in functions}
    expect("roles of the functions", len(roles), 3)
    for function in functions:
        expect(f"{function['FunctionName']} runtime", function["Runtime"], "provided.al2023")
        for name, value in function["Environment"]["Variables"].items():
            expect(f"{name} has a value", value is not None, True)

    for topic in ("PageTopic", "TicketTopic"):
        expect(topic, made[topic].startswith("arn:aws:sns:"), True)
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    names = sorted(group["logGroupName"] for group in groups)
    ours = [f"/hookwatch/{STACK}/{name}" for name in ("health-check", "ops-api", "webhook-receiver")]
    expect("log groups", names, [f"/aws/vendedlogs/hookwatch/{STACK}/access", *ours])
    for group in groups:
        expect(f"{group['logGroupName']} retention", group.get("retentionInDays"), 30)

    dashboards = boto3.client("cloudwatch").list_dashboards()["DashboardEntries"]
    expect("dashboards", [d["DashboardName"] for d in dashboards], [f"hookwatch-{STACK}"])
    body = boto3.client("cloudwatch").get_dashboard(DashboardName=f"hookwatch-{STACK}")
    expect("widgets", len(json.loads(body["DashboardBody"])["widgets"]), 11)
    return wrong


@mock_aws
def main(path: str) -> int:
    template = for_moto(translated(Path(path)))
    made = create(template, {"PageEmail": "page@example.com", "TicketHttps": "https://example.com/t"})
    wrong = check(template, made) + patterns(template) + of_globals(template)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(made)} resources created in moto, which does not know {', '.join(sorted(UNKNOWN_TO_MOTO))}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
