"""How a learner's tools are pointed at a sandbox: the same few facts, as each shell and tool wants them."""

from __future__ import annotations

from dataclasses import dataclass

from labs.sandboxes import Credentials


@dataclass(frozen=True)
class Snippet:
    """A block to copy. `where` says where it goes."""

    id: str
    name: str
    where: str
    text: str


@dataclass(frozen=True)
class Key:
    """One fact to copy."""

    id: str
    name: str
    value: str


def variables(credentials: Credentials) -> dict[str, str]:
    """Return the environment that the AWS CLI and the SDKs read.

    https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
    """
    values = {
        "AWS_ENDPOINT_URL": credentials.endpoint_url,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token or "",
        "AWS_DEFAULT_REGION": credentials.region,
        "AWS_REGION": credentials.region,
    }
    return {name: value for name, value in values.items() if value}


def keys(credentials: Credentials) -> list[Key]:
    """Return the facts one by one."""
    facts = [
        ("endpoint", "Endpoint", credentials.endpoint_url),
        ("account", "Account id", credentials.account_id),
        ("region", "Region", credentials.region),
        ("id", "Access key id", credentials.access_key_id),
        ("secret", "Secret access key", credentials.secret_access_key),
        ("token", "Session token", credentials.session_token or ""),
    ]
    return [Key(*fact) for fact in facts if fact[2]]


def snippets(credentials: Credentials) -> list[Snippet]:
    """Return a block for each tool, the commonest first."""
    names = variables(credentials)
    # A session token of an earlier shell would be sent along with our key, and refused.
    unset = "" if credentials.session_token else "AWS_SESSION_TOKEN"
    bash = [*([f"unset {unset} AWS_PROFILE"] if unset else ["unset AWS_PROFILE"])]
    bash += [f"export {name}={_quoted(value)}" for name, value in names.items()]
    fish = ["set -e AWS_PROFILE"] + ([f"set -e {unset}"] if unset else [])
    fish += [f"set -gx {name} {_quoted(value)}" for name, value in names.items()]
    power = [f"Remove-Item Env:{name} -ErrorAction Ignore" for name in ("AWS_PROFILE", unset) if name]
    power += [f'$env:{name} = "{value}"' for name, value in names.items()]
    return [
        Snippet("bash", "bash, zsh", "Paste into your terminal", "\n".join(bash)),
        Snippet("fish", "fish", "Paste into your terminal", "\n".join(fish)),
        Snippet("powershell", "PowerShell", "Paste into PowerShell", "\n".join(power)),
        Snippet("profile", "AWS profile", "Add to ~/.aws/config, then: aws --profile skylab …", _profile(credentials)),
        Snippet("boto3", "boto3", "Python", _boto3(credentials)),
        Snippet("terraform", "Terraform", "provider.tf", _terraform(credentials)),
    ]


def _quoted(value: str) -> str:
    """Return a value as POSIX shells and fish take it literally; ours have no quotes in them."""
    return value if value.replace("-", "").replace("_", "").isalnum() else f"'{value}'"


def _profile(credentials: Credentials) -> str:
    lines = [
        "[profile skylab]",
        f"endpoint_url = {credentials.endpoint_url}",
        f"region = {credentials.region}",
        f"aws_access_key_id = {credentials.access_key_id}",
        f"aws_secret_access_key = {credentials.secret_access_key}",
    ]
    if credentials.session_token:
        lines.append(f"aws_session_token = {credentials.session_token}")
    return "\n".join(lines)


def _boto3(credentials: Credentials) -> str:
    token = f'\n    aws_session_token="{credentials.session_token}",' if credentials.session_token else ""
    return f"""import boto3

session = boto3.Session(
    aws_access_key_id="{credentials.access_key_id}",
    aws_secret_access_key="{credentials.secret_access_key}",{token}
    region_name="{credentials.region}",
)
s3 = session.client("s3", endpoint_url="{credentials.endpoint_url}")
print(s3.list_buckets()["Buckets"])"""


def _terraform(credentials: Credentials) -> str:
    token = f'\n  token                       = "{credentials.session_token}"' if credentials.session_token else ""
    services = ("s3", "ec2", "rds", "iam", "sts", "sns", "sqs", "cloudwatch", "lambda", "dynamodb", "kms", "logs")
    width = max(len(name) for name in services)
    endpoints = "\n".join(f'    {name:<{width}} = "{credentials.endpoint_url}"' for name in services)
    return f"""provider "aws" {{
  region                      = "{credentials.region}"
  access_key                  = "{credentials.access_key_id}"
  secret_key                  = "{credentials.secret_access_key}"{token}
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {{
{endpoints}
  }}
}}"""
