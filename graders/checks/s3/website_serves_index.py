"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/IndexDocumentSupport.html"""

from graders import Account, Fail, buckets, check
from graders.account import read_or_none
from graders.iam import ask


@check(permissions=["s3:ListAllMyBuckets", "s3:GetBucketWebsite", *buckets.OBJECT_PERMISSIONS])
def website_serves_index(account: Account, *, bucket: str, index: str = "index.html", error: str = "") -> None:
    """The website of {bucket} has its index page.

    Website hosting is on with `index` as the index document (and `error` as the error document); the pages are there and
    are HTML (with or without a charset). Whether the public may read them is another check's: website_public_read.
    """
    ask.bucket_exists(account, bucket)
    site = read_or_none(account, "NoSuchWebsiteConfiguration", "s3", "get_bucket_website", Bucket=bucket)
    looked_at = "the website hosting of {bucket}"
    try_ = "aws s3 website s3://{bucket} --index-document {index}" + (" --error-document {error}" if error else "")
    values = {"bucket": bucket, "index": index, "error": error}
    if site is None:
        raise Fail(
            "{bucket} is no website: hosting is off.",
            looked_at=looked_at,
            needed="Hosting with the index document {index}.",
            try_=try_,
            **values,
        )
    if aim := site.get("RedirectAllRequestsTo", {}).get("HostName"):
        raise Fail(
            "{bucket} sends every visitor on to {aim}.",
            looked_at=looked_at,
            needed="Hosting with the index document {index}.",
            try_=try_,
            aim=aim,
            **values,
        )
    for name, wanted, given in (
        ("index", index, site.get("IndexDocument", {}).get("Suffix", "none")),
        ("error", error, site.get("ErrorDocument", {}).get("Key", "none")),
    ):
        if not wanted:
            continue
        if given != wanted:
            raise Fail(
                "The {name} document of {bucket} is {given}, not {wanted}: capital letters count."
                if given.lower() == wanted.lower()
                else "The {name} document of {bucket} is {given}, not {wanted}.",
                looked_at=looked_at,
                needed="The {name} document {wanted}.",
                try_=try_,
                name=name,
                given=given,
                wanted=wanted,
                **values,
            )
        media = buckets.head(account, bucket, wanted).get("ContentType", "binary/octet-stream")
        if media.partition(";")[0].strip().lower() != "text/html":
            raise Fail(
                "{wanted} was uploaded as {given}: a browser would not show it as a page.",
                looked_at="the Content-Type of {bucket}/{wanted}",
                needed="text/html.",
                try_="aws s3 cp {wanted} s3://{bucket}/{wanted} --content-type text/html",
                given=media,
                wanted=wanted,
                **values,
            )
