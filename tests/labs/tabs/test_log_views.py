"""The API log: filters, what is told of one call, and why one failed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labs.calllog import changed, source_of
from labs.models import ApiCall, LabSession

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/labs/sessions/x/"}
Call = Callable[..., ApiCall]


def rows(client: Client, session: LabSession, **query: str) -> str:
    return str(client.get(reverse("session_log", args=[session.pk]), query, headers=HTMX).content.decode())


def told(client: Client, session: LabSession, call: ApiCall) -> str:
    answer = client.get(reverse("session_call", args=[session.pk, call.seq]), headers=HTMX)
    assert answer.status_code == 200
    return str(answer.content.decode())


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def client(client: Client, bob: Any) -> Client:
    client.force_login(bob)
    return client


def test_calls_are_filtered_by_kind_service_and_words(client: Client, session: LabSession, call: Call) -> None:
    call("s3:CreateBucket", {"Bucket": "teal-one"})
    call("s3:ListBuckets")
    call("iam:CreateRole", {"RoleName": "amber"}, error="EntityAlreadyExists: Role amber exists", status=409)
    assert rows(client, session).count('<li id="call-1-') == 3
    changes = rows(client, session, only="changes")
    assert "s3:CreateBucket" in changes and "ListBuckets" not in changes and "CreateRole" not in changes
    errors = rows(client, session, only="errors")
    assert "CreateRole" in errors and "CreateBucket" not in errors
    assert "CreateRole" not in rows(client, session, service="s3")
    words = rows(client, session, words="TEAL create")
    assert "s3:CreateBucket" in words and "CreateRole" not in words
    assert "No call fits these filters" in rows(client, session, words="nothing at all")


def test_older_calls_come_by_the_two_hundred(client: Client, session: LabSession, call: Call) -> None:
    one = call("s3:ListBuckets")
    ApiCall.objects.bulk_create(ApiCall(**{**_values(one), "seq": seq, "pk": None}) for seq in range(2, 452))
    first = rows(client, session)
    assert first.count('<li id="call-1-') == 200 and 'data-log-rows="400"' in first
    assert rows(client, session, rows="600").count('<li id="call-1-') == 451
    assert 'id="log-older"' not in rows(client, session, rows="600")
    assert rows(client, session, before="10").count('<li id="call-1-') == 9


def _values(one: ApiCall) -> dict[str, Any]:
    return {field.attname: getattr(one, field.attname) for field in ApiCall._meta.concrete_fields}


@pytest.mark.parametrize(
    "query", [{"rows": "-1"}, {"rows": "9" * 30}, {"before": "x"}, {"only": "<b>"}, {"words": "\0%_'"}]
)
def test_any_address_is_answered(client: Client, session: LabSession, call: Call, query: dict[str, str]) -> None:
    call("s3:ListBuckets")
    assert client.get(reverse("session_log", args=[session.pk]), query, headers=HTMX).status_code == 200


@pytest.mark.usefixtures("bobs_class")
def test_a_stranger_sees_no_call_and_who_teaches_sees_all(
    client: Client, session: LabSession, call: Call, eve: Any, ada: Any
) -> None:
    made = call("s3:ListBuckets")
    client.force_login(ada)
    assert "s3:ListBuckets" in rows(client, session) and told(client, session, made)
    client.force_login(eve)
    for where in (reverse("session_log", args=[session.pk]), reverse("session_call", args=[session.pk, made.seq])):
        assert client.get(where, headers=HTMX).status_code == 404


def test_a_call_of_somebody_else_or_of_the_start_is_not_there(client: Client, session: LabSession, call: Call) -> None:
    start = call("s3:CreateBucket", source="start")
    assert client.get(reverse("session_call", args=[session.pk, start.seq]), headers=HTMX).status_code == 404
    assert client.get(reverse("session_call", args=[session.pk, 99]), headers=HTMX).status_code == 404


def test_a_call_tells_its_command_and_what_it_changed(client: Client, session: LabSession, call: Call) -> None:
    text = told(client, session, call("s3:CreateBucket", {"Bucket": "acme"}))
    assert "aws s3api create-bucket --bucket acme" in text and "Created bucket acme." in text
    assert 'class="button small quiet run"' in text


def test_a_secret_is_not_in_a_command_that_can_be_run(client: Client, session: LabSession, call: Call) -> None:
    made = call("secretsmanager:CreateSecret", {"Name": "db", "SecretString": "***"})
    text = told(client, session, made)
    assert "put yours in the place of ***" in text and "quiet run" not in text


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("s3:PutBucketPolicy", {"Bucket": "b"}, "Set bucket policy of b."),
        ("ec2:TerminateInstances", {"InstanceIds": ["i-1"]}, "Terminated instances."),
        ("iam:AttachRolePolicy", {"RoleName": "r"}, "Attached role policy r."),
        ("sts:GetCallerIdentity", {}, "Nothing: it only read."),
        ("sqs:PurgeQueue", {"QueueUrl": "http://x/q"}, "Emptied queue http://x/q."),
    ],
)
def test_what_a_call_changed_is_a_sentence(call: Call, name: str, parameters: Any, words: str) -> None:
    assert changed(call(name, parameters)) == words


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("aws-cli in the browser", "Terminal tab (aws-cli)"),
        ("aws-cli", "AWS CLI"),
        ("skylab-explorer", "Resources tab"),
        ("boto3", "boto3 (SDK)"),
        ("Terraform", "Terraform"),
    ],
)
def test_where_a_call_came_from_is_said(call: Call, tool: str, words: str) -> None:
    assert source_of(call("s3:ListBuckets", tool=tool)) == words


def test_a_denied_call_names_the_statement_and_says_that_it_was_decided_again(
    client: Client, session: LabSession, call: Call, aws: Callable[[str], Any]
) -> None:
    aws("s3").create_bucket(Bucket="acme")
    aws("iam").create_user(UserName="ann")
    allow = {"Sid": "Most", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    deny = {"Sid": "NoDelete", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    aws("iam").put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document(allow, deny))
    who = "arn:aws:iam::123456789012:user/ann"
    said = (
        f'AccessDenied: User: {who} is not authorized to perform: s3:DeleteBucket on resource: "arn:aws:s3:::acme" with'
    )
    made = call("s3:DeleteBucket", {"Bucket": "acme"}, error=said, status=403, principal=who)
    text = told(client, session, made)
    assert "An explicit Deny: statement “NoDelete” of the policy own of user ann" in text
    assert "Decided again just now" in text
    aws("iam").put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document(allow))
    assert "Denied then, allowed now" in told(client, session, made)


def test_a_call_that_nothing_allowed_says_what_would(
    client: Client, session: LabSession, call: Call, aws: Callable[[str], Any]
) -> None:
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    aws("iam").create_role(RoleName="job", AssumeRolePolicyDocument=trust)
    who = "arn:aws:sts::123456789012:assumed-role/job/me"
    made = call("dynamodb:ListTables", error="AccessDeniedException: no", status=400, principal=who)
    text = told(client, session, made)
    assert "Nothing lets it through" in text and "An Allow for dynamodb:ListTables" in text


def test_a_name_that_is_not_there_gets_the_names_that_are(
    client: Client, session: LabSession, call: Call, aws: Callable[[str], Any]
) -> None:
    for name in ("acme-invoices", "other"):
        aws("s3").create_bucket(Bucket=name)
    made = call("s3:ListObjectsV2", {"Bucket": "acme-invoice"}, error="NoSuchBucket: no such bucket", status=404)
    text = told(client, session, made)
    assert (
        "There is no acme-invoice" in text and "<code>acme-invoices</code>" in text and "<code>other</code>" not in text
    )
    aws("s3").put_object(Bucket="other", Key="reports/q1.csv", Body=b"")
    key = call("s3:GetObject", {"Bucket": "other", "Key": "reports/q2.csv"}, error="NoSuchKey: none", status=404)
    assert "<code>reports/q1.csv</code>" in told(client, session, key)


def test_a_value_that_aws_does_not_take_gets_those_that_it_does(
    client: Client, session: LabSession, call: Call
) -> None:
    made = call("sns:Subscribe", {"Protocol": "email"}, error="InvalidParameter: Invalid parameter: TopicArn")
    assert "TopicArn is missing" in told(client, session, made)
    wrong = call("s3:PutBucketAcl", {"Bucket": "b", "ACL": "open"}, error="InvalidArgument: Invalid ACL")
    assert "One of private, public-read" in told(client, session, wrong)
    status = {"Bucket": "b", "VersioningConfiguration": {"Status": "On"}}
    inner = call("s3:PutBucketVersioning", status, error="MalformedXML: The XML you provided was not well-formed")
    assert "Status is one of Enabled, Suspended." in told(client, session, inner)
    bad = document({"Effect": "Maybe", "Action": "s3:*", "Resource": "*"})
    policy = call(
        "iam:CreatePolicy", {"PolicyName": "p", "PolicyDocument": bad}, error="MalformedPolicyDocument: Syntax"
    )
    assert "PolicyDocument:" in told(client, session, policy) and "Effect" in told(client, session, policy)


def test_what_exists_already_names_the_call_that_made_it(client: Client, session: LabSession, call: Call) -> None:
    call("iam:CreateRole", {"RoleName": "job"})
    again = call("iam:CreateRole", {"RoleName": "job"}, error="EntityAlreadyExists: Role exists", status=409)
    assert "Call 1 of this log made it" in told(client, session, again)


def test_in_an_exam_a_failed_call_says_what_aws_says(client: Client, session: LabSession, call: Call) -> None:
    session.exam = True
    session.save()
    text = told(client, session, call("s3:GetObject", {"Bucket": "b"}, error="AccessDenied: no", status=403))
    assert "call-why" not in text and "no more" in text


def test_a_call_is_a_page_too(client: Client, session: LabSession, call: Call) -> None:
    made = call("s3:CreateBucket", {"Bucket": "<script>"})
    page = client.get(reverse("session_call", args=[session.pk, made.seq])).content.decode()
    assert "<h1>s3:CreateBucket</h1>" in page and '<script>"' not in page and "&lt;script&gt;" in page
    assert "<h1>API log</h1>" in client.get(reverse("session_log", args=[session.pk])).content.decode()
