"""The Resources tab: whole labs without a terminal, one of them without a pointer; forms that keep what is typed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from skylab.stack import Stack
from tests.e2e.explorer_hand import FORM, Hand, Keys, names, open_lab, outcome
from tests.e2e.looking import Looker
from tests.e2e.test_first_light import aws
from tests.e2e.working import exports, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.stack]
PICTURES = os.environ.get("SKYLAB_PICTURES", "")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png")


@pytest.fixture(autouse=True)
def ended(page: Page, site: Stack) -> Iterator[None]:
    """Each test ends its lab: a learner may have two open at a time."""
    sign_in(page, site)
    yield
    ended = page.locator("#end-dialog form")
    if ended.count():
        token = ended.locator("[name=csrfmiddlewaretoken]").get_attribute("value") or ""
        where = site.url + (ended.get_attribute("action") or "")
        page.request.post(where, form={"csrfmiddlewaretoken": token}, headers={"Referer": site.url})


def test_a_bucket_is_closed_and_shared_with_one_role(site: Stack, page: Page) -> None:
    open_lab(page, site, "private-bucket-one-reader")
    bucket, _, reporting, *_ = names(page)
    hand = Hand(page)
    hand.begin()
    account = page.locator(".ex-head .mono").first.inner_text()

    # A role's own policy is too wide: it goes. What it stands on is a row of the role.
    hand.service("iam")
    hand.thing("role", reporting)
    hand.act("remove-inline", part="inline", row="exports")
    assert f"aws iam delete-role-policy --role-name {reporting} --policy-name exports" in hand.command(
        "delete-role-policy"
    )
    hand.save()
    hand.close()

    # The bucket's policy, typed with a mistake first: nothing is sent, nothing is lost, and the line is named.
    hand.service("s3")
    hand.thing("bucket", bucket)
    hand.act("policy")
    picture(page, "policy")
    role, me = f"arn:aws:iam::{account}:role/{reporting}", f"arn:aws:iam::{account}:user/learner"
    objects = f"arn:aws:s3:::{bucket}/*"
    reads = {
        "Sid": "ReportingReads",
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "s3:GetObject",
        "Resource": objects,
    }
    others = {
        "Sid": "NobodyElse",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": objects,
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [role, me]}},
    }
    plain = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", objects],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [reads, others, plain]}, indent=2)
    hand.type("Policy", policy.replace("s3:GetObject", "GetObject", 1))
    # As by its corner: a height of its own must not come back as a style attribute, which the policy forbids.
    page.locator(f'{FORM} [name="f.Policy"]').evaluate("(one) => { one.style.height = '20rem'; }")
    page.locator(f"{FORM} button[type=submit]").click()
    wrong = page.locator(f"{FORM} .errorlist")
    wrong.wait_for()
    assert re.search(r"Line \d+: Action 'GetObject' in statement 1", wrong.inner_text())
    assert '"GetObject"' in page.locator(f'{FORM} [name="f.Policy"]').input_value()
    picture(page, "policy-refused")
    hand.type("Policy", policy)
    assert "put-bucket-policy" in hand.command('"s3:GetObject"')
    hand.save()
    picture(page, "saved")
    hand.back()
    hand.act("block")
    for switch in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"):
        hand.tick(switch)
    hand.save()
    for task in ("strangers", "bolt", "reader", "tls"):
        outcome(page, task)

    # All of it was the learner's own: it stands in the API log, by its tool.
    page.click("#tab-log")
    log = page.locator("#panel-log")
    log.locator("text=PutBucketPolicy").first.wait_for()
    assert "skylab-explorer" in log.inner_text()


def test_groups_are_mended_by_the_keyboard_alone(site: Stack, page: Page) -> None:
    open_lab(page, site, "web-and-database-groups")
    web, database = names(page)[3:5]
    keys = Keys(page)
    keys.begin()
    keys.service("ec2")
    keys.thing("security-group", web)
    for service in ("https", "http"):
        keys.act("add-in", part="in")
        keys.choose("what", service)
        keys.type("cidr", "0.0.0.0/0")
        keys.save()
        keys.back()
    keys.act("remove-in", part="in", row="22")
    keys.save()
    keys.close()
    keys.thing("security-group", database)
    keys.act("remove-in", part="in", row="5432")
    keys.save()
    keys.back()
    keys.act("add-in", part="in")
    keys.choose("what", "tcp")
    keys.type("first", "5432")
    keys.choose("source", "group")
    group = page.locator(f'{FORM} [name="f.group"] option', has_text=web).get_attribute("value") or ""
    keys.choose("group", group)
    assert '"FromPort": 5432' in keys.command(f'"GroupId": "{group}"')
    keys.save()
    for task in ("web", "nothing-else", "chain", "nobody-else"):
        outcome(page, task)


def test_a_database_survives(site: Stack, page: Page) -> None:
    open_lab(page, site, "rds-multi-az")
    story = page.locator("#guide .prose.compact").first
    database, new = dict.fromkeys(one.inner_text() for one in story.locator("code").all())
    hand = Hand(page)
    hand.begin()
    hand.service("rds")
    hand.thing("instance", database)
    hand.act("modify")
    hand.tick("MultiAZ")
    hand.type("BackupRetentionPeriod", "14")
    hand.tick("PubliclyAccessible", on=False)
    hand.tick("DeletionProtection")
    hand.tick("ApplyImmediately")
    said = hand.command("--multi-az")
    assert "--no-publicly-accessible" in said and "--backup-retention-period 14" in said
    hand.save()
    hand.back()
    hand.act("snapshot")
    hand.type("DBSnapshotIdentifier", f"{new}-plain")
    hand.save()
    hand.close()
    hand.service("kms")
    hand.new("key")
    hand.save()
    hand.close()
    hand.service("rds")
    hand.thing("snapshot", f"{new}-plain")
    hand.act("copy")
    hand.type("TargetDBSnapshotIdentifier", f"{new}-encrypted")
    hand.pick_first("KmsKeyId")
    hand.save()
    hand.close()

    # What has no form of its own is a call like any other: the restored database must not be public.
    page.click('[data-ex-operations="rds"]')
    page.fill("#ex-op-words", "restoredbinstancefromdbsnapshot")
    page.locator("#ex-op-rows button", has_text="RestoreDBInstanceFromDBSnapshot").first.click()
    hand.form()
    hand.type("DBInstanceIdentifier", new)
    hand.type("DBSnapshotIdentifier", f"{new}-encrypted")
    hand.choose("PubliclyAccessible", "false")
    assert "--no-publicly-accessible" in hand.command(f"{new}-encrypted")
    hand.save()
    answer = page.locator(".ex-tree")
    assert new in answer.inner_text()
    picture(page, "answer")
    for task in ("zone", "mistake", "stranger", "encrypted"):
        outcome(page, task)


def test_a_refusal_of_aws_stands_beside_the_form_and_an_undo_takes_back(site: Stack, page: Page) -> None:
    open_lab(page, site, "private-bucket-one-reader")
    bucket = names(page)[0]
    hand = Hand(page)
    hand.begin()
    # The name is taken: AWS says so itself, and beside it stands why.
    hand.service("iam")
    hand.new("user")
    hand.type("UserName", "learner")
    page.locator(f"{FORM} button[type=submit]").click()
    fault = page.locator("#ex-fault")
    fault.wait_for()
    assert "EntityAlreadyExists" in fault.inner_text() and "one of that name already" in fault.inner_text()
    assert page.locator(f'{FORM} [name="f.UserName"]').input_value() == "learner"
    picture(page, "fault")
    hand.back()

    # While one types, the lists go on and the form stays: another tool makes a bucket meanwhile.
    hand.service("s3")
    hand.new("bucket")
    hand.type("Bucket", f"{bucket}-mine")
    page.locator(f'{FORM} [name="f.Bucket"]').focus()
    aws(exports(page), "s3api", "create-bucket", "--bucket", f"{bucket}-other")
    page.wait_for_selector(f'#resources a.name:text-is("{bucket}-other")', state="attached", timeout=15_000)
    assert page.locator(f'{FORM} [name="f.Bucket"]').input_value() == f"{bucket}-mine"
    assert page.evaluate("document.activeElement.name") == "f.Bucket"

    for place, (key, value) in enumerate((("team", "web"), ("stage", "test"))):
        page.locator(f"{FORM} fieldset#ex-f-tags > [data-ex-add]").click()
        assert page.evaluate("document.activeElement.name") == f"f.tags.{place}.key"
        hand.type(f"tags.{place}.key", key)
        hand.type(f"tags.{place}.value", value)
    assert "team" in hand.command("stage")
    hand.save()
    page.click(f'#ex-form a:has-text("{bucket}-mine")')
    page.wait_for_selector(f'#ex-t-head h3:text-is("{bucket}-mine")')
    assert page.url.endswith(f"#resources=s3/bucket/{bucket}-mine")
    # The address is the thing's: whoever opens it sees it.
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(f'#ex-t-head h3:text-is("{bucket}-mine")')
    other.close()
    hand.act("versioning")
    hand.choose("Status", "Enabled")
    hand.save()
    page.click("#ex-undo")
    page.wait_for_selector("#ex-form :text('Undone')")
    hand.back()
    page.wait_for_selector('#ex-t-properties div:has(dt:text-is("Versioning")) dd:text-is("off")')


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (320, "light"), (320, "dark")])
def test_the_explorer_is_held_to_what_all_pages_are(
    site: Stack, page: Page, browser: Browser, width: int, theme: str
) -> None:
    open_lab(page, site, "private-bucket-one-reader")
    bucket = names(page)[0]
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if theme == "dark" else "light"
    )
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    looker = Looker(context, site.url)
    try:
        looker.open(page.url.removeprefix(site.url) + f"#resources=s3/bucket/{bucket}")
        if width < 1100:
            looker.page.click('[data-pane="bench"]')
        looker.page.wait_for_selector("#ex-t-head")
        for name, step in (("thing", None), ("form", '[data-ex-action="policy"]'), ("list", "#ex-close")):
            if step:
                looker.page.locator(step).first.click()
            looker.page.wait_for_selector(
                {"thing": "#ex-t-head", "form": FORM, "list": "#resources .ex-thing-row"}[name]
            )
            picture(looker.page, f"{name}-{width}-{theme}")
            looker.hold_width()
            looker.hold_reach()
        looker.hold_axe()
        assert not looker.wrong, looker.wrong
    finally:
        context.close()
