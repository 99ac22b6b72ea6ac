"""ECS: tasks that have a network, and services that reach the number of tasks that they want.

A service is steady as soon as the call that changed it is answered: it starts and stops tasks at once, with an elastic
network interface each in the awsvpc mode, and registers them with its target groups. EC2 tasks need container instances.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-networking-awsvpc.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.utils import random_public_ip
from moto.ecs import models
from moto.ecs.models import Container, EC2ContainerServiceBackend, Service, Task, ecs_backends
from moto.elbv2.models import elbv2_backends
from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, after, before

_EVENTS: Final = 100
_NEEDS: Final = "Network Configuration must be provided when networkMode 'awsvpc' is specified."


def install() -> None:
    """Let moto's tasks and services run."""
    models.random_private_ip = lambda *_: None  # the subnet has one
    NetworkInterface.private_dns_name = ""  # of one in a VPC without DNS hostnames, which moto gives none at all
    make, make_service = Task.__init__, Service.__init__
    create, update, delete, stop = (
        EC2ContainerServiceBackend.create_service,
        EC2ContainerServiceBackend.update_service,
        EC2ContainerServiceBackend.delete_service,
        EC2ContainerServiceBackend.stop_task,
    )
    needs = EC2ContainerServiceBackend._calculate_task_resource_requirements

    def make_running(self: Any, cluster: Any, task_definition: Any, *args: Any, **kwargs: Any) -> None:
        network = kwargs.get("networking_configuration")
        if network:
            kwargs["networking_configuration"] = _whole(network, cluster)
        make(self, cluster, task_definition, *args, **kwargs)
        _give_network(self, network or {})
        self.containers = [_container(task_definition, each, self) for each in task_definition.container_definitions]
        now = datetime.fromtimestamp(timeline.now(), UTC)
        self.created_at = self.started_at = now
        self.connectivity = "CONNECTED"
        self.cpu, self.memory = str(task_definition.cpu or ""), str(task_definition.memory or "")

    def make_with_groups(self: Any, cluster: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("network_configuration"):
            kwargs["network_configuration"] = _whole(kwargs["network_configuration"], cluster)
        make_service(self, cluster, *args, **kwargs)

    def needs_of_each(task_definition: Any) -> Any:
        # moto adds up None where a container of a task with limits has none of its own.
        for each in task_definition.container_definitions:
            for name in ("cpu", "memory"):
                if each.get(name) is None:
                    each.pop(name, None)
        if task_definition.cpu and task_definition.memory:
            ports = [
                port["hostPort"]
                for each in task_definition.container_definitions
                for port in each.get("portMappings") or []
                if port.get("hostPort")
            ]
            return {
                "CPU": int(task_definition.cpu),
                "MEMORY": int(task_definition.memory),
                "PORTS": ports,
                "PORTS_UDP": [],
            }
        return needs(task_definition)

    def create_and_run(self: Any, *args: Any, **kwargs: Any) -> Any:
        service = create(self, *args, **kwargs)
        _bring(self, service)
        return service

    def update_and_run(self: Any, service_properties: dict[str, Any]) -> Any:
        anew = bool(service_properties.get("force_new_deployment") or service_properties.get("task_definition"))
        network = service_properties.get("network_configuration")
        if network:
            service_properties["network_configuration"] = _whole(
                network, self._get_cluster(service_properties["cluster"])
            )
        service = update(self, service_properties)
        if service.task_definition:
            service.task_definition = self.describe_task_definition(service.task_definition).arn
        _bring(self, service, anew=anew)
        return service

    def delete_and_stop(self: Any, cluster_name: str, service_name: str, force: bool) -> Any:
        service = delete(self, cluster_name, service_name, force)
        service.desired_count = 0
        _bring(self, service)
        service.status, service.deployments = "INACTIVE", []
        return service

    def stop_and_release(self: Any, cluster_str: str, task_str: str, reason: str) -> Any:
        task = stop(self, cluster_str, task_str, reason)
        _end(self, task, "UserInitiated", reason or "Task stopped by user")
        for service in self.services.values():
            if task.group == f"service:{service.name}" and service.cluster_arn == task.cluster_arn:
                _bring(self, service)
        return task

    lists = EC2ContainerServiceBackend.list_tasks

    def list_of_service(
        self: Any, cluster: Any = None, instance: Any = None, family: Any = None, by: Any = None, *more: Any
    ) -> Any:
        service, status = (*more, None, None)[:2]
        found = lists(self, cluster, instance, family, by, None, status or "RUNNING")
        name = str(service or "").rpartition("/")[2]
        return [each for each in found if not name or each.group == f"service:{name}"]

    Task.advance = lambda self: None  # to look at a task does not stop it
    Task.__init__, Service.__init__ = make_running, make_with_groups
    EC2ContainerServiceBackend.list_tasks = list_of_service
    backend = EC2ContainerServiceBackend
    backend._calculate_task_resource_requirements = staticmethod(needs_of_each)
    backend.create_service, backend.update_service = create_and_run, update_and_run
    backend.delete_service, backend.stop_task = delete_and_stop, stop_and_release


def _whole(network: dict[str, Any], cluster: Any) -> dict[str, Any]:
    """Return a network configuration with security groups: the VPC's default one where none are named."""
    told = dict(network.get("awsvpcConfiguration") or {})
    if told.get("subnets") and not told.get("securityGroups"):
        backend = ec2_backends[cluster.arn.split(":")[4]][cluster.region_name]
        found = [each for zone in backend.subnets.values() for each in zone.values() if each.id == told["subnets"][0]]
        default = backend.get_security_group_from_name("default", found[0].vpc_id) if found else None
        told["securityGroups"] = [default.id] if default else []
    return {"awsvpcConfiguration": told}


def _detail(task: Any, name: str) -> str:
    found = [each["value"] for one in task.attachments for each in one["details"] if each["name"] == name]
    return str(found[0]) if found else ""


def _give_network(task: Any, network: dict[str, Any]) -> None:
    backend = ec2_backends[task._account_id][task.region_name]
    nic = backend.enis.get(_detail(task, "networkInterfaceId"))
    if nic is None:
        return
    task.availability_zone = nic.subnet.availability_zone
    for each in task.attachments:
        each["details"] = [one for one in each["details"] if one["name"] != "privateDnsName" or one["value"]]
    nic.description = f"arn:aws:ecs:{task.region_name}:{task._account_id}:attachment/{task.attachments[0]['id']}"
    if (network.get("awsvpcConfiguration") or {}).get("assignPublicIp") == "ENABLED":
        nic.public_ip = random_public_ip()


def _container(definition: Any, told: dict[str, Any], task: Any) -> Any:
    made = Container(definition)
    made.name, made.image, made.last_status = told.get("name"), told.get("image"), "RUNNING"
    made.cpu, made.memory = str(told.get("cpu") or 0), str(told["memory"]) if told.get("memory") else None
    made.environment, made.command, made.task_arn = told.get("environment"), told.get("command"), task.task_arn
    address = _detail(task, "privateIPv4Address")
    if address:
        made.network_interfaces = [{"attachmentId": task.attachments[0]["id"], "privateIpv4Address": address}]
    return made


def _running(backend: Any, service: Any) -> list[Any]:
    held = backend.tasks.get(service.cluster_name, {}).values()
    return [each for each in held if each.group == f"service:{service.name}" and each.last_status == "RUNNING"]


def _bring(backend: Any, service: Any, *, anew: bool = False) -> None:
    """Start and stop tasks until the service has what it wants; with `anew`, replace those that it has."""
    before, wanted = _running(backend, service), int(service.desired_count or 0)
    ending = before if anew else before[wanted:]
    for task in ending:
        _end(backend, task, "ServiceSchedulerInitiated", "Scaling activity initiated by deployment")
    kept = [] if anew else before[:wanted]
    if len(kept) < wanted and service.task_definition:
        try:
            _start(backend, service, wanted - len(kept), taken=len(kept))
        except AwsError as error:
            _tell(service, f"(service {service.name}) was unable to place a task because {error.message}")
    running = len(_running(backend, service))
    service.running_count, service.pending_count = running, wanted - running
    if running == wanted:
        _tell(service, f"(service {service.name}) has reached a steady state.")
    for deployment in service.deployments[:1]:
        done = running == wanted
        deployment |= {
            "desiredCount": wanted,
            "runningCount": running,
            "pendingCount": wanted - running,
            "taskDefinition": service.task_definition,
            "rolloutState": "COMPLETED" if done else "IN_PROGRESS",
            "rolloutStateReason": f"ECS deployment {deployment['id']} {'completed' if done else 'in progress'}.",
            "updatedAt": datetime.fromtimestamp(timeline.now(), UTC),
        }
    _count(backend, service.cluster_name)


def _start(backend: Any, service: Any, count: int, *, taken: int) -> None:
    for at in range(count):
        network = service.network_configuration or None
        if network:  # one subnet after the other
            told = network["awsvpcConfiguration"]
            turn = (taken + at) % len(told["subnets"])
            network = {"awsvpcConfiguration": {**told, "subnets": told["subnets"][turn:] + told["subnets"][:turn]}}
        if service.launch_type != "FARGATE" and not backend.container_instances.get(service.cluster_name):
            reason = "no container instance met all of its requirements. Reason:"
            raise AwsError("", f"{reason} No Container Instances were found in your cluster.")
        started = f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
        made = backend.run_task(
            service.cluster_name,
            service.task_definition,
            1,
            None,
            service.deployments[0]["id"] if service.deployments else started,
            service.tags if service.propagate_tags == "SERVICE" else [],
            service.launch_type,
            network,
            group=f"service:{service.name}",
            platform_version=service.platform_version,
        )
        for task in made:
            _tell(service, f"(service {service.name}) has started 1 tasks: (task {task.id}).")
            _register(service, task)


def _register(service: Any, task: Any, *, leave: bool = False) -> None:
    balancing, address = elbv2_backends[service._account_id][service.region_name], _detail(task, "privateIPv4Address")
    for told in service.load_balancers or []:
        group = balancing.target_groups.get(told.get("targetGroupArn"))
        if group is None or not address:
            continue
        if not leave:
            group.register([{"Id": address, "Port": told.get("containerPort")}])
        elif address in group.targets:
            group.deregister([{"Id": address}])


def _end(backend: Any, task: Any, code: str, reason: str) -> None:
    """Stop a task: its interface goes, its targets too."""
    now = datetime.fromtimestamp(timeline.now(), UTC)
    task.last_status = task.desired_status = "STOPPED"
    task.stop_code, task.stopped_reason, task.stopping_at, task.stopped_at = code, reason, now, now
    for each in task.containers:
        each.last_status = "STOPPED"
    for service in backend.services.values():
        if task.group == f"service:{service.name}":
            _register(service, task, leave=True)
    ec2_backends[task._account_id][task.region_name].enis.pop(_detail(task, "networkInterfaceId"), None)
    for each in task.attachments:
        each["status"] = "DELETED"
    _count(backend, task.cluster_name)


def _count(backend: Any, name: str) -> None:
    cluster = backend._get_cluster(name)
    cluster.running_tasks_count = sum(each.last_status == "RUNNING" for each in backend.tasks.get(name, {}).values())
    services = [each for each in backend.services.values() if each.cluster_name == name and each.status == "ACTIVE"]
    cluster.pending_tasks_count = sum(int(each.pending_count or 0) for each in services)


def _tell(service: Any, message: str) -> None:
    now = datetime.fromtimestamp(timeline.now(), UTC)
    service.events.insert(0, {"id": str(mock_random.uuid4()), "createdAt": now, "message": message})
    del service.events[_EVENTS:]


@before("ecs", "RunTask", "CreateService")
def what_fits_together(call: Call) -> None:
    """Refuse a task that the launch type cannot run, and a target group that no balancer uses."""
    given = call.parameters
    backend = ecs_backends[call.account_id][call.region]
    try:
        definition = backend.describe_task_definition(str(given.get("taskDefinition")))
    except Exception:
        return  # moto says so
    launch = str(given.get("launchType") or "EC2")
    if definition.network_mode == "awsvpc" and not given.get("networkConfiguration"):
        raise AwsError("InvalidParameterException", _NEEDS, 400)
    if launch not in (definition.compatibilities or [launch]) or (
        launch == "FARGATE" and "FARGATE" not in (definition.requires_compatibilities or ["FARGATE"])
    ):
        raise AwsError("InvalidParameterException", f"Task definition does not support launch_type {launch}.", 400)
    balancing = elbv2_backends[call.account_id][call.region]
    for told in given.get("loadBalancers") or []:
        arn = str(told.get("targetGroupArn"))
        if arn in balancing.target_groups and not balancing.target_groups[arn].load_balancer_arns:
            message = f"The target group with targetGroupArn {arn} does not have an associated load balancer."
            raise AwsError("InvalidParameterException", message, 400)
    if call.operation.name == "RunTask" and launch == "EC2" and not given.get("capacityProviderStrategy"):
        name = str(given.get("cluster") or "default").rpartition("/")[2]
        cluster = backend.clusters.get(name)
        if cluster and not cluster.default_capacity_provider_strategy and not backend.container_instances.get(name):
            raise AwsError("InvalidParameterException", "No Container Instances were found in your cluster.", 400)


@after("ecs", "RunTask")
def the_cluster_counts_them(call: Call, answer: Answer) -> None:
    """Count what runs."""
    name = str(call.parameters.get("cluster") or "default").rpartition("/")[2]
    _count(ecs_backends[call.account_id][call.region], name)
