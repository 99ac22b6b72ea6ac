"""EFS: a mount target for which no groups are named wears the default group of its VPC.

https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html (SecurityGroups)
"""

from __future__ import annotations

from typing import Any

from moto.efs.models import EFSBackend


def install() -> None:
    """Let a mount target know the groups that its interface wears: moto says None."""
    make = EFSBackend.create_mount_target

    def make_with_groups(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = make(self, *args, **kwargs)
        if not made.security_groups:
            nic = self.ec2_backend.get_network_interface(made.network_interface_id)
            made.security_groups = [each.id for each in nic.group_set]
        return made

    EFSBackend.create_mount_target = make_with_groups
