"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingObjects.html"""

from graders import Account, Fail, buckets, check, encryption
from graders.iam import ask

LARGEST = 1_000_000  # bytes that are read to look for a text


@check(permissions=["s3:ListAllMyBuckets", *buckets.OBJECT_PERMISSIONS, *buckets.KEY_PERMISSIONS])
def object_kept(
    account: Account,
    *,
    bucket: str,
    object: str,
    storage_classes: list[str] | None = None,
    content_type: str = "",
    key: str = "",
    parts: int = 0,
    contains: str = "",
) -> None:
    """The object {object} is kept in {bucket} as it should be.

    `storage_classes`: one of these ("STANDARD_IA"). `content_type`: with or without a charset. `key`: the KMS key, in any
    form, that this object itself is encrypted with. `parts`: uploaded in so many parts or more. `contains`: a text in it.
    """
    ask.bucket_exists(account, bucket)
    found = buckets.head(account, bucket, object)
    where = {"object": object, "bucket": bucket}
    looked_at = "the object {bucket}/{object}"
    given = found.get("StorageClass", "STANDARD")
    if storage_classes and given not in storage_classes:
        raise Fail(
            "{object} lies in the storage class {given}.",
            looked_at=looked_at,
            needed="One of {classes}.",
            try_="aws s3 cp … s3://{bucket}/{object} --storage-class",
            given=given,
            classes=storage_classes,
            **where,
        )
    media = found.get("ContentType", "binary/octet-stream")
    if content_type and media.partition(";")[0].strip().lower() != content_type.lower():
        raise Fail(
            "{object} was uploaded as {given}: a browser would save it, not show it."
            if media == "binary/octet-stream"
            else "{object} was uploaded as {given}.",
            looked_at=looked_at,
            needed="Content-Type {wanted}.",
            try_="aws s3api put-object … --content-type {wanted}, or aws s3 cp, which goes by the name's ending",
            given=media,
            wanted=content_type,
            **where,
        )
    if key:
        _under(account, bucket, object, buckets.encryption_of(found), key)
    _, dash, count = found.get("ETag", "").strip('"').partition("-")
    if parts and int(count or 1) < parts:
        raise Fail(
            "{object} was uploaded in {given} parts." if dash else "{object} was uploaded in one piece.",
            looked_at="the ETag of {bucket}/{object}",
            needed="{parts} parts or more.",
            try_="aws s3api create-multipart-upload, upload-part, complete-multipart-upload",
            given=count or 1,
            parts=parts,
            **where,
        )
    if contains and not _holds(account, bucket, object, contains):
        raise Fail(
            "{object} does not contain {text}.",
            looked_at="the text of {bucket}/{object}",
            needed="The text {text}, letter by letter.",
            try_="Put it into the file and upload it again.",
            text=contains,
            **where,
        )


def _under(account: Account, bucket: str, name: str, how: buckets.Encryption, key: str) -> None:
    wanted = encryption.the_key(account, key, buckets.region_of(account, bucket))
    behind = buckets.key_of(account, bucket, how)
    if behind is not None and behind.arn == wanted.arn:
        return
    default = buckets.key_of(account, bucket, buckets.default_encryption(account, bucket))
    raise Fail(
        "{object} is encrypted with {given}, not with {key}: what the bucket does by default holds for new objects only."
        if default is not None and default.arn == wanted.arn
        else "{object} is encrypted with {given}, not with {key}.",
        looked_at="the encryption of {bucket}/{object}",
        needed="Encrypted with {key}.",
        try_="Copy the object onto itself: aws s3api copy-object --server-side-encryption aws:kms --ssekms-key-id",
        object=name,
        bucket=bucket,
        given=(how.reference or "aws/s3") if how.kms else "SSE-S3",
        key=key,
    )


def _holds(account: Account, bucket: str, key: str, text: str) -> bool:
    def fetch() -> bytes:
        body = account.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
        with body:
            found: bytes = body.read(LARGEST)
        return found

    content: bytes = account.once(("object", bucket, key), fetch)
    return text in content.decode("utf-8", "replace")
