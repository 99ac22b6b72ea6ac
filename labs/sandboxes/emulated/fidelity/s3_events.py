"""S3's notifications, SNS's deliveries to functions: each only where the target's own policy lets the service in.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
"""

from __future__ import annotations

from typing import Any, Final

import xmltodict
from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.moto_api._internal import mock_random
from moto.s3 import notifications
from moto.s3.models import s3_backends
from moto.s3.responses import S3Response
from moto.sns.models import Subscription, sns_backends
from moto.sqs.models import sqs_backends

from graders.iam import Policies, decide
from graders.iam.services import as_service
from labs.sandboxes.emulated.authorization import guard_of, service_may
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.functions import works
from labs.sandboxes.emulated.functions.invocations import find
from labs.sandboxes.emulated.hooks import Call, before
from labs.sandboxes.emulated.world import SOURCE_ADDRESS, WORLD

_S3: Final = "s3.amazonaws.com"
_ACTIONS: Final = {"lambda": "lambda:InvokeFunction", "sqs": "sqs:SendMessage", "sns": "sns:Publish"}


def install() -> None:
    """Hand events over by policy, after the call; with what moto leaves out of them."""
    whole, send_queue, send_topic = (
        notifications._get_s3_event,
        notifications._send_sqs_message,
        notifications._send_sns_message,
    )

    def event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
        made: dict[str, Any] = whole(event_name, bucket, key, notification_id)
        for record in made["Records"]:
            record |= {
                "userIdentity": {"principalId": f"AWS:{WORLD.caller.rpartition('/')[2]}"},
                "requestParameters": {"sourceIPAddress": SOURCE_ADDRESS},
                "responseElements": {"x-amz-request-id": mock_random.uuid4().hex[:16].upper(), "x-amz-id-2": "-"},
            }
            record["s3"]["bucket"]["ownerIdentity"] = {"principalId": bucket.account_id}
            told = record["s3"]["object"]
            told["sequencer"] = f"{int(WORLD.at * 1e6):016X}"
            if "Removed" in str(event_name):
                told.pop("size", None), told.pop("eTag", None)
            if getattr(key, "version_id", None) and bucket.is_versioned:
                told["versionId"] = key.version_id
        return made

    def to_function(account_id: str, event_body: Any, fn_arn: str, region_name: str) -> None:
        if _may(account_id, fn_arn, event_body):
            works.add(fn_arn, event_body)

    def to_queue(account_id: str, event_body: Any, queue_name: str, region_name: str) -> None:
        if _may(account_id, f"arn:aws:sqs:{region_name}:{account_id}:{queue_name}", event_body):
            send_queue(account_id, event_body, queue_name, region_name)

    def to_topic(account_id: str, event_body: Any, topic_arn: str, region_name: str) -> None:
        if _may(account_id, topic_arn, event_body):
            send_topic(account_id, event_body, topic_arn, region_name)

    notifications._get_s3_event, notifications._invoke_awslambda = event, to_function
    notifications._send_sqs_message, notifications._send_sns_message = to_queue, to_topic
    publish = Subscription.publish

    def deliver(self: Any, message: str, message_id: str, *args: Any, **kwargs: Any) -> None:
        if self.protocol != "lambda":
            publish(self, message, message_id, *args, **kwargs)
            return
        _tell_function(self, message, message_id, *args, **kwargs)

    Subscription.publish = deliver
    read = S3Response._notification_config_from_body

    def read_as_s3_does(self: Any) -> Any:
        self.body = _plain_rules(self.body)
        return read(self)

    S3Response._notification_config_from_body = read_as_s3_does


def _plain_rules(body: Any) -> str:
    """Return the configuration as moto reads it: names of rules in lower case, and no rule that lets everything pass."""
    lists = [f"{each}Configuration" for each in ("Topic", "Queue", "CloudFunction")]
    told = xmltodict.parse(body, force_list=(*lists, "FilterRule"))
    for name in lists:
        for each in (told["NotificationConfiguration"] or {}).get(name) or []:
            rules = ((each.get("Filter") or {}).get("S3Key") or {}).get("FilterRule") or []
            kept = [{**rule, "Name": str(rule["Name"]).lower()} for rule in rules if rule.get("Value")]
            each.pop("Filter", None)
            if kept:
                each["Filter"] = {"S3Key": {"FilterRule": kept}}
    return str(xmltodict.unparse(told))


def _may(account: str, arn: str, event: dict[str, Any]) -> bool:
    records = event.get("Records") or []
    bucket = records[0]["s3"]["bucket"]["name"] if records else str(event.get("Bucket", ""))
    return _lets_in(account, arn, bucket)


def _lets_in(account: str, arn: str, bucket: str) -> bool:
    """A bucket's ARN names no account: S3 tells it beside (aws:SourceAccount)."""
    target = guard_of(account, arn)
    request = as_service(
        _S3, _ACTIONS[arn.split(":")[2]], arn, source_arn=f"arn:aws:s3:::{bucket}", source_account=account
    )
    return decide(request, Policies(target.owner, resource=target.policies)).allowed


@before("s3", "PutBucketNotificationConfiguration")
def filters_have_one_rule_of_a_kind(call: Call) -> None:
    """Refuse a rule that is neither a prefix nor a suffix (in capitals or not), and a second one of a kind.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    for told in (call.parameters.get("NotificationConfiguration") or {}).values():
        for each in told if isinstance(told, list) else []:
            rules = ((each.get("Filter") or {}).get("Key") or {}).get("FilterRules") or []
            names = [str(rule.get("Name", "")).lower() for rule in rules]
            if not {*names} <= {"prefix", "suffix"}:
                raise AwsError("InvalidArgument", "filter rule name must be either prefix or suffix", 400)
            for name in {*names}:
                if names.count(name) > 1:
                    message = f"Cannot specify more than one {name} rule in a filter."
                    raise AwsError("InvalidArgument", message, 400)


@before("s3", "PutBucketNotificationConfiguration")
def destinations_must_let_s3_in(call: Call) -> None:
    """Refuse a destination that is not there, or whose policy does not let S3 in.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
    """
    headers = {name.lower(): value for name, value in call.request.headers}
    if headers.get("x-amz-skip-destination-validation", "").lower() == "true":
        return
    bucket = str(call.parameters.get("Bucket", ""))
    if bucket not in s3_backends[call.account_id]["aws"].buckets:
        return
    given = call.parameters.get("NotificationConfiguration") or {}
    for kind, name in (
        ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
        ("QueueConfigurations", "QueueArn"),
        ("TopicConfigurations", "TopicArn"),
    ):
        for each in given.get(kind) or []:
            arn = str(each.get(name, ""))
            if not _is_there(arn) or not _lets_in(call.account_id, arn, bucket):
                raise AwsError("InvalidArgument", "Unable to validate the following destination configurations", 400)


def _is_there(arn: str) -> bool:
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return False
    _, _, service, region, account, name = parts
    if service == "lambda":
        try:
            find(account, region, arn)
        except AwsError:
            return False
        return True
    if service == "sqs":
        return name in sqs_backends[account][region].queues
    return service == "sns" and arn in sns_backends[account][region].topics


def _tell_function(
    self: Any,
    message: str,
    message_id: str,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    group_id: str | None = None,
    deduplication_id: str | None = None,
    message_structure: str | None = None,
) -> None:
    matcher = self._filter_policy_matcher
    if matcher is not None and not matcher.matches(message_attributes, message):
        return
    if message_structure == "json":
        message = self._parse_message_structure(message, self.protocol)
    topic, arn = str(self.topic.arn), str(self.endpoint)
    if not service_may("sns.amazonaws.com", _ACTIONS["lambda"], arn, source=topic):
        return
    told = {
        "SignatureVersion": "1",
        "Timestamp": iso_8601_datetime_with_milliseconds(),
        "Signature": "EXAMPLE",
        "SigningCertUrl": "EXAMPLE",
        "MessageId": message_id,
        "Message": message,
        "MessageAttributes": {
            name: {"Type": value.get("Type") or value.get("data_type"), "Value": value.get("Value")}
            for name, value in (message_attributes or {}).items()
        },
        "Type": "Notification",
        "UnsubscribeUrl": "EXAMPLE",
        "TopicArn": topic,
        "Subject": subject,
    }
    record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": self.arn, "Sns": told}
    works.add(arn, {"Records": [record]})
