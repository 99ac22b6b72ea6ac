"""The AWS CLI, imported once and used once a service before the first run. Only the runner's process imports this.

awscli brings a botocore of its own, under the same name as boto3's: never import both into one process.
"""

from __future__ import annotations

import gc
import io
import os
import re
import sys
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NOWHERE = "/nonexistent"
# One command of each service that labs use most; another service works too, and loads its model at its first call.
COMMANDS = (
    "s3 ls",
    "s3api list-buckets",
    "ec2 describe-vpcs",
    "rds describe-db-instances",
    "sns list-topics",
    "sqs list-queues",
    "cloudwatch describe-alarms",
    "iam list-roles",
    "sts get-caller-identity",
    "dynamodb list-tables",
    "lambda list-functions",
    "kms list-keys",
    "logs describe-log-groups",
)
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

        # The CLI sends sqs, rds and others to AWS itself unless --endpoint-url is given: not from here.
        overridesslcommonname.SSL_COMMON_NAMES.clear()
        self.driver: Any = clidriver.create_clidriver()
        self.session: Any = self.driver.session
        self._warm_up()
        gc.collect()
        gc.freeze()  # what is warm stays on shared pages in every child

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

        self.session.register("top-level-args-parsed", to_our_endpoint)
        self.session.register("before-sign.s3-control", without_account)

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
