"""A pre-signed URL, kept in an object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html"""

from urllib.parse import parse_qs, unquote, urlsplit

from graders import Account, Fail, check
from graders.iam import ask


@check(permissions=["s3:GetObject", "s3:ListAllMyBuckets", "s3:ListBucket"])
def url_is_presigned(account: Account, *, bucket: str, note: str, key: str, at_most: int) -> None:
    """The URL in {note} opens {key} for a short time."""
    ask.bucket_exists(account, bucket)
    names = [one["Key"] for one in account.read("s3", "list_objects_v2", Bucket=bucket).get("Contents", [])]
    if note not in names:
        raise Fail(
            "There is no object {note} in {bucket}.",
            looked_at="the objects of {bucket}",
            needed="The URL as the text of {note}.",
            try_="aws s3 cp link.txt s3://{bucket}/{note}",
            note=note,
            bucket=bucket,
        )
    kept = account.client("s3").get_object(Bucket=bucket, Key=note)
    text = kept["Body"].read(8192).decode("utf-8", "replace")
    url = urlsplit(text.strip())
    said = {name.lower(): values[0] for name, values in parse_qs(url.query).items()}
    where = f"{url.hostname or ''}{unquote(url.path)}"
    problem = ""
    if bucket not in where or not unquote(url.path).endswith("/" + key):
        problem = "it is not a URL of that object"
    elif "x-amz-signature" in said:
        seconds = said.get("x-amz-expires", "")
        if not seconds.isdigit() or not 0 < int(seconds) <= at_most:
            problem = f"it is good for {seconds} seconds"
    elif "signature" in said:
        ends = said.get("expires", "")
        if not ends.isdigit() or int(ends) - kept["LastModified"].timestamp() > at_most + 60:
            problem = "it is good for longer than asked"
    else:
        problem = "it is not signed"
    if problem:
        raise Fail(
            "The URL in {note} will not do: {problem}.",
            looked_at="the text of {note}",
            needed="A signed URL of {key} in {bucket}, for at most {at_most} seconds.",
            try_="aws s3 presign s3://{bucket}/{key} --expires-in …",
            note=note,
            problem=problem,
            key=key,
            bucket=bucket,
            at_most=at_most,
        )
