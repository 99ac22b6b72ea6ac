"""Diagram, API log and Inbox in a live sandbox: drawn, asked by keyboard, live, and as a browser shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from skylab.stack import Stack
from tests.e2e.test_history import LISTEN, heard, tab_to
from tests.e2e.working import exports, looked_at, tool, working
from tests.labs.diagram.building import build_shop, policy

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

MADE = ".dia-card[data-thing='queue/made-while-looking']"
pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture(scope="module")
def context(site: Stack, browser: Browser) -> Iterator[BrowserContext]:
    """The learner's browser, in a lab whose sandbox holds the shop."""
    with working(site, browser, script=LISTEN) as made:
        client = clients(exports(made.pages[0]))
        build_shop(client, client("sts").get_caller_identity()["Account"])
        with pytest.raises(ClientError):  # so that the log has a failure to explain, whichever test comes first
            client("rds").describe_db_instances(DBInstanceIdentifier="never-made")
        yield made


def clients(environment: dict[str, str]) -> Any:
    return lambda service: tool(environment, service)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The workspace, as it is now."""
    opened = context.pages[0]
    opened.goto(opened.url.partition("#")[0])
    return opened


@pytest.fixture
def client(page: Page) -> Any:
    """The learner's own tools."""
    return clients(exports(page))


def open_diagram(page: Page) -> None:
    page.click("#tab-diagram")
    page.wait_for_selector(".dia-card")


def test_the_sandbox_is_drawn_and_changes_by_itself(page: Page, client: Any) -> None:
    open_diagram(page)
    for words in ("shop-a", "shop-db", "Internet gateway", "orders", "reporting"):
        assert page.locator(".dia-cards", has_text=words).count(), words
    assert page.locator(".dia-box.subnet.public").count() == 2
    assert page.locator(".dia-box.subnet.private").count() == 2
    assert page.locator(".dia-card.standby").count() == 1
    page.click(".dia-card.bucket >> nth=0")
    page.wait_for_selector("#diagram-chosen h2")
    chosen = page.inner_text("#diagram-chosen h2")
    client("sqs").create_queue(QueueName="made-while-looking")
    page.wait_for_selector(MADE)
    assert page.inner_text("#diagram-chosen h2") == chosen
    client("sqs").delete_queue(QueueUrl=client("sqs").get_queue_url(QueueName="made-while-looking")["QueueUrl"])
    page.wait_for_selector(MADE, state="detached")


def test_a_question_is_asked_and_answered_by_keyboard(page: Page) -> None:
    open_diagram(page)
    tab_to(page, ".dia-card")
    page.keyboard.press("Home")
    for _ in range(40):
        if "database" in (page.evaluate("document.activeElement.dataset.thing ?? ''")):
            break
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.thing") == "database/shop-db"
    page.keyboard.press("Enter")
    heard(page, "Database shop-db")
    assert page.evaluate("document.activeElement.dataset.thing") == "database/shop-db"
    page.focus("#ask-internet-port")
    page.keyboard.press("Enter")
    heard(page, "No: The internet does not reach Database shop-db on tcp 3306")
    assert page.locator("#diagram-answer .hops .no").count() >= 2
    assert page.locator(".dia-mark.no").count() >= 1
    assert page.locator(".dia-edge.path").count() >= 1
    link = page.get_attribute("#diagram-answer a", "href") or ""
    page.goto(page.url.partition("/labs/")[0] + link)
    assert "does not reach Database shop-db" in page.inner_text("#diagram-headline")
    page.go_back()


def test_rights_are_asked_too_and_explained(page: Page) -> None:
    open_diagram(page)
    page.click("[data-thing='bucket/shop-invoices'].dia-card")
    page.click("#ask-reads")
    page.wait_for_selector("#diagram-answer >> text=Role reporting, only reports/*")
    line = page.locator("#diagram-answer li", has_text="Role reporting, only reports").first
    line.locator("summary").click()
    assert "statement “Read”" in line.locator(".explained").inner_text()
    page.select_option("#ask-may-who", "role/reporting")
    page.click("#ask-may")
    page.wait_for_selector("#diagram-headline >> text=can do some of it")


def test_its_size_is_set_by_buttons_and_keys(page: Page) -> None:
    open_diagram(page)
    before = page.inner_text(".diagram-tools output")
    page.click("[data-zoom=in]")
    after = page.inner_text(".diagram-tools output")
    assert int(after.split()[0]) > int(before.split()[0])
    page.click("[data-zoom=fit]")
    assert page.inner_text(".diagram-tools output") == before
    page.focus(".dia-card[tabindex='0']")
    page.keyboard.press("-")
    assert int(page.inner_text(".diagram-tools output").split()[0]) < int(before.split()[0])


def test_a_failed_call_explains_itself(page: Page, client: Any) -> None:
    iam, s3 = client("iam"), client("s3")
    reader_name = f"reader-{len(iam.list_users()['Users'])}"  # this test may be tried twice
    iam.create_user(UserName=reader_name)
    key = iam.create_access_key(UserName=reader_name)["AccessKey"]
    document = policy({"Sid": "Some", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"})
    iam.put_user_policy(UserName=reader_name, PolicyName="some", PolicyDocument=document)
    reader = boto3.client(
        "s3",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        region_name="us-east-1",
        endpoint_url=s3.meta.endpoint_url,
        config=Config(s3={"addressing_style": "path"}),
    )
    s3.put_object(Bucket="shop-invoices", Key="reports/q1.csv", Body=b"1")
    for call in (
        lambda: reader.get_object(Bucket="shop-invoices", Key="reports/q1.csv"),
        lambda: s3.get_object(Bucket="shop-invoices", Key="reports/q2.csv"),
        lambda: s3.put_bucket_versioning(Bucket="shop-invoices", VersioningConfiguration={"Status": "On"}),
    ):
        with pytest.raises(ClientError):
            call()
    page.click("#tab-log")
    page.select_option("#log-only", "errors")
    page.wait_for_selector("#log .call.ok", state="detached")
    for words, said in (
        ("AccessDenied", "s3:GetObject"),
        ("NoSuchKey", "reports/q1.csv"),
        ("PutBucketVersioning", "Status"),
    ):
        row = page.locator("#log .call", has_text=words).first
        row.locator("summary").first.click()
        row.locator(".call-why").wait_for()
        assert said in row.locator(".call-why").inner_text()
    assert "as they are now" in page.locator("#log .call", has_text="AccessDenied").first.inner_text()
    again = page.locator("#log .call", has_text="NoSuchKey").first.locator(".call-again pre").inner_text()
    assert again.startswith("aws s3api get-object --bucket shop-invoices --key reports/q2.csv")
    page.fill("#log-filter", "no call has these words")
    page.wait_for_selector("#log >> text=No call fits these filters")


def test_mail_arrives_is_counted_and_a_subscription_is_confirmed(page: Page, client: Any) -> None:
    page.click("#tab-log")
    topic = client("sns").list_topics()["Topics"][0]["TopicArn"]
    address = f"{uuid4().hex}@example.com"
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    page.wait_for_selector("#inbox-count.fresh")
    page.click("#tab-inbox")
    asked = page.locator("#inbox > li", has=page.locator(f"[aria-label='Confirm subscription of {address}']"))
    assert "Asks you to confirm" in asked.inner_text()
    page.wait_for_selector("#inbox-count.none", state="attached")
    asked.get_by_role("button").click()
    heard(page, "Confirmed")
    page.locator("#inbox > li", has_text=address).get_by_text("confirmed", exact=True).wait_for()
    page.click("#tab-log")
    page.wait_for_selector("#log .call >> text=sns:ConfirmSubscription")
    client("sns").publish(
        TopicArn=topic, Subject="Hot", Message=json.dumps({"AlarmName": "db-cpu-high", "to": address})
    )
    page.wait_for_selector("#inbox-count.fresh")
    page.click("#tab-inbox")
    # What is shown has been seen, and the next drawing of the list says so: its dot may be gone by now.
    mail = page.locator("#inbox > li", has_text=f'"to": "{address}"').first
    mail.locator("summary").click()
    assert '"AlarmName": "db-cpu-high"' in mail.locator("pre").inner_text()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (1440, "contrast"), (320, "light")])
def test_all_three_are_drawn_well_and_axe_objects_to_nothing(
    site: Stack, context: BrowserContext, page: Page, width: int, theme: str
) -> None:
    with looked_at(site, context, width, theme) as looker:
        looker.page.click("#tab-diagram")
        looker.page.wait_for_selector(".dia-card")
        looker.hold_width()
        looker.keep(f"diagram-{theme}-{width}")
        looker.hold_axe()
        looker.page.locator(".dia-card.database").click()
        looker.page.wait_for_selector("#ask-internet")
        looker.page.click("#ask-internet")
        looker.page.wait_for_selector("#diagram-answer")
        looker.page.wait_for_selector(".dia-mark")
        looker.hold_width()
        looker.keep(f"diagram-answer-{theme}-{width}")
        looker.hold_axe()
        looker.page.click("#tab-log")
        failed = looker.page.locator("#log .call.bad").first
        failed.evaluate("(details) => { details.open = true; }")  # axe has opened all there were
        failed.locator(".call-why").wait_for()
        looker.hold_width()
        looker.keep(f"log-{theme}-{width}")
        looker.hold_axe()
        looker.page.click("#tab-inbox")
        looker.page.wait_for_selector("#inbox .mail")
        looker.page.locator("#inbox .mail summary").first.click()
        looker.hold_width()
        looker.keep(f"inbox-{theme}-{width}")
        looker.hold_axe()
        looker.open(
            f"{page.url.removeprefix(site.url).partition('#')[0]}diagram/?thing=database/shop-db&ask=internet&port=3306"
        )
        looker.hold_width()
        looker.keep(f"diagram-page-{theme}-{width}")
        looker.hold_axe()
