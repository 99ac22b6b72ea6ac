"""Who has no policy may do nothing, whatever the service; and who may do all of one service may do nothing of the next."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused
from labs.sandboxes.emulated.warm import READS

FREE = {("sts", "GetCallerIdentity")}
OF_AN_ACCOUNT = ("s3control",)  # the warm-up's call names the account that it works in
CODES = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")


def call(tool: Any, read: tuple[Any, ...]) -> str:
    """The error code of a call, or ""."""
    service, operation, *parameters = read
    try:
        tool(service, operation, **(parameters[0] if parameters else {}))
    except Refused as refused:
        return str(refused.response.error_code)
    return ""


@pytest.fixture
def nobody(box: Any) -> Any:
    box("iam", "CreateUser", UserName="nobody")
    return box.tool(box("iam", "CreateAccessKey", UserName="nobody")["AccessKey"]["AccessKeyId"])


def test_every_service_refuses_by_its_own_code(nobody: Any) -> None:
    answers = {read[:2]: call(nobody, read) for read in READS if read[:2] not in FREE}
    assert {code for code in answers.values() if code not in CODES} == set(), answers


def test_every_service_lets_an_administrator_in(box: Any) -> None:
    answers = {read[:2]: call(box, read) for read in READS if read[0] not in OF_AN_ACCOUNT}
    assert {name: code for name, code in answers.items() if code in CODES} == {}


def test_rights_over_a_service_are_rights_over_that_one(box: Any, nobody: Any) -> None:
    for read in READS:
        if read[:2] in FREE or read[0] in OF_AN_ACCOUNT:
            continue
        prefix = call_prefix(nobody, read)
        statement = {"Effect": "Allow", "Action": f"{prefix}:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        box("iam", "PutUserPolicy", UserName="nobody", PolicyName="own", PolicyDocument=document)
        assert call(nobody, read) not in CODES, read
        other = ("sns", "ListTopics") if prefix != "sns" else ("sqs", "ListQueues")
        assert call(nobody, other) in CODES, read
        box("iam", "DeleteUserPolicy", UserName="nobody", PolicyName="own")


def call_prefix(tool: Any, read: tuple[Any, ...]) -> str:
    """The service prefix of the action that a refusal names: "cloudwatch" for monitoring, and so on."""
    with pytest.raises(Refused) as refused:
        tool(read[0], read[1], **(read[2] if len(read) > 2 else {}))
    return str(refused.value.response.error_message).partition("to perform: ")[2].partition(":")[0]
