"""EC2: instances in their states, their addresses, and calls that only ask whether they would be allowed.

States are immediate: StartInstances answers "pending" and StopInstances "stopping", as AWS does, and whoever looks next
sees what a waiter waits for.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html: a public address goes with a stop, an
Elastic IP address stays.
"""

from __future__ import annotations

from typing import Any, Final

from moto.ec2 import utils
from moto.ec2.models import EC2Backend, ec2_backends, elastic_ip_addresses
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.responses.instances import InstanceResponse
from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Call, before

_VERBS: Final = {"StartInstances": "started", "StopInstances": "stopped", "RebootInstances": "rebooted"}
# What can be changed only while the instance is stopped: API_ModifyInstanceAttribute.
_WHILE_STOPPED: Final = ("InstanceType", "UserData", "EbsOptimized", "Kernel", "Ramdisk", "EnaSupport")
# Filters of DescribeInstances that moto does not know, and what of an instance they speak of: API_DescribeInstances.
_FILTERS: Final = {
    "client-token": "client_token",
    "hypervisor": "hypervisor",
    "instance-lifecycle": "lifecycle",
    "metadata-options.http-endpoint": "metadata_options.http_endpoint",
    "metadata-options.http-tokens": "metadata_options.http_tokens",
    "metadata-options.instance-metadata-tags": "metadata_options.instance_metadata_tags",
    "monitoring-state": "monitoring_state",
    "platform": "platform",
    "root-device-name": "root_device_name",
    "root-device-type": "root_device_type",
    "tenancy": "placement.tenancy",
    "virtualization-type": "virtualization_type",
}


def install() -> None:
    """Give moto's instances a subnet each, and keep their Elastic IP addresses."""
    elastic_ip_addresses.random_ip = _address
    run, stop, start, terminate = (
        EC2Backend.run_instances,
        NetworkInterface.stop,
        NetworkInterface.start,
        Instance.terminate,
    )

    def run_in_a_subnet(
        self: Any, image_id: Any, count: int, user_data: Any, security_group_names: Any, **kwargs: Any
    ) -> Any:
        if not kwargs.get("subnet_id") and not any("SubnetId" in each for each in kwargs.get("nics") or []):
            template = kwargs.get("launch_template")
            nics = self._get_template_from_args(template).data.get("NetworkInterfaces") if template else None
            subnets = self.get_default_subnets() if not nics and not kwargs.get("nics") else {}
            zone = kwargs.get("placement") or min(subnets, default=None)
            if zone in subnets:
                kwargs["subnet_id"] = getattr(subnets[zone], "id", subnets[zone])
        if not _names_groups(self, security_group_names, kwargs) and kwargs.get("subnet_id"):
            vpc = self.get_subnet(kwargs["subnet_id"]).vpc_id
            default = self.get_security_group_from_name("default", vpc)
            kwargs["security_group_ids"] = [default.id] if default else []
        kwargs["disable_api_termination"] = self.__dict__.get("protected", False)
        made = run(self, image_id, self.__dict__.get("most", count), user_data, security_group_names, **kwargs)
        brought = {each.get("NetworkInterfaceId") for each in kwargs.get("nics") or []}
        kept = {
            each.get("DeviceIndex") for each in kwargs.get("nics") or [] if each.get("DeleteOnTermination") is False
        }
        for instance in made.instances:
            for index, nic in instance.nics.items():
                nic.delete_on_termination = nic.id not in brought and index not in kept
        return made

    def run_as_many_as_asked(self: Any) -> Any:
        template = self._get_param("LaunchTemplate", {})
        told = self.ec2_backend._get_template_from_args(template).image_id if template else None
        if not (self._get_param("ImageId") or told):
            raise AwsError("MissingParameter", "The request must contain the parameter ImageId", 400)
        data = self.ec2_backend._get_template_from_args(template).data if template else {}
        protected = self._get_param("DisableApiTermination", data.get("DisableApiTermination"))
        asked = {"most": int(self._get_param("MaxCount", 1)), "protected": str(protected).lower() == "true"}
        self.ec2_backend.__dict__.update(asked)
        try:
            return answer(self)
        finally:
            for name in asked:
                self.ec2_backend.__dict__.pop(name, None)

    def stop_and_keep(self: Any) -> None:
        stop(self)
        if (elastic := _elastic(self)) is not None:
            self.public_ip = elastic.public_ip

    def start_with_its_own(self: Any) -> None:
        elastic = _elastic(self)
        if elastic is None:
            start(self)
        else:
            self.public_ip = elastic.public_ip

    def terminate_and_let_go(self: Any) -> Any:
        for nic in self.nics.values():
            elastic = _elastic(nic)
            if elastic is not None:
                elastic.instance = elastic.eni = elastic.association_id = nic.public_ip = None
        return terminate(self)

    answer = InstanceResponse.run_instances
    EC2Backend.run_instances, InstanceResponse.run_instances = run_in_a_subnet, run_as_many_as_asked
    NetworkInterface.stop, NetworkInterface.start = stop_and_keep, start_with_its_own
    Instance.terminate = terminate_and_let_go
    made_by_stack: Any = Instance.create_from_cloudformation_json.__func__

    def make_with_its_groups(
        cls: Any, /, name: str, found: dict[str, Any], account: str, region: str, **kwargs: Any
    ) -> Any:
        """Give a template's instance its SecurityGroupIds and its protection, which moto passes over."""
        instance = made_by_stack(cls, name, found, account, region, **kwargs)
        if wanted := found["Properties"].get("SecurityGroupIds"):
            ec2_backends[account][region].modify_instance_security_groups(instance.id, wanted)
        instance.disable_api_termination = str(found["Properties"].get("DisableApiTermination", "")).lower() == "true"
        return instance

    Instance.create_from_cloudformation_json = classmethod(make_with_its_groups)
    utils.filter_dict_attribute_mapping.update(_FILTERS)


def _names_groups(backend: Any, groups: Any, kwargs: dict[str, Any]) -> bool:
    """Return whether the call, its interfaces or its launch template name security groups."""
    template = kwargs.get("launch_template")
    told = backend._get_template_from_args(template).data if template else {}
    nics = [*(kwargs.get("nics") or []), *(told.get("NetworkInterfaces") or [])]
    named = groups or kwargs.get("security_group_ids") or told.get("SecurityGroupIds") or told.get("SecurityGroups")
    return bool(named or nics)


def _address() -> str:
    """Return a public address for an Elastic IP; moto's own are of the loopback network."""
    return f"3.{mock_random.randint(208, 239)}.{mock_random.randint(1, 254)}.{mock_random.randint(1, 254)}"


def _elastic(nic: Any) -> Any:
    return next((each for each in nic.ec2_backend.addresses if each.eni is not None and each.eni is nic), None)


@before("ec2", "*")
def a_dry_run_changes_nothing(call: Call) -> None:
    """Say that the caller may: who may not was refused before.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html (DryRun)
    """
    if str(call.parameters.get("DryRun", "")).lower() == "true":
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


@before("ec2", *_VERBS)
def what_is_gone_stays_gone(call: Call) -> None:
    """Refuse to start, stop or reboot a terminated instance."""
    verb = _VERBS[call.operation.name]
    for each in _known(call, call.parameters.get("InstanceIds") or []):
        if each.state == "terminated":
            message = f"The instance '{each.id}' is not in a state from which it can be {verb}."
            raise AwsError("IncorrectInstanceState", message, 400)


@before("ec2", "TerminateInstances")
def what_is_protected_stays(call: Call) -> None:
    """Refuse before the first one is gone: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html"""
    for each in _known(call, call.parameters.get("InstanceIds") or []):
        if each.disable_api_termination and each.state != "terminated":
            message = (
                f"The instance '{each.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute "
                "and try again."
            )
            raise AwsError("OperationNotPermitted", message, 400)


@before("ec2", "ModifyInstanceAttribute")
def some_attributes_ask_for_a_stop(call: Call) -> None:
    """Refuse what can be changed only while the instance is stopped."""
    asked = [str(call.parameters.get("Attribute") or ""), *call.parameters]
    names = [name for name in _WHILE_STOPPED if any(name.lower() == each.lower() for each in asked)]
    for each in _known(call, [call.parameters.get("InstanceId")]):
        if names and each.state != "stopped":
            message = f"The instance '{each.id}' is not in the 'stopped' state."
            raise AwsError("IncorrectInstanceState", message, 400)


def _known(call: Call, ids: list[Any]) -> list[Any]:
    backend = ec2_backends[call.account_id][call.region]
    return [each for each in backend.all_instances() if each.id in ids]
