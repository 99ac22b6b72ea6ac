"""The settings of moto in our processes: some of the hazards are closed by no more than these."""

from __future__ import annotations

from typing import Final

__all__ = ["ENVIRONMENT"]

# Read by moto when it is imported, or at each call.
ENVIRONMENT: Final = {
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # 1,300 images for each account: our own list instead (amis.py)
    "MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "false",  # M8
    "MOTO_DISABLE_GLOBAL_CORS": "1",  # M11
    "MOTO_EVENTS_INVOKE_HTTP": "false",  # M22
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "false",  # ours are shared (principals.py)
    "MOTO_SQS_ENFORCE_STRICT_QUEUE_PURGE_BEHAVIOUR": "false",
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
    "AWS_ACCESS_KEY_ID": "none",  # nothing in here may look for credentials in files or at 169.254.169.254
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
}
