import pytest

from tests.graders.checks.s3.conftest import BUCKET

CHECK = "s3.object_kept"
CALL = {"bucket": BUCKET, "object": "archive/2020.zip"}
COLD = ["STANDARD_IA", "ONEZONE_IA", "GLACIER", "GLACIER_IR", "DEEP_ARCHIVE"]


@pytest.fixture
def put(bucket):
    def put(key="archive/2020.zip", body=b"z", **options):
        bucket.client.put_object(Bucket=BUCKET, Key=key, Body=body, **options)

    return put


class TestRight:
    @pytest.mark.parametrize("storage_class", COLD)
    def test_one_of_the_classes(self, put, passes, storage_class):
        put(StorageClass=storage_class)
        passes(CHECK, **CALL, storage_classes=COLD)

    @pytest.mark.parametrize("media", ["text/html", "text/html; charset=utf-8", "Text/HTML"])
    def test_the_content_type_with_and_without_a_charset(self, put, passes, media):
        put("index.html", ContentType=media)
        passes(CHECK, bucket=BUCKET, object="index.html", content_type="text/html")

    def test_the_key_by_its_own_request_or_by_default(self, put, key, encrypts, passes):
        arn = key("alias/app")
        put(ServerSideEncryption="aws:kms", SSEKMSKeyId=arn)
        passes(CHECK, **CALL, key="alias/app")
        encrypts("aws:kms", arn)
        put()
        passes(CHECK, **CALL, key="alias/app")

    def test_a_text_in_it(self, put, passes):
        put("js/config.js", b"const api = 'https://x.example/prod';")
        passes(CHECK, bucket=BUCKET, object="js/config.js", contains="https://x.example/prod")

    def test_in_parts(self, bucket, passes, monkeypatch):
        monkeypatch.setattr("graders.buckets.head", lambda *_: {"ETag": '"9b2cf535f27731c974343645a3985328-3"'})
        passes(CHECK, bucket=BUCKET, object="big.bin", parts=2)


class TestWrong:
    def test_the_standard_class(self, put, fails):
        put()
        fails(CHECK, "lies in the storage class STANDARD", **CALL, storage_classes=COLD)

    def test_a_download(self, put, fails):
        put("index.html")
        fails(
            CHECK, "binary/octet-stream", "would save it", bucket=BUCKET, object="index.html", content_type="text/html"
        )

    def test_another_content_type(self, put, fails):
        put("index.html", ContentType="text/plain")
        fails(CHECK, "uploaded as text/plain", bucket=BUCKET, object="index.html", content_type="text/html")

    def test_sse_s3(self, put, key, fails):
        key("alias/app")
        put()
        fails(CHECK, "is encrypted with SSE-S3, not with alias/app", **CALL, key="alias/app")

    def test_in_one_piece(self, put, fails):
        put("big.bin")
        fails(CHECK, "in one piece", bucket=BUCKET, object="big.bin", parts=2)

    def test_the_text_is_missing(self, put, fails):
        put("js/config.js", b"const api = 'TODO';")
        fails(CHECK, "does not contain https://x", bucket=BUCKET, object="js/config.js", contains="https://x")

    def test_it_was_deleted(self, bucket, put, fails):
        bucket.client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        put()
        bucket.client.delete_object(Bucket=BUCKET, Key="archive/2020.zip")
        fails(CHECK, "does not exist", **CALL)


class TestNearMiss:
    def test_the_same_name_in_another_folder(self, put, fails):
        put("2020.zip")
        fails(CHECK, "There is 2020.zip, which is another key", **CALL)

    def test_another_case(self, put, fails):
        put("Archive/2020.ZIP")
        fails(CHECK, "There is Archive/2020.ZIP, which is another name", **CALL)

    def test_the_default_came_after_the_object(self, put, key, encrypts, fails):
        put()
        encrypts("aws:kms", key("alias/app"))
        fails(CHECK, "holds for new objects only", **CALL, key="alias/app")
