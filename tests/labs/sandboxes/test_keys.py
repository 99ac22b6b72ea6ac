"""Keys and account ids: what the gateway may know without asking."""

from __future__ import annotations

import itertools
import string

import pytest

from labs.sandboxes import account_id_for, keys

MASTER = b"m" * 32


def test_account_ids_are_twelve_digits_and_all_different() -> None:
    made = [account_id_for(number) for number in range(5000)]
    assert len(set(made)) == len(made)
    assert all(len(each) == 12 and each.isdigit() and each[0] != "0" for each in made)


def test_the_next_account_id_cannot_be_guessed_from_the_last() -> None:
    made = [int(account_id_for(number)) for number in range(200)]
    steps = {after - before for before, after in itertools.pairwise(made)}
    assert len(steps) == len(made) - 1


@pytest.mark.parametrize("number", [-1, 800_000_000_000])
def test_a_number_beyond_the_range_has_no_account_id(number: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        account_id_for(number)


@pytest.mark.parametrize("kind", ["AKIA", "ASIA"])
@pytest.mark.parametrize(("number", "serial"), [(0, 0), (1, 1), (12_345, 2**32 - 1), (2**36 - 1, 16)])
def test_a_key_names_its_sandbox_and_serial(kind: keys.Kind, number: int, serial: int) -> None:
    key = keys.mint_access_key(number, serial, kind)
    assert len(key) == 20
    assert set(key) <= set(string.ascii_uppercase + "234567")
    assert (keys.sandbox_of(key), keys.serial_of(key)) == (number, serial)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "AKIA",
        "AKIAIOSFODNN7EXAMPLE",
        "test",
        "123456789012",
        keys.mint_access_key(5, 0)[:-1] + "A",
        "ASIA" + keys.mint_access_key(5, 0)[4:],
        keys.mint_access_key(5, 0).lower(),
        "AROA" + keys.mint_access_key(5, 0)[4:],
    ],
)
def test_a_key_that_is_not_ours_names_no_sandbox(key: str) -> None:
    assert keys.sandbox_of(key) is None
    assert not keys.is_grader_key(key)


def test_one_wrong_character_is_nearly_always_seen() -> None:
    key = keys.mint_access_key(77, 123_456)
    wrong = [key[:at] + other + key[at + 1 :] for at in range(4, 20) for other in "AQ37" if key[at] != other]
    assert sum(keys.sandbox_of(each) is not None for each in wrong) <= 1


def test_only_serial_one_of_a_long_term_key_is_the_graders() -> None:
    assert keys.is_grader_key(keys.mint_access_key(9, keys.GRADER_SERIAL))
    assert not keys.is_grader_key(keys.mint_access_key(9, keys.LEARNER_SERIAL))
    assert not keys.is_grader_key(keys.mint_access_key(9, keys.GRADER_SERIAL, "ASIA"))


def test_what_a_cell_holds_does_not_give_the_graders_secret() -> None:
    key = keys.mint_access_key(9, keys.GRADER_SERIAL)
    in_the_cell = keys.sandbox_secret(MASTER, 9)
    assert keys.secret_for(in_the_cell, key) != keys.secret_for(keys.grader_secret(MASTER, 9), key)


def test_secrets_and_tokens_differ_by_key_and_sandbox_and_look_like_awss() -> None:
    one, two = keys.mint_access_key(9, 20), keys.mint_access_key(9, 21)
    secrets = {keys.secret_for(keys.sandbox_secret(MASTER, number), key) for number in (9, 10) for key in (one, two)}
    assert len(secrets) == 4
    assert {len(each) for each in secrets} == {40}
    token = keys.session_token_for(keys.sandbox_secret(MASTER, 9), one)
    assert token.startswith("IQoJb3JpZ2luX2Vj")
    assert token != keys.session_token_for(keys.sandbox_secret(MASTER, 9), two)


def test_a_key_does_not_fit_a_number_that_is_too_large() -> None:
    with pytest.raises(ValueError, match="cannot make a key"):
        keys.mint_access_key(2**36, 0)
