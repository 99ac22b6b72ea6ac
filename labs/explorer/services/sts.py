"""STS: who you are, and who you may become for a while."""

from __future__ import annotations

from collections.abc import Iterator

from graders import Account
from labs.explorer.model import Action, Fact, Kind, Number, Pick, Service, Text, Thing, call


def _account(account: Account) -> Iterator[Thing]:
    yield Thing(
        account.account_id,
        account.account_id,
        (Fact("Region", account.region),),
        f"arn:aws:iam::{account.account_id}:root",
        {"Account": account.account_id, "Region": account.region},
    )


IDENTITY = Kind(
    "account",
    "Account",
    "Account",
    _account,
    command="aws sts get-caller-identity",
    actions=(
        Action("who", "Who am I?", lambda v, at: [call("sts", "get_caller_identity")], verb="Ask"),
        Action(
            "assume",
            "Take on a role",
            lambda v, at: [
                call(
                    "sts",
                    "assume_role",
                    RoleArn=v["RoleArn"],
                    RoleSessionName=v["RoleSessionName"],
                    ExternalId=v["ExternalId"],
                    DurationSeconds=v["DurationSeconds"],
                )
            ],
            (
                Pick(
                    "RoleArn",
                    "Role",
                    kind="iam:role",
                    by="arn",
                    required=True,
                    free=True,
                    help="Its trust policy must let you.",
                ),
                Text("RoleSessionName", "Session name", initial="me", required=True),
                Text("ExternalId", "External id"),
                Number("DurationSeconds", "For", least=900, most=43_200, unit="seconds"),
            ),
            verb="Assume role",
        ),
        Action(
            "decode",
            "Decode a refusal",
            lambda v, at: [call("sts", "decode_authorization_message", EncodedMessage=v["EncodedMessage"])],
            (
                Text(
                    "EncodedMessage",
                    "Message",
                    required=True,
                    long=True,
                    help="What stands after “Encoded authorization failure message”.",
                ),
            ),
            verb="Decode",
        ),
    ),
)
SERVICE = Service("sts", "STS", "Who you are, and who you may become.", (IDENTITY,), everywhere=True)
