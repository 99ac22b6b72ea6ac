import pytest

from graders import tables
from tests.graders.checks.dynamodb.conftest import TABLE
from tests.graders.checks.lambda_.conftest import CODE, ROLE, function, role  # noqa: F401 - fixtures

CHECK = "dynamodb.table_stream_triggers"
CALL = {"table": TABLE, "function": "on-order"}
READ = ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"]
STREAM = {"Action": READ, "Resource": "*"}


def stream(view="NEW_IMAGE"):
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}}


@pytest.fixture
def feed(account, table, function):  # noqa: F811
    """The table with a stream, on-order, and `feed(view, BatchSize=…)`, the mapping between them."""

    def feed(view="NEW_IMAGE", rights=(STREAM,), **options):
        arn = table(**stream(view))["LatestStreamArn"]
        function("on-order", rights=rights)
        given = {"StartingPosition": "LATEST", "EventSourceArn": arn} | options
        account.client("lambda").create_event_source_mapping(FunctionName="on-order", **given)

    return feed


class TestRight:
    def test_a_mapping_on_the_stream(self, feed, passes):
        feed(BatchSize=100)
        passes(CHECK, **CALL, view="NEW_IMAGE", batch_at_most=100)

    def test_a_richer_view(self, feed, passes):
        feed("NEW_AND_OLD_IMAGES", StartingPosition="TRIM_HORIZON")
        passes(CHECK, **CALL, view="NEW_IMAGE")

    def test_rights_on_the_streams_of_the_table_alone(self, feed, passes):
        own = "arn:aws:dynamodb:us-east-1:123456789012:table/Posts/stream/*"
        feed(rights=({"Action": READ[:3], "Resource": own}, {"Action": READ[3], "Resource": "*"}))
        passes(CHECK, **CALL)

    def test_a_filter_that_lets_inserts_through(self, feed, passes):
        feed(FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]})
        passes(CHECK, **CALL)


class TestWrong:
    def test_no_stream(self, table, function, fails):  # noqa: F811
        table()
        function("on-order")
        fails(CHECK, "The stream of Posts is off", **CALL)

    def test_keys_only(self, feed, fails):
        feed("KEYS_ONLY")
        fails(CHECK, "holds KEYS_ONLY, not NEW_IMAGE", **CALL, view="NEW_IMAGE")

    def test_a_mapping_that_is_off(self, feed, fails):
        feed(Enabled=False)
        fails(CHECK, "The event source mapping from the stream of Posts to on-order is Disabled", **CALL)

    def test_a_role_that_may_not_read(self, feed, fails):
        feed(rights=({"Action": "dynamodb:GetItem", "Resource": "*"},))
        fails(CHECK, "cannot read the stream of Posts", "lacks dynamodb:GetRecords", **CALL)

    def test_a_filter_that_drops_everything(self, feed, fails):
        feed(FilterCriteria={"Filters": [{"Pattern": '{"body": {"id": ["1"]}}'}]})
        fails(CHECK, "lets no event of the stream of Posts through", **CALL)

    def test_batches_that_are_too_large(self, feed, fails):
        feed(BatchSize=1000)
        fails(CHECK, "up to 1000 changes at once", **CALL, batch_at_most=100)


class TestNearMiss:
    def test_an_old_stream(self, feed, monkeypatch, fails):
        feed()
        read = tables.stream_of  # turned off and on again, a table has a stream with another ARN
        monkeypatch.setattr(tables, "stream_of", lambda table: (f"{read(table)[0]}-new", read(table)[1]))
        fails(CHECK, "Nothing feeds on-order", "Its mapping is on an old stream of the table", **CALL)

    def test_the_mapping_feeds_another_function(self, feed, function, fails):  # noqa: F811
        feed()
        function("other", made=False)
        fails(CHECK, "It feeds on-order", table=TABLE, function="other")
