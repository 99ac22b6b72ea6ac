"""Mail of SES and codes of Cognito: in the inbox, and a wrong code is refused."""

from __future__ import annotations

from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused

POOL = {"PoolName": "shop", "AutoVerifiedAttributes": ["email"]}


def test_mail_that_ses_sends_is_in_the_inbox(box: Any) -> None:
    box("ses", "VerifyEmailIdentity", EmailAddress="shop@example.com")
    body = {"Subject": {"Data": "Your order"}, "Body": {"Text": {"Data": "It is on its way."}}}
    to = {"ToAddresses": ["ann@example.com"], "CcAddresses": ["bob@example.com"]}
    box("ses", "SendEmail", Source="shop@example.com", Destination=to, Message=body)
    [mail] = box.inbox()
    assert (mail["service"], mail["endpoint"], mail["subject"]) == (
        "ses",
        "ann@example.com, bob@example.com",
        "Your order",
    )
    assert mail["body"] == "It is on its way." and mail["sender"] == "shop@example.com"


def test_raw_mail_is_read_for_its_subject_and_its_text(box: Any) -> None:
    box("ses", "VerifyEmailIdentity", EmailAddress="shop@example.com")
    raw = b"From: shop@example.com\nTo: ann@example.com\nSubject: Hello\nContent-Type: text/plain\n\nGood morning.\n"
    box("ses", "SendRawEmail", Source="shop@example.com", Destinations=["ann@example.com"], RawMessage={"Data": raw})
    [mail] = box.inbox()
    assert mail["subject"] == "Hello" and mail["body"].strip() == "Good morning."


def pool_of(box: Any, **more: Any) -> tuple[str, str]:
    pool = box("cognito-idp", "CreateUserPool", **POOL | more)["UserPool"]["Id"]
    app = box("cognito-idp", "CreateUserPoolClient", UserPoolId=pool, ClientName="web")
    return pool, app["UserPoolClient"]["ClientId"]


def test_who_signs_up_gets_a_code_and_only_that_one_confirms(box: Any) -> None:
    _, app = pool_of(box)
    who = {"ClientId": app, "Username": "ann"}
    email = [{"Name": "email", "Value": "ann@example.com"}]
    box("cognito-idp", "SignUp", **who, Password="Correct-horse-1", UserAttributes=email)
    [mail] = box.inbox()
    assert mail["endpoint"] == "ann@example.com" and mail["code"] in mail["body"] and len(mail["code"]) == 6
    wrong = "000000" if mail["code"] != "000000" else "111111"
    with pytest.raises(Refused, match="CodeMismatchException"):
        box("cognito-idp", "ConfirmSignUp", **who, ConfirmationCode=wrong)
    box("cognito-idp", "ConfirmSignUp", **who, ConfirmationCode=mail["code"])


def test_a_pool_that_verifies_nothing_sends_nothing(box: Any) -> None:
    _, app = pool_of(box, AutoVerifiedAttributes=[])
    email = [{"Name": "email", "Value": "ann@example.com"}]
    box("cognito-idp", "SignUp", ClientId=app, Username="ann", Password="Correct-horse-1", UserAttributes=email)
    assert box.inbox() == []


def test_whom_an_administrator_invites_gets_a_password(box: Any) -> None:
    pool, _ = pool_of(box)
    email = [{"Name": "email", "Value": "bob@example.com"}]
    box("cognito-idp", "AdminCreateUser", UserPoolId=pool, Username="bob", UserAttributes=email)
    [mail] = box.inbox()
    assert mail["kind"] == "invitation" and "bob" in mail["body"]
    box(
        "cognito-idp",
        "AdminCreateUser",
        UserPoolId=pool,
        Username="eve",
        UserAttributes=email,
        MessageAction="SUPPRESS",
    )
    assert len(box.inbox()) == 1
