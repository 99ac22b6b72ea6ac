"""Findings can be said in another language: by the English template as the key."""

import pytest

from graders import Fail, Outcome, Result, messages
from graders.messages import Catalogue, Message, catalogue, templates, translated

GERMAN = Catalogue(
    "de",
    {
        "Versioning of {bucket} is {status}.": "Die Versionierung von {bucket} ist {status}.",
        "the versioning of {bucket}": "die Versionierung von {bucket} ({zone})",
        "Turn it on.": "Schalte sie ein.",
    },
)


def result(fail: Fail) -> Result:
    return Result(check="s3.x", title="X", outcome=Outcome.FAILED, **fail.texts())


def test_values_fill_a_template_and_are_none_themselves():
    said = Message("Versioning of {bucket} is {status}.", {"bucket": "{status}", "status": "off"})
    assert said == "Versioning of {status} is off."
    assert said.template == "Versioning of {bucket} is {status}."


def test_without_values_braces_are_text():
    assert Fail('The policy is {"Version": …}.').found == 'The policy is {"Version": …}.'


@pytest.mark.parametrize(("value", "shown"), [([1, 2], "1, 2"), ([], "none"), (80, "80"), (None, "None")])
def test_a_value_is_shown_as_people_write_it(value, shown):
    assert Fail("It is {value}.", value=value).found == f"It is {shown}."


def test_a_finding_is_said_in_another_language():
    fail = Fail(
        "Versioning of {bucket} is {status}.", looked_at="the versioning of {bucket}", try_="Turn it on.",
        needed="Enabled.", bucket="acme", status="off",
    )  # fmt: skip
    german = translated(result(fail), GERMAN)
    assert german.found == "Die Versionierung von acme ist off."
    assert german.try_ == "Schalte sie ein."
    assert german.needed == "Enabled."  # the catalogue lacks it
    assert german.looked_at == "the versioning of acme"  # its translation names what there is not


def test_a_stored_result_can_still_be_translated():
    fail = Fail("Versioning of {bucket} is {status}.", bucket="acme", status="off")
    stored = Result.from_dict(result(fail).to_dict())
    assert translated(stored, GERMAN).found == "Die Versionierung von acme ist off."


def test_a_translator_sees_every_sentence_with_its_names(tmp_path):
    (tmp_path / "a.py").write_text(
        'raise Fail("{bucket} is open." if x else "{bucket} is shut.", needed="Shut.", bucket=b)\nraise Other("no")'
    )
    assert templates(tmp_path) == ["Shut.", "{bucket} is open.", "{bucket} is shut."]
    (tmp_path / "b.py").write_text('def _short(found) -> Fail: ...\nraise _short("{bucket} is near.", by="name")')
    assert "{bucket} is near." in templates(tmp_path)
    assert "name" not in templates(tmp_path)
    assert len(templates()) > 300


def test_a_catalogue_is_found_by_language(tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    (tmp_path / "de.json").write_text('{"Turn it on.": "Schalte sie ein.", "Enabled.": ""}')
    catalogue.cache_clear()
    assert catalogue("de-at").templates == {"Turn it on.": "Schalte sie ein."}
    assert catalogue("fr") is None
    assert catalogue("../de") is None
    catalogue.cache_clear()
