"""Auto Scaling: a group whose processes are suspended brings no instance in place of one that is gone.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
"""

from __future__ import annotations

from typing import Any, Final

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup

# Without the first nothing is launched; without the others nobody notices that an instance is gone.
_NEEDED: Final = frozenset({"Launch", "HealthCheck", "ReplaceUnhealthy"})


def install() -> None:
    """Let moto launch and replace only where the processes that do it are running."""
    launch, notice = (
        FakeAutoScalingGroup.replace_autoscaling_group_instances,
        AutoScalingBackend.notify_terminate_instances,
    )

    def launch_if_running(self: Any, count_needed: int, propagated_tags: dict[str, str]) -> None:
        if "Launch" not in _suspended(self):
            launch(self, count_needed, propagated_tags)

    def notice_if_running(self: Any, instance_ids: list[str]) -> None:
        for group in self.autoscaling_groups.values():
            if _NEEDED & _suspended(group):
                group.instance_states = [each for each in group.instance_states if each.instance.id not in instance_ids]
        notice(self, instance_ids)

    FakeAutoScalingGroup.replace_autoscaling_group_instances = launch_if_running
    AutoScalingBackend.notify_terminate_instances = notice_if_running


def _suspended(group: Any) -> set[str]:
    return {each["ProcessName"] for each in group.suspended_processes}
