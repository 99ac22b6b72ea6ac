import pytest

CHECK = "logs.filter_counts"
ROOT = '{"eventName": "ConsoleLogin", "userIdentity": {"type": "Root"}}'
USER = '{"eventName": "ConsoleLogin", "userIdentity": {"type": "IAMUser", "userName": "Root"}}'
CALL = {"group": "/acme/web", "namespace": "Acme", "metric": "Errors", "counts": [ROOT], "ignores": [USER]}


class TestRight:
    @pytest.mark.parametrize(
        "pattern",
        [
            "{ $.userIdentity.type = Root }",
            '{($.eventName = "ConsoleLogin") && ($.userIdentity.type = "Root")}',
            '{ ($.userIdentity.type = "Root") && (($.eventName = "X") || ($.eventName = "Console*")) }',
            "{ $.userIdentity.userName NOT EXISTS }",
        ],
    )
    def test_a_pattern_of_the_effect(self, group, metric_filter, passes, pattern):
        group()
        metric_filter(pattern)
        passes(CHECK, **CALL)

    def test_words(self, group, metric_filter, passes):
        group()
        metric_filter("?ERROR ?FATAL")
        passes(CHECK, **CALL | {"counts": ["12:00 ERROR x", "12:01 FATAL y"], "ignores": ["12:02 INFO z"]})

    def test_one_of_several_filters(self, group, metric_filter, passes):
        group()
        metric_filter("nothing", "other", metric="Other")
        metric_filter("{ $.userIdentity.type = Root }", value="5")
        passes(CHECK, **CALL, value="5")


class TestWrong:
    @pytest.mark.parametrize(
        ("pattern", "words"),
        [
            ("Root", "counts too much"),
            ('{ $.userIdentity.type = "root" }', "misses an event"),
            ('{ $.eventName = "Other" && $.userIdentity.type = "Root" }', "misses an event"),
            ("", "counts too much"),
            ("{ $.userIdentity.type = }", "cannot be used"),
        ],
    )
    def test_a_pattern_of_another_effect(self, group, metric_filter, fails, pattern, words):
        group()
        metric_filter(pattern)
        fails(CHECK, words, **CALL)

    def test_another_value(self, group, metric_filter, fails):
        group()
        metric_filter("{ $.userIdentity.type = Root }", value="0")
        fails(CHECK, "publishes 0 for each event", **CALL)

    def test_no_filter(self, group, fails):
        group()
        fails(CHECK, "has no metric filter", **CALL)


class TestNearMiss:
    def test_on_another_group(self, group, metric_filter, fails):
        group()
        group("/acme/api")
        metric_filter("{ $.userIdentity.type = Root }", group="/acme/api")
        fails(CHECK, "errors is on /acme/api, not on /acme/web", **CALL)

    def test_to_another_metric(self, group, metric_filter, fails):
        group()
        metric_filter("{ $.userIdentity.type = Root }", metric="errors")
        fails(CHECK, "publishes to Acme errors", **CALL)
