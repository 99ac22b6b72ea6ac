"""An account that has been read from before: its clients are made once, and point to a job's account in its children.

To make botocore's session and one client takes longer than to ask a sandbox five questions.
"""

from __future__ import annotations

import io
import logging
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import BotoCoreError, ClientError

import graders.iam
import graders.network  # noqa: F401 - both are for authors
from graders import BotoAccount

# Read and used once before the first job. Another service works too, and is read anew in each check.
READS = {
    "s3": "list_buckets",
    "ec2": "describe_vpcs",
    "rds": "describe_db_instances",
    "sns": "list_topics",
    "sqs": "list_queues",
    "cloudwatch": "describe_alarms",
    "iam": "list_roles",
    "sts": "get_caller_identity",
    "dynamodb": "list_tables",
    "lambda": "list_functions",
    "kms": "list_keys",
    "logs": "describe_log_groups",
    "elbv2": "describe_load_balancers",
    "autoscaling": "describe_auto_scaling_groups",
    "cloudtrail": "describe_trails",
    "secretsmanager": "list_secrets",
}
REGION = "us-east-1"
NOWHERE = "http://judge.invalid"
log = logging.getLogger("labs.judge")


class WarmAccount(BotoAccount):
    """Clients of READS in REGION that nobody has used yet, and that have sent nothing."""

    @classmethod
    def made(cls) -> WarmAccount:
        """Read and use all that a usual check needs."""
        nobody = {"access_key_id": "none", "secret_access_key": "none"}
        account = cls(account_id="0" * 12, region=REGION, endpoint_url=NOWHERE, **nobody)
        for service, operation in READS.items():
            try:
                events = account.client(service).meta.events
                events.register("before-send", _answer, unique_id="warm")
                account.read(service, operation)
            except (BotoCoreError, ClientError) as error:  # it is slower then, the first time, and works all the same
                log.info("%s is not warm: %s", service, error)
            events.unregister("before-send", unique_id="warm")
            events.register("before-sign", account._to_endpoint)
        account._kept.clear()
        return account

    def become(self, description: Mapping[str, Any]) -> BotoAccount:
        """In a child: return the account of a job, this very one where the region is the same."""
        if description["region"] != REGION:
            return BotoAccount(**description)
        self.account_id = description["account_id"]
        self._endpoint_url = description["endpoint_url"]
        names = ("access_key_id", "secret_access_key", "session_token")
        self._credentials = tuple(description[name] for name in names)
        keys = self._session.get_credentials()
        keys.access_key, keys.secret_key, keys.token = self._credentials
        return self

    def _to_endpoint(self, request: Any, **_: Any) -> None:
        host = urllib.parse.urlsplit(self._endpoint_url or "")
        request.url = urllib.parse.urlsplit(request.url)._replace(scheme=host.scheme, netloc=host.netloc).geturl()


def _answer(request: Any, **_: Any) -> AWSResponse:
    said = request.body or b""
    action = re.search(r"Action=(\w+)", said if isinstance(said, str) else said.decode(errors="replace"))
    body = f"<Answer><{action[1]}Result/></Answer>".encode() if action else b"{}"
    if "X-Amz-Content-SHA256" in request.headers:  # s3 alone signs its body so
        body = b"<Answer/>"
    return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(body))


class _Raw(io.BytesIO):
    """An answer's body as urllib3 gives it."""

    def stream(self, **_: Any) -> Any:
        yield self.read()
