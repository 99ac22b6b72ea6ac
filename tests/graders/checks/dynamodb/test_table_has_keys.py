from tests.graders.checks.dynamodb.conftest import TABLE, index

CHECK = "dynamodb.table_has_keys"


class TestRight:
    def test_a_partition_key(self, table, passes):
        table("userId")
        passes(CHECK, table=TABLE, partition="userId")

    def test_a_sort_key_too(self, table, passes):
        table("userId", "postId")
        passes(CHECK, table=TABLE, partition="userId", sort="postId")

    def test_a_number_where_one_is_asked_for(self, table, passes):
        table("userId", "postId", types={"postId": "N"})
        passes(CHECK, table=TABLE, partition="userId", sort="postId", sort_type="N")

    def test_indexes_do_not_matter(self, table, passes):
        table("userId", indexes=[index("by-email", "email")])
        passes(CHECK, table=TABLE, partition="userId")


class TestWrong:
    def test_no_sort_key(self, table, fails):
        table("userId")
        fails(CHECK, "has no sort key", "overwrites the first", table=TABLE, partition="userId", sort="postId")

    def test_a_sort_key_too_many(self, table, fails):
        table("userId", "postId")
        fails(CHECK, "are userId (partition) and postId (sort), not", table=TABLE, partition="userId")

    def test_another_type(self, table, fails):
        table("userId", types={"userId": "N"})
        fails(CHECK, "The key userId of Posts is a number (N), not text (S)", table=TABLE, partition="userId")

    def test_only_an_index_has_the_keys(self, table, fails):
        table("userId", indexes=[index("by-email", "email")])
        fails(CHECK, "not email (partition)", table=TABLE, partition="email")


class TestNearMiss:
    def test_swapped(self, table, fails):
        table("postId", "userId")
        fails(CHECK, "They are swapped", table=TABLE, partition="userId", sort="postId")

    def test_other_capitals(self, table, fails):
        table("userid")
        fails(CHECK, "Capital letters count", table=TABLE, partition="userId")

    def test_another_name(self, table, fails):
        table(name="posts")
        fails(CHECK, "There is posts, which is another name", table=TABLE, partition="userId")

    def test_another_region(self, table, fails):
        table(region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", table=TABLE, partition="userId")
