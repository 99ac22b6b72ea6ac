import pytest

CHECK = "logs.group_keeps_events"
CALL = {"group": "/acme/web", "days": 90}


class TestRight:
    @pytest.mark.parametrize("days", [90, 120, 365])
    def test_long_enough(self, group, passes, days):
        group(days=days)
        passes(CHECK, **CALL)

    def test_exactly(self, group, passes):
        group(days=90)
        passes(CHECK, **CALL, at_least=False)

    def test_within_bounds(self, group, passes):
        group(days=120)
        passes(CHECK, **CALL, at_most=120)


class TestWrong:
    def test_for_ever_is_refused(self, group, fails):
        group()
        fails(CHECK, "keeps for ever", "ten years ago", **CALL)

    def test_too_short(self, group, fails):
        group(days=30)
        fails(CHECK, "for 30 days", "An event of 90 days ago is gone", **CALL)

    def test_too_long(self, group, fails):
        group(days=365)
        fails(CHECK, "for 365 days", "still in", **CALL, at_most=180)
        fails(CHECK, "for 365 days", **CALL, at_least=False)


class TestNearMiss:
    def test_set_on_another_group(self, group, fails):
        group()
        group("/acme/api", days=90)
        fails(CHECK, "set on /acme/api, which is another group", **CALL)

    def test_another_name_and_region(self, group, fails):
        group("/acme/wb", days=90)
        fails(CHECK, "There is /acme/wb", **CALL)
        group("zzz", days=90, region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", group="zzz", days=90)
