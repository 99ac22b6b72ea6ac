"""EC2: volumes are detached without naming the instance, and a copy of a snapshot may be encrypted on the way.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachVolume.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore


def install() -> None:
    """Let moto know an attachment's instance, and keep the word `Encrypted`."""
    detach, copy = EC2Backend.detach_volume, EC2Backend.copy_snapshot
    answer = ElasticBlockStore.copy_snapshot

    def detach_from_its_own(self: Any, volume_id: str, instance_id: Any, device_path: Any) -> Any:
        attachment = self.get_volume(volume_id).attachment
        return detach(self, volume_id, instance_id or (attachment and attachment.instance.id), device_path)

    def answer_encrypted(self: Any) -> Any:
        self.ec2_backend.__dict__["encrypts"] = bool(self._get_bool_param("Encrypted") or self._get_param("KmsKeyId"))
        try:
            return answer(self)
        finally:
            self.ec2_backend.__dict__.pop("encrypts", None)

    def copy_encrypted(
        self: Any, source_snapshot_id: str, source_region: str, description: Any, kms_key_id: Any
    ) -> Any:
        made = copy(self, source_snapshot_id, source_region, description, kms_key_id)
        if self.__dict__.get("encrypts") and not made.encrypted:
            made.encrypted = True
            made.kms_key_id = kms_key_id or self.default_kms_key_id or self._create_default_encryption_key()
        return made

    EC2Backend.detach_volume, EC2Backend.copy_snapshot = detach_from_its_own, copy_encrypted
    ElasticBlockStore.copy_snapshot = answer_encrypted
