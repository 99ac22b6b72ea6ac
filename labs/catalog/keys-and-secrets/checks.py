"""A wrapped data key, and what the application may read: https://docs.aws.amazon.com/kms/latest/developerguide/data-keys.html"""

import base64
import binascii

from graders import Account, Fail, check, encryption
from graders.iam import ask
from graders.iam.witnesses import Target, first


@check(
    permissions=[
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:ListAliases",
        "s3:GetObject",
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
    ]
)
def data_key_is_wrapped(account: Account, *, bucket: str, object: str, key: str) -> None:
    """The object {object} is a data key under {key}, and its plaintext lies nowhere in {bucket}."""
    ask.bucket_exists(account, bucket)
    names = [one["Key"] for one in account.read("s3", "list_objects_v2", Bucket=bucket).get("Contents", [])]
    wanted = encryption.the_key(account, key)
    if object not in names:
        raise Fail(
            "There is no {object} in {bucket}.",
            looked_at="the objects of {bucket}",
            needed="The wrapped data key as {object}.",
            try_="aws s3 cp … s3://{bucket}/{object}",
            object=object,
            bucket=bucket,
        )
    bodies = {name: _bytes(account, bucket, name) for name in names[:50]}
    opened = _open(account, bodies[object])
    if opened is None:
        raise Fail(
            "KMS cannot decrypt {object}: it is no wrapped key.",
            looked_at="the content of {object}",
            needed="The CiphertextBlob that KMS gave with a new data key, in base64.",
            try_="aws kms generate-data-key-without-plaintext --key-id {key} --key-spec AES_256",
            object=object,
            key=key,
        )
    plain, under = opened
    if under != wanted.arn or len(plain) != 32:
        raise Fail(
            "{object} is not a key of 256 bits under {key}.",
            looked_at="what KMS says of {object}",
            needed="A data key (AES_256) wrapped by {key}.",
            try_="aws kms generate-data-key-without-plaintext --key-id {key} --key-spec AES_256",
            object=object,
            key=key,
        )
    for name, body in bodies.items():
        if plain in body or base64.b64encode(plain) in body:
            raise Fail(
                "The plaintext of the data key lies in {name}, beside the wrapped one.",
                looked_at="the objects of {bucket}",
                needed="The wrapped key alone.",
                try_="aws s3 rm s3://{bucket}/{name}, and make a new data key.",
                bucket=bucket,
                name=name,
            )


def _bytes(account: Account, bucket: str, name: str) -> bytes:
    body = account.client("s3").get_object(Bucket=bucket, Key=name)["Body"].read(65536)
    return bytes(body)


def _open(account: Account, body: bytes) -> tuple[bytes, str] | None:
    forms = [body]
    try:
        forms.insert(0, base64.b64decode(body.strip(), validate=True))
    except binascii.Error:
        pass
    for form in forms:
        if not 0 < len(form) <= 6144:
            continue
        try:
            answer = account.client("kms").decrypt(CiphertextBlob=form)
        except account.client("kms").exceptions.ClientError:
            continue
        return answer["Plaintext"], answer["KeyId"]
    return None


@check(
    permissions=[
        "iam:GetAccountAuthorizationDetails",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:ListAliases",
        "kms:ListGrants",
        "secretsmanager:DescribeSecret",
        "secretsmanager:ListSecrets",
    ]
)
def role_reads_only_its_own(
    account: Account, *, role: str, path: str, secret: str, key: str, other_path: str, other_key: str
) -> None:
    """The role {role} reads the parameters below {path} and the one secret, decrypts with one key, and does no more."""
    actor = ask.the_role(account, role)
    found = encryption.the_secret(account, secret)
    own = encryption.the_key(account, key)
    nothing = Target(account.account_id, ())
    home = f"{account.region}:{account.account_id}"
    parameters = f"arn:aws:ssm:{home}:parameter"
    for action, arn, what in (
        ("ssm:GetParameter", f"{parameters}{path}/db/password", "the parameters"),
        ("ssm:GetParameters", f"{parameters}{path}/db/host", "the parameters"),
        ("secretsmanager:GetSecretValue", found["ARN"], "the secret"),
    ):
        if first(nothing, [actor], [action], [arn]) is None:
            raise _fail(role, "The role {role} cannot read {what}: {action} on {arn} is refused.", action, arn, what)
    if why := encryption.keeps_out(account, own, actor, ["kms:Decrypt"]):
        raise _fail(role, "The role {role} cannot decrypt with the key: {what}.", "kms:Decrypt", own.arn, why)
    others = [one for one in (encryption.find(account, other_key),) if one is not None]
    for action, arn in (
        ("ssm:GetParameter", f"{parameters}{other_path}/salaries"),
        ("ssm:PutParameter", f"{parameters}{path}/db/password"),
        ("ssm:DeleteParameter", f"{parameters}{path}/db/password"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{home}:secret:{other_path[1:]}/payroll-AbCdEf"),
        ("secretsmanager:PutSecretValue", found["ARN"]),
        ("secretsmanager:DeleteSecret", found["ARN"]),
        ("kms:ScheduleKeyDeletion", own.arn),
        ("kms:Decrypt", f"arn:aws:kms:{home}:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        *(("kms:Decrypt", one.arn) for one in others),
    ):
        if first(nothing, [actor], [action], [arn]) is not None:
            raise _fail(role, "The role {role} may do more than it needs: {action} on {arn}.", action, arn, "")


def _fail(role: str, said: str, action: str, arn: str, what: str) -> Fail:
    return Fail(
        said,
        looked_at="the policies of the role {role}",
        needed="GetParameter below the path, GetSecretValue of the secret, Decrypt with the key, and nothing else.",
        try_="aws iam put-role-policy --role-name {role} …, and take away what was there before.",
        role=role,
        action=action,
        arn=arn,
        what=what,
    )
