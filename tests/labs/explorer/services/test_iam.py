"""People, roles and policies, done by clicking."""

from __future__ import annotations

import json
from typing import Any

READ = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def test_rights_come_by_groups(desk: Any) -> None:
    desk.do("iam:policy", "create", PolicyName="readers", PolicyDocument=READ)
    policy = desk.thing("iam:policy", "readers")
    desk.do("iam:group", "create", GroupName="team", policies=[policy.arn, READ_ONLY])
    desk.do("iam:user", "create", UserName="dana", groups=["team"], key=True, tags={"role": "dev"})
    facts = desk.facts("iam:user", "dana")
    assert (facts["Groups"], facts["Policies"], facts["Access keys"]) == ("team", "none", "1 active of 1")
    assert set(desk.facts("iam:group", "team")["Policies"].split(", ")) == {"readers", "AmazonS3ReadOnlyAccess"}
    said = desk.do(
        "iam:user",
        "simulate",
        "dana",
        ActionNames=["s3:GetObject", "s3:DeleteObject"],
        ResourceArns=["arn:aws:s3:::b/x"],
    )
    assert [one["EvalDecision"] for one in said["EvaluationResults"]] == ["allowed", "implicitDeny"]
    desk.do("iam:group", "detach", "team", row=READ_ONLY)
    desk.do("iam:user", "leave", "dana", row="team")
    assert desk.facts("iam:user", "dana")["Groups"] == "none"
    desk.do("iam:group", "add", "team", users=["dana"])
    desk.do("iam:user", "delete", "dana")
    desk.do("iam:group", "delete", "team")
    assert [one.name for one in desk.things("iam:user")] == ["learner"]
    assert desk.things("iam:group") == []


def test_a_key_is_rotated(desk: Any) -> None:
    desk.do("iam:user", "create", UserName="ci", key=True, Password="correct horse battery")
    [old] = [row[0] for row in desk.rows("iam:user", "ci", "keys")]
    desk.do("iam:user", "add-key", "ci")
    desk.do("iam:user", "rotate", "ci", row=old)
    assert desk.facts("iam:user", "ci")["Access keys"] == "1 active of 2"
    desk.do("iam:user", "remove-key", "ci", row=old)
    assert len(desk.rows("iam:user", "ci", "keys")) == 1
    desk.do("iam:user", "mfa", "ci")
    assert desk.facts("iam:user", "ci")["MFA"] == "yes"
    desk.do("iam:user", "no-password", "ci")
    assert desk.facts("iam:user", "ci")["Console password"] == "no"


def test_a_server_s_role_comes_with_its_profile(desk: Any) -> None:
    desk.do("iam:role", "create", RoleName="app", policies=[READ_ONLY])
    assert desk.facts("iam:role", "app")["Trusts"] == "ec2"
    assert desk.facts("iam:profile", "app")["Role"] == "app"
    desk.do("iam:role", "add-inline", "app", PolicyName="own", PolicyDocument=ALL)
    [row] = [one for part in desk.thing("iam:role", "app").parts if part.id == "inline" for one in part.rows]
    assert (row.cells[1], row.tone) == ("everything on everything", "bad")
    desk.do("iam:role", "inline", "app", row="own", PolicyDocument=READ)
    assert desk.rows("iam:role", "app", "inline") == [("own", "1 statement")]
    desk.do("iam:role", "edit", "app", MaxSessionDuration=7200)
    assert desk.facts("iam:role", "app")["Longest session"] == "7200 seconds"
    desk.do("iam:role", "tags", "app", tags={"Team": "backend"})
    assert desk.thing("iam:role", "app").tags == {"Team": "backend"}
    desk.do("iam:role", "delete", "app")
    assert desk.facts("iam:profile", "app")["Role"] == "none"
    desk.do("iam:profile", "delete", "app")


def test_a_partner_must_give_the_external_id(desk: Any) -> None:
    desk.do("iam:policy", "create", PolicyName="limit", PolicyDocument=READ)
    limit = desk.thing("iam:policy", "limit")
    desk.do(
        "iam:role",
        "create",
        RoleName="partner",
        who="account",
        account="111122223333",
        external="acme-42",
        PermissionsBoundary=limit.arn,
    )
    role = desk.thing("iam:role", "partner")
    [statement] = role.data["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "acme-42"}}
    assert desk.facts("iam:role", "partner")["Boundary"] == limit.arn
    desk.do("iam:role", "boundary", "partner", PermissionsBoundary="")
    assert desk.facts("iam:role", "partner")["Boundary"] == "none"


def test_a_policy_keeps_its_versions(desk: Any) -> None:
    desk.do("iam:policy", "create", PolicyName="deploy", PolicyDocument=ALL)
    desk.do("iam:policy", "edit", "deploy", PolicyDocument=READ)
    rows = {row[0]: row[1:3] for row in desk.rows("iam:policy", "deploy", "versions")}
    assert rows == {"v1": ("", "everything on everything"), "v2": ("in force", "1 statement")}
    desk.do("iam:policy", "use", "deploy", row="v1")
    assert desk.facts("iam:policy", "deploy")["Version"] == "v1"
    desk.do("iam:policy", "delete", "deploy")
    assert desk.things("iam:policy") == []


def test_the_password_policy_is_the_account_s(desk: Any) -> None:
    desk.do(
        "iam:settings",
        "edit",
        "password-policy",
        MinimumPasswordLength=16,
        RequireSymbols=True,
        MaxPasswordAge=90,
        PasswordReusePrevention=5,
    )
    [it] = desk.things("iam:settings")
    assert {fact.label: (fact.value, fact.tone) for fact in it.facts}["At least"] == ("16 characters", "good")
    assert it.data["PasswordReusePrevention"] == 5
