"""The AWS CLI, imported once and used once a service before the first run. Only the runner's process imports this.

awscli brings a botocore of its own, under the same name as boto3's: never import both into one process.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NOWHERE = "/nonexistent"
# One command of each service that a lab may begin with; another one works too, and reads its model at its first call.
COMMANDS = (
    "acm list-certificates",
    "apigateway get-rest-apis",
    "apigatewayv2 get-apis",
    "application-autoscaling describe-scalable-targets --service-namespace ecs",
    "athena list-work-groups",
    "autoscaling describe-auto-scaling-groups",
    "backup list-backup-vaults",
    "budgets describe-budgets --account-id 123456789012",
    "cloudformation describe-stacks",
    "cloudfront list-distributions",
    "cloudtrail describe-trails",
    "cloudwatch describe-alarms",
    "codebuild list-projects",
    "codepipeline list-pipelines",
    "cognito-idp list-user-pools --max-results 10",
    "configservice describe-configuration-recorders",
    "deploy list-applications",
    "dynamodb list-tables",
    "ec2 describe-vpcs",
    "ecr describe-repositories",
    "ecs list-clusters",
    "efs describe-file-systems",
    "eks list-clusters",
    "elasticache describe-cache-clusters",
    "elbv2 describe-load-balancers",
    "events list-rules",
    "firehose list-delivery-streams",
    "glue get-databases",
    "guardduty list-detectors",
    "iam list-roles",
    "kinesis list-streams",
    "kms list-keys",
    "lambda list-functions",
    "logs describe-log-groups",
    "organizations list-accounts",
    "rds describe-db-instances",
    "resource-groups list-groups",
    "resourcegroupstaggingapi get-resources",
    "route53 list-hosted-zones",
    "s3 ls",
    "s3api list-buckets",
    "s3control get-public-access-block --account-id 123456789012",
    "scheduler list-schedules",
    "secretsmanager list-secrets",
    "servicediscovery list-namespaces",
    "ses list-identities",
    "sns list-topics",
    "sqs list-queues",
    "ssm describe-parameters",
    "stepfunctions list-state-machines",
    "sts get-caller-identity",
    "wafv2 list-web-acls --scope REGIONAL",
)
_REFERENCE = {"shape", "documentation"}
CONFIG = "[default]\ns3 =\n    addressing_style = path\n"


class WarmCli:
    """One AWS CLI driver that has parsed, signed, sent (to nobody) and printed before."""

    def __init__(self, config_file: Path) -> None:
        config_file.write_text(CONFIG)
        set_environment(
            AWS_CONFIG_FILE=str(config_file),
            AWS_ENDPOINT_URL="http://127.0.0.1:1",
            AWS_DEFAULT_REGION="us-east-1",
        )
        from awscli import clidriver
        from awscli.customizations import overridesslcommonname

        _make_cheaper()
        _add_hooks_of_a_session_once()
        _check_flags_of_one_command()
        # The CLI sends sqs, rds and others to AWS itself unless --endpoint-url is given: not from here.
        overridesslcommonname.SSL_COMMON_NAMES.clear()
        self.driver: Any = clidriver.create_clidriver()
        self.session: Any = self.driver.session
        self._warm_up()

    def use(
        self, *, access_key_id: str, secret_access_key: str, session_token: str | None, region: str, url: str
    ) -> None:
        """Point this process at one account: every command, whatever its arguments say of an endpoint."""
        set_environment(AWS_DEFAULT_REGION=region, AWS_ENDPOINT_URL=url)
        self.session.set_credentials(access_key_id, secret_access_key, session_token)
        host = urllib.parse.urlsplit(url).netloc

        def to_our_endpoint(parsed_args: Any, **_: Any) -> None:
            parsed_args.endpoint_url = url

        def without_account(request: Any, **_: Any) -> None:
            """s3control's endpoint rules put the account id before any host, and nobody would find 2109….127.0.0.1."""
            parts = urllib.parse.urlsplit(request.url)
            if parts.netloc.endswith(f".{host}"):
                request.url = parts._replace(netloc=host).geturl()

        for event, hook in (("top-level-args-parsed", to_our_endpoint), ("before-sign.s3-control", without_account)):
            self.session.unregister(event, unique_id=hook.__name__)  # of the account before
            self.session.register(event, hook, unique_id=hook.__name__)

    def main(self, arguments: Sequence[str]) -> int:
        """Run `aws <arguments>` in this process; return its exit code. Leaves no trace for the next."""
        variables, config = dict(self.session._session_instance_vars), self.session.get_default_client_config()
        try:
            return int(self.driver.main(list(arguments)) or 0)
        except SystemExit as end:  # argparse's way
            return end.code if isinstance(end.code, int) else 0 if end.code is None else 255
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            # The driver is made for one command: --region, --profile, --no-sign-request and the time-outs stay in it.
            self.session._session_instance_vars.clear()
            self.session._session_instance_vars.update(variables)
            self.session.set_default_client_config(config)

    def _warm_up(self) -> None:
        from botocore.awsrequest import AWSResponse
        from botocore.compat import HTTPHeaders

        def answer(request: Any, **_: Any) -> Any:
            json = "json" in str(request.headers.get("Content-Type", ""))
            action = re.search(rb"Action=(\w+)", request.body or b"")
            result = action[1].decode() + "Result" if action else "Result"
            body = b"{}" if json else f"<Answer><{result}/></Answer>".encode()
            return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(body))

        self.session.set_credentials("AKIAWARMWARMWARMWARM", "warm")
        self.session.register("before-send", answer, unique_id="skylab-warm")
        output, errors = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        try:
            for command in COMMANDS:
                self.main(command.split())
        finally:
            sys.stdout, sys.stderr = output, errors
            self.session.unregister("before-send", unique_id="skylab-warm")


def _make_cheaper() -> None:
    """Let a service's class of clients be made once, not for each command, and the client's copy of all hooks be quick.

    Each is a quarter of what a command costs, and touches pages that all runs share.
    """
    from botocore import client, hooks, loaders

    creator: Any = client.ClientCreator
    loader: Any = loaders.JSONFileLoader
    make, made = creator._create_client_class, dict[str, type]()

    def client_class(self: Any, service_name: str, service_model: Any) -> type:
        if service_name not in made:  # by a name alone: botocore has one version of each service
            made[service_name] = make(self, service_name, service_model)
        return made[service_name]

    creator._create_client_class = client_class
    loader._load_file = _load_file
    _share_hooks(vars(hooks)["_PrefixTrie"], hooks.NodeList)


def _share_hooks(trie: Any, lists: Any) -> None:
    """Let a copy of a tree of hooks share its nodes; who adds or removes one makes the nodes on the way there anew."""
    remove = trie.remove_item

    def copied(self: Any) -> Any:
        copy = trie()
        copy._root = self._root
        return copy

    def anew(node: dict[str, Any] | None, chunk: str | None) -> dict[str, Any]:
        if node is None:
            return {"chunk": chunk, "values": None, "children": {}}
        values = node["values"]
        return {
            "chunk": chunk,
            "values": values and lists(*map(list, values)),
            "children": dict(node["children"]),
        }

    def append_item(self: Any, key: str, value: Any, section: int = 1) -> None:
        node = self._root = anew(self._root, None)
        for part in key.split("."):
            children = node["children"]
            node = children[part] = anew(children.get(part), part)
        if node["values"] is None:
            node["values"] = lists([], [], [])
        node["values"][section].append(value)

    def remove_item(self: Any, key: str, value: Any) -> None:
        node = self._root = anew(self._root, None)
        for part in key.split("."):
            children = node["children"]
            if part not in children:
                break
            node = children[part] = anew(children[part], part)
        remove(self, key, value)

    trie.__copy__, trie.append_item, trie.remove_item = copied, append_item, remove_item


def _add_hooks_of_a_session_once() -> None:
    """Let what reads `file://…` be there once: each command adds it anew, and asks all of them for each option."""
    from awscli import handlers

    module: Any = handlers
    register = module.register_uri_param_handler

    def register_once(session: Any, **more: Any) -> None:
        if not getattr(session, "skylab_reads_files", False):
            session.skylab_reads_files = True
            register(session, **more)

    module.register_uri_param_handler = register_once


def _check_flags_of_one_command() -> None:
    """Hold an EC2 command to its own flags only.

    The CLI tells --flag from --no-flag by a hook on every EC2 command, and leaves it there: the next command, which has no
    such flag, would break.
    """
    from awscli.customizations import toplevelbool

    module: Any = toplevelbool
    validate = module.validate_boolean_mutex_groups

    def validate_own(boolean_pairs: Sequence[Any], parsed_args: Any, **more: Any) -> None:
        own = [pair for pair in boolean_pairs if all(hasattr(parsed_args, flag.py_name) for flag in pair)]
        validate(own, parsed_args, **more)

    module.validate_boolean_mutex_groups = validate_own


def _load_file(_: Any, path: str, open_method: Any) -> Any:
    """Read a service's model as small as it can be: each megabyte is a quarter of a thousand pages in every fork.

    Without the documentation, which no block asks for; with one text for equal texts, and one reference for equal ones.
    """
    if not Path(path).is_file():
        return None
    references: dict[str, dict[str, Any]] = {}

    def compact(found: dict[str, Any]) -> dict[str, Any]:
        if isinstance(found.get("documentation"), str):  # a member of that name is a dict
            found["documentation"] = ""
        for name, value in found.items():
            if type(value) is str:
                found[name] = sys.intern(value)
        if found.keys() == _REFERENCE:
            return references.setdefault(found["shape"], found)
        return found

    with open_method(path, "rb") as file:
        return json.loads(file.read(), object_hook=compact)


class _Raw(io.BytesIO):
    """An answer's body as urllib3 gives it."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


def set_environment(**more: str) -> None:
    """Leave nothing of the environment but what the AWS CLI needs, and `more`."""
    kept = {
        "PATH": "/usr/bin:/bin",
        "HOME": NOWHERE,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.environ.get("AWS_CONFIG_FILE", NOWHERE),
        "AWS_SHARED_CREDENTIALS_FILE": NOWHERE,
        **more,
    }
    os.environ.clear()
    os.environ.update(kept)
