import pytest

CHECK = "events.rule_runs_on_schedule"
NIGHTLY = {"rule": "watch", "schedule": "cron(0 2 * * ? *)", "target": "inbox"}


class TestRight:
    @pytest.mark.parametrize(
        ("given", "schedule"),
        [
            ("cron(0 2 * * ? *)", "cron(0 2 * * ? *)"),
            ("cron(0 2 ? * * *)", "cron(0 2 * * ? *)"),
            ("cron(0 2 ? * SUN-SAT *)", "cron(0 2 * * ? *)"),
            ("cron(0 8 ? * 2-6 *)", "cron(0 8 ? * MON-FRI *)"),
            ("cron(0/15 * * * ? *)", "rate(15 minutes)"),
            ("cron(30 4 * * ? *)", "rate(1 day)"),
            ("rate(24 hours)", "rate(1 day)"),
        ],
    )
    def test_a_schedule_of_the_effect(self, rule, inbox, passes, given, schedule):
        inbox()
        rule(schedule=given)
        passes(CHECK, **NIGHTLY | {"schedule": schedule})


class TestWrong:
    @pytest.mark.parametrize(
        "given",
        ["cron(2 0 * * ? *)", "cron(0 14 * * ? *)", "cron(0 2 ? * MON-FRI *)", "cron(* 2 * * ? *)", "rate(1 day)"],
    )
    def test_a_schedule_of_another_effect(self, rule, inbox, fails, given):
        inbox()
        rule(schedule=given)
        fails(CHECK, f"runs by {given}", **NIGHTLY)

    def test_an_event_pattern_is_no_schedule(self, rule, inbox, fails):
        inbox()
        rule({"source": ["aws.ec2"]})
        fails(CHECK, "has no schedule", **NIGHTLY)

    def test_disabled_or_kept_out(self, rule, inbox, fails):
        inbox(service=None)
        rule(schedule="cron(0 2 * * ? *)")
        fails(CHECK, "may not use inbox", **NIGHTLY)
        rule(schedule="cron(0 2 * * ? *)", state="DISABLED")
        fails(CHECK, "is disabled", **NIGHTLY)


class TestNearMiss:
    def test_another_rule(self, rule, fails):
        rule(schedule="cron(0 2 * * ? *)", name="wach", target=None)
        fails(CHECK, "There is wach", **NIGHTLY)

    def test_another_target(self, rule, fails):
        rule(schedule="cron(0 2 * * ? *)", target="arn:aws:lambda:us-east-1:123456789012:function:thumb")
        fails(
            CHECK, "it has arn:aws:lambda:us-east-1:123456789012:function:thumb", **NIGHTLY | {"target": "thumb:prod"}
        )
