"""How texts become words, what a typed word stands for, and what is quoted."""

from __future__ import annotations

from skylab.search import excerpts, words
from skylab.search.vocabulary import Vocabulary


def test_markdown_is_read_as_people_do() -> None:
    text = (
        '## Who *reads*?\n\n> [!NOTE]\n> See [the docs](https://a.b/c "t").\n\n- `s3:*` is **all**\n\n'
        "```sh\naws s3 ls\n```\n"
    )
    assert words.plain(text) == "Who reads ? See the docs. s3:* is all aws s3 ls"
    assert words.headings(text) == "Who reads ?"


def test_words_have_no_accents_and_api_names_are_also_their_parts() -> None:
    assert list(words.of_text("Naïve: PutBucketPolicy, S3, ARN")) == [
        *("naive", "putbucketpolicy", "put", "bucket", "policy", "s3", "arn")
    ]
    assert words.of_query("  Bucket bucket POLICY* ") == ["bucket", "policy"]
    assert words.of_query("桶 политика") == ["桶", "политика"]


def test_slips_are_counted_as_fingers_make_them() -> None:
    assert words.slips("policy", "policy", 2) == 0
    assert words.slips("polciy", "policy", 2) == 1  # swapped
    assert words.slips("polcy", "policy", 2) == 1  # left out
    assert words.slips("bucket", "security", 2) == 3  # more than asked for


def test_a_word_stands_for_its_plural_what_is_typed_and_what_was_meant() -> None:
    known = Vocabulary({"bucket": 9, "buckets": 4, "bucketlist": 1, "policy": 7, "policies": 2, "s3": 5, "s30": 1})

    def stand_for(text: str) -> list[tuple[str, ...]]:
        return [one.words for one in known.meanings(words.of_query(text))]

    assert stand_for("bucket policies") == [("bucket", "buckets"), ("policies", "policy")]
    assert stand_for("polic") == [("policies", "policy")] or set(stand_for("polic")[0]) == {"policy", "policies"}
    assert set(stand_for("buck")[0]) == {"bucket", "buckets", "bucketlist"}
    assert stand_for("s3 bucket")[0] == ("s3",)
    (guess,) = known.meanings(["polcy"])
    assert guess.guessed and guess.words[0] == "policy"
    assert known.meanings(["qqqq"])[0].words == ()


def test_an_excerpt_shows_where_most_of_the_words_are() -> None:
    text = "bucket " + "filler " * 200 + "the bucket has a policy of its own " + "filler " * 200
    found = excerpts.pieces(text, {"bucket", "policy"})
    assert "".join(one.text for one in found).count("policy") == 1
    assert [one.text for one in found if one.match] == ["bucket", "policy"]
    assert found[0].text == "… " and found[-1].text == " …"
    assert sum(len(one.text) for one in found) <= excerpts.LENGTH + 20


def test_a_text_without_the_words_is_quoted_from_its_beginning() -> None:
    assert excerpts.pieces("short", {"other"}) == [excerpts.Piece("short", False)]
    assert excerpts.pieces("", {"other"}) == []
    assert excerpts.marked("A <b>bucket</b>", ["bucket"]) == [("A <b>", False), ("bucket", True), ("</b>", False)]
