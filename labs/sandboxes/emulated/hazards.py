"""What moto 5.2 would let a caller do to the process that runs it, closed one by one before the first fork.

The letters are the rows of docs/security.md; tests/labs/sandboxes/test_hazards.py holds one test for each, which
fails without its fix. The jail (labs/sandboxes/jail.py) stands behind all of them: a row that somebody forgot is contained.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import yaml
from moto import settings
from moto.core.base_backend import AccountSpecificBackend
from moto.core.common_models import BaseModel
from moto.core.config import default_user_config

from graders.templates import AliasUsed, TemplateLoader
from labs.sandboxes.emulated.bodies import inflate
from labs.sandboxes.emulated.determinism import CLOCK, preserved_random
from labs.sandboxes.emulated.environment import ENVIRONMENT
from labs.sandboxes.emulated.errors import AwsError, not_simulated
from labs.sandboxes.emulated.hooks import Call, before
from labs.sandboxes.emulated.regexes import careful_re
from labs.sandboxes.emulated.world import WORLD

__all__ = ["FIXES", "check_environment", "close_all"]

TEMPLATE_BYTES: Final = 51_200
OBJECT_BYTES: Final = 16 << 20
STORE_BYTES: Final = 64 << 20
INSTANCES_A_CALL: Final = 20
INSTANCES: Final = 100
_ALIASES: Final = 20

FIXES: Final[dict[str, Callable[[], None]]] = {}


def _closes(row: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def register(fix: Callable[[], None]) -> Callable[[], None]:
        FIXES[row] = fix
        return fix

    return register


def close_all() -> None:
    """Close every row. Once, in the zygote, after all of moto is imported."""
    for fix in FIXES.values():
        fix()


def _load_template(text: Any, *_: Any, **__: Any) -> Any:
    if len(text) > TEMPLATE_BYTES:
        raise AwsError(
            "ValidationError",
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {TEMPLATE_BYTES}",
            400,
        )
    try:
        return yaml.load(text, Loader=TemplateLoader)  # noqa: S506  it is a SafeLoader
    except AliasUsed as error:
        raise AwsError("ValidationError", f"Template error: {error}", 400) from error
    except yaml.constructor.ConstructorError as error:
        raise AwsError("ValidationError", f"Template format error: {error.problem}", 400) from error


def _find_no_fault(template: str) -> list[Any]:
    """Say of a template that can be read what cfn-lint says of a good one: nothing."""
    _load_template(template)
    return []


@_closes("M1 M13 M14")
def templates_are_data() -> None:
    """Read CloudFormation templates with a safe loader: moto's runs any Python that a template names."""
    from moto.cloudformation import models, responses

    stand_in = ModuleType("yaml")
    stand_in.__dict__.update(yaml.__dict__, load=_load_template, add_multi_constructor=lambda *_, **__: None)
    for module in (models, responses):
        module.yaml = stand_in
    models.validate_template_cfn_lint = _find_no_fault


@_closes("M13b")
def yaml_stays_small() -> None:
    """Take few aliases in the other services' YAML: each level of a bomb multiplies what the next one makes of it."""
    compose = yaml.composer.Composer.compose_node

    def counting(self: Any, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            self.aliases = getattr(self, "aliases", 0) + 1
            if self.aliases > _ALIASES:
                raise AwsError("ValidationException", f"A document may hold at most {_ALIASES} YAML aliases.", 400)
        return compose(self, parent, index)

    yaml.composer.Composer.compose_node = counting  # type: ignore[method-assign]


@_closes("M2 M3 M4 M20 M22")
def nothing_goes_out() -> None:
    """Turn each HTTP request that a service would make into a delivery that the inbox shows."""
    import requests

    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and getattr(module, "requests", None) is requests:
            module.requests = _recording(requests, name.split(".")[1])  # type: ignore[attr-defined]
    from moto.sns.models import Subscription

    Subscription.get_post_data = _sns_message


def _recording(requests: ModuleType, service: str) -> ModuleType:
    def record(method: str, url: str, **kwargs: Any) -> Any:
        body = kwargs.get("json", kwargs.get("data"))
        WORLD.deliver(service, url.split(":", 1)[0], url, body, method=method)
        answer = requests.Response()
        answer.status_code = 200
        return answer

    stand_in = ModuleType("requests")
    stand_in.__dict__.update(requests.__dict__, request=record)
    for method in ("get", "post", "put", "patch", "delete", "head", "options"):
        setattr(stand_in, method, functools.partial(record, method.upper()))
    return stand_in


def _sns_message(
    self: Any, message: str, message_id: str, subject: str | None, message_attributes: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what SNS posts, but for the signature: moto makes a new RSA key for each subscription to sign with."""
    from moto.core.utils import iso_8601_datetime_with_milliseconds

    said = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": self.topic.arn,
        "Message": message,
        "Timestamp": iso_8601_datetime_with_milliseconds(),
        "SignatureVersion": "1",
        "Signature": "",
    }
    return (
        said
        | ({"Subject": subject} if subject else {})
        | ({"MessageAttributes": message_attributes} if message_attributes else {})
    )


@_closes("M12")
def objects_inflate_within_bounds() -> None:
    """Inflate an object that DynamoDB imports to 8 MiB at most (a call's body: dispatch.py, before moto sees it)."""
    from moto.dynamodb.models import table_import

    table_import.gzip_decompress = inflate


@_closes("M16")
def patterns_end() -> None:
    """Let learners' regular expressions reach the matcher only where they cannot run for minutes."""
    for name in ("glue", "sqs", "events", "ecr"):
        models = sys.modules[f"moto.{name}.models"]
        models.re = careful_re(models)  # type: ignore[attr-defined]


@_closes("M17")
def instances_are_counted() -> None:
    """Start 20 instances a call, and 100 in all, at most."""

    @before("ec2", "RunInstances")
    def refuse_many(call: Call) -> None:
        wanted = int(call.parameters.get("MaxCount") or 1)
        from moto.ec2.models import ec2_backends

        backend = ec2_backends[call.account_id][call.region]
        there = sum(len(each.instances) for each in backend.reservations.values())
        limit = INSTANCES_A_CALL if wanted > INSTANCES_A_CALL else INSTANCES
        if wanted > INSTANCES_A_CALL or there + wanted > INSTANCES:
            raise AwsError(
                "InstanceLimitExceeded",
                f"You have requested more instances ({wanted}) than your current instance limit of {limit} allows "
                "for the specified instance type.",
                400,
            )


@_closes("M18")
def the_store_is_small() -> None:
    """Hold objects of 16 MiB, and 64 MiB of them, at most."""

    @before("s3", "PutObject", "UploadPart", "PostObject")
    def refuse_much(call: Call) -> None:
        size = len(call.request.body)
        if size > OBJECT_BYTES:
            raise AwsError(
                "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size of 16 MiB here.", 400
            )
        if size > 1 << 16:
            from moto.s3.models import s3_backends

            buckets = s3_backends[call.account_id]["aws"].buckets.values()
            kept = sum(key.size for bucket in buckets for key in bucket.keys.values() if hasattr(key, "size"))
            parts = (
                part.size
                for bucket in buckets
                for upload in bucket.multiparts.values()
                for part in upload.parts.values()
            )
            if kept + sum(parts) + size > STORE_BYTES:
                raise AwsError("EntityTooLarge", "This sandbox holds at most 64 MiB of objects.", 400)


@_closes("M23")
def events_do_not_run_in_circles() -> None:
    """Stop an event that a rule puts on a bus again after five rounds."""
    from moto.events.models import EventsBackend

    put = EventsBackend.put_events
    depth = [0]

    def counting(self: Any, events: Any) -> Any:
        if depth[0] >= 5:
            return []
        depth[0] += 1
        try:
            return put(self, events)
        finally:
            depth[0] -= 1

    EventsBackend.put_events = counting


@_closes("M24")
def nothing_runs_in_docker() -> None:
    """Answer Lambda and Batch by their simple doubles, and let nobody look for a Docker socket."""
    default_user_config["lambda"]["use_docker"] = False
    default_user_config["batch"]["use_docker"] = False
    from moto.utilities.docker_utilities import DockerModel

    def no_docker(self: Any) -> Any:
        raise not_simulated("docker", "a container")

    DockerModel.docker_client = property(no_docker)
    settings.moto_server_host = lambda: "http://cloudformation.invalid"
    settings.get_docker_host = lambda: "http://cloudformation.invalid"


@_closes("threads")
def threads_run_at_once() -> None:
    """Run what moto would leave to a thread before the call is answered: a cell makes no threads, and replays alike."""

    def start(self: threading.Thread) -> None:
        self._started.set()  # type: ignore[attr-defined]
        self.run()

    threading.Thread.start = start  # type: ignore[method-assign]
    threading.Thread.join = lambda self, timeout=None: None  # type: ignore[method-assign]
    threading.Thread.is_alive = lambda self: False  # type: ignore[method-assign]


@_closes("leaks")
def nothing_is_kept() -> None:
    """Keep no list of every object ever made (moto's dashboard reads it), and ask for a service's regions once."""
    BaseModel.__new__ = lambda cls, *_, **__: object.__new__(cls)
    generate = AccountSpecificBackend._generate_regions.__wrapped__
    known: dict[str, list[str]] = {}

    def regions(self: Any, service_name: str) -> list[str]:
        if service_name not in known:
            known[service_name] = generate(self, service_name)
        return known[service_name]

    AccountSpecificBackend._generate_regions = regions


@_closes("reads")
def backends_are_born_alike() -> None:
    """Make a service's state of a region (its default VPC, say) the same whichever call touches it first.

    A read that touches it is not replayed, and must not take numbers or times from the calls that are.
    """
    find = AccountSpecificBackend.__getitem__

    def find_or_bear(self: Any, region_name: str) -> Any:
        region = "aws" if region_name == "global" else region_name
        if region in self.keys():
            return find(self, region)
        spec, now = WORLD.spec, CLOCK.now
        account = "" if self.account_id == spec.account_id else f":{self.account_id}"
        with preserved_random(f"{WORLD.seed}:{self.service_name}:{region}{account}"):
            CLOCK.now = spec.created_at or now
            try:
                return find(self, region)
            finally:
                CLOCK.now = now

    AccountSpecificBackend.__getitem__ = find_or_bear


@_closes("waiting")
def nobody_waits() -> None:
    """Answer a long poll at once (the gateway asks again), and let no code of moto sleep."""
    import time

    from moto.sqs.models import SQSBackend

    receive = SQSBackend.receive_message

    def at_once(self: Any, queue_name: str, count: int, wait_seconds_timeout: int, *args: Any, **kwargs: Any) -> Any:
        return receive(self, queue_name, count, 0, *args, **kwargs)

    SQSBackend.receive_message = at_once
    time.sleep = lambda seconds: None


def check_environment() -> None:
    """Refuse to go on where moto would read other settings than ours."""
    wrong = {name for name, value in ENVIRONMENT.items() if os.environ.get(name) != value}
    if wrong or settings.events_invoke_http() or settings.s3_allow_crossdomain_access():
        raise RuntimeError(f"moto's environment is not ours: {sorted(wrong)}")
