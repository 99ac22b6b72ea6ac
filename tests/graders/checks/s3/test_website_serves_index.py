import pytest

from tests.graders.checks.s3.conftest import BUCKET

CHECK = "s3.website_serves_index"
CALL = {"bucket": BUCKET, "error": "error.html"}


@pytest.fixture
def website(bucket):
    """`website(index, error)` turns hosting on; `website.page("index.html", "text/html")` puts a page there."""

    def website(index="index.html", error="error.html"):
        site = {"IndexDocument": {"Suffix": index}} | ({"ErrorDocument": {"Key": error}} if error else {})
        bucket.client.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration=site)

    def page(key, media="text/html"):
        bucket.client.put_object(
            Bucket=BUCKET, Key=key, Body=b"<h1>Hi</h1>", **({"ContentType": media} if media else {})
        )

    website.page = page
    website.client = bucket.client
    return website


class TestRight:
    @pytest.mark.parametrize("media", ["text/html", "text/html; charset=utf-8"])
    def test_both_pages(self, website, passes, media):
        website()
        website.page("index.html", media)
        website.page("error.html", media)
        passes(CHECK, **CALL)

    def test_an_error_page_that_nobody_asked_for(self, website, passes):
        website()
        website.page("index.html")
        passes(CHECK, bucket=BUCKET)

    def test_another_name_where_it_is_asked(self, website, passes):
        website("home.html", None)
        website.page("home.html")
        passes(CHECK, bucket=BUCKET, index="home.html")


class TestWrong:
    def test_hosting_is_off(self, website, fails):
        website.page("index.html")
        fails(CHECK, "hosting is off", **CALL)

    def test_the_index_page_is_missing(self, website, fails):
        website()
        fails(CHECK, f"The object {BUCKET}/index.html does not exist", **CALL)

    def test_it_sends_visitors_on(self, website, fails):
        aim = {"RedirectAllRequestsTo": {"HostName": "www.example.com"}}
        website.client.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration=aim)
        website.page("index.html")
        fails(CHECK, "sends every visitor on to www.example.com", **CALL)

    @pytest.mark.parametrize("error", ["404.html", None])
    def test_another_error_page(self, website, fails, error):
        website(error=error)
        website.page("index.html")
        fails(CHECK, f"The error document of {BUCKET} is {error or 'none'}, not error.html", **CALL)

    def test_a_page_that_a_browser_would_save(self, website, fails):
        website()
        website.page("index.html", None)
        fails(CHECK, "would not show it as a page", **CALL)


class TestNearMiss:
    def test_another_case(self, website, fails):
        website("Index.html")
        website.page("Index.html")
        fails(CHECK, "is Index.html, not index.html: capital letters count", **CALL)

    def test_the_page_lies_in_a_folder(self, website, fails):
        website()
        website.page("site/index.html")
        fails(CHECK, "There is site/index.html, which is another key", **CALL)
