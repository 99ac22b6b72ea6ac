from tests.graders.checks.dynamodb.conftest import TABLE, index

CHECK = "dynamodb.table_supports_query"
CALL = {"table": TABLE, "by": "email", "sorted_by": "postedAt"}


class TestRight:
    def test_a_global_index_of_any_name(self, table, passes):
        table(indexes=[index("whatever", "email", "postedAt")])
        passes(CHECK, **CALL)

    def test_the_tables_own_keys(self, table, passes):
        table("email", "postedAt")
        passes(CHECK, **CALL, attributes=["title"])

    def test_a_local_index(self, table, passes):
        table("email", "postId", local=[index("by-time", "email", "postedAt")])
        passes(CHECK, **CALL)

    def test_an_index_that_includes_the_attributes(self, table, passes):
        table(indexes=[index("by-email", "email", "postedAt", "INCLUDE", ["title"])])
        passes(CHECK, **CALL, attributes=["title", "userId"])

    def test_keys_of_the_asked_types(self, table, passes):
        table(types={"postedAt": "N"}, indexes=[index("by-email", "email", "postedAt")])
        passes(CHECK, **CALL, types={"postedAt": "N"}, index="by-email")


class TestWrong:
    def test_no_index(self, table, fails):
        table()
        fails(CHECK, "Nothing in Posts is keyed by email and sort key postedAt", **CALL)

    def test_an_index_without_the_sort_key(self, table, fails):
        table(indexes=[index("by-email", "email")])
        fails(CHECK, "the index by-email is keyed by email.", **CALL)

    def test_an_index_that_carries_only_keys(self, table, fails):
        table(indexes=[index("by-email", "email", "postedAt", "KEYS_ONLY")])
        fails(CHECK, "does not carry title", **CALL, attributes=["userId", "title"])

    def test_a_time_kept_as_text(self, table, fails):
        table(indexes=[index("by-email", "email", "postedAt")])
        fails(CHECK, "postedAt is text (S)", **CALL, types={"postedAt": "N"})

    def test_an_index_that_is_still_built(self, table, fails, monkeypatch):
        from moto.dynamodb.models.table import GlobalSecondaryIndex

        table(indexes=[index("by-email", "email", "postedAt")])
        shown = GlobalSecondaryIndex.describe
        monkeypatch.setattr(GlobalSecondaryIndex, "describe", lambda one: shown(one) | {"IndexStatus": "CREATING"})
        fails(CHECK, "the index by-email is still being built", **CALL)


class TestNearMiss:
    def test_swapped(self, table, fails):
        table(indexes=[index("by-email", "postedAt", "email")])
        fails(CHECK, "the index by-email has the two swapped", **CALL)

    def test_the_attribute_is_only_the_sort_key(self, table, fails):
        table(indexes=[index("by-user", "userId", "email")])
        fails(CHECK, "the index by-user sorts by email; one still has to name a userId", table=TABLE, by="email")

    def test_another_name_of_the_index(self, table, fails):
        table(indexes=[index("by-mail", "email", "postedAt")])
        fails(CHECK, "The index by-email does not exist", "the index by-mail is keyed", **CALL, index="by-email")
