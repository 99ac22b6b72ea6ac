"""Rights asked of small accounts: who may do everything, and what is public."""

from __future__ import annotations

import pytest

from graders import BotoAccount
from labs.diagram import Answer, Asked, Sketch, ask, sketch
from tests.labs.diagram.building import policy


def asked(account: BotoAccount, seen: Sketch, thing: str, question: str) -> Answer:
    answer = ask(account, seen, Asked(thing, question))
    assert answer is not None
    return answer


def said(answer: Answer) -> str:
    return " | ".join([answer.headline, *(one.text for one in answer.lines)])


def test_a_role_with_all_rights_is_said_so_without_listing_them(moto: BotoAccount) -> None:
    iam = moto.client("iam")
    iam.create_user(UserName="boss")
    everything = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    iam.put_user_policy(UserName="boss", PolicyName="all", PolicyDocument=everything)
    seen = sketch(moto, ["iam"])
    answer = asked(moto, seen, "user/boss", "does")
    assert answer.headline == "User boss can do everything in this account" and len(answer.lines) == 1


@pytest.mark.parametrize("public", [True, False])
def test_whether_a_bucket_is_public_is_shown_by_a_request(moto: BotoAccount, public: bool) -> None:
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="acme")
    if public:
        one = {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
        s3.put_bucket_policy(Bucket="acme", Policy=policy({**one, "Resource": "arn:aws:s3:::acme/*"}))
    answer = asked(moto, sketch(moto, ["s3"]), "bucket/acme", "public")
    assert answer.tone == ("yes" if public else "no")
    assert ("Anyone on the internet can s3:GetObject" in said(answer)) is public
