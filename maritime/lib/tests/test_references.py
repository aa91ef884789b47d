"""References: what people mistype is noticed; tokens open one booking and cannot be made up."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maritime.lib import references
from maritime.lib.references import ALPHABET, RANDOM_LENGTH, WEIGHTS

bodies = st.text(ALPHABET, min_size=RANDOM_LENGTH, max_size=RANDOM_LENGTH)
whole = bodies.map(lambda body: body + references.check_letter(body))


def test_alphabet_has_no_letters_that_look_alike() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 25
    assert not set(ALPHABET) & set("0O1IL2Z5S8B")


def test_new_references_are_valid_and_differ() -> None:
    made = {references.new_reference() for _ in range(200)}

    assert len(made) == 200
    assert all(references.is_reference(reference) for reference in made)


def test_every_weight_notices_a_wrong_letter_and_every_near_pair_a_swap() -> None:
    assert len(WEIGHTS) == RANDOM_LENGTH + 1
    assert all(weight % 5 for weight in WEIGHTS)
    for apart in (1, 2):
        pairs = zip(WEIGHTS, WEIGHTS[apart:], strict=False)
        assert all((first - second) % 5 for first, second in pairs)


@given(whole, st.integers(0, RANDOM_LENGTH), st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_noticed(reference: str, place: int, letter: str) -> None:
    typed = reference[:place] + letter + reference[place + 1 :]

    assert references.is_reference(typed) == (typed == reference)


@given(whole, st.integers(0, RANDOM_LENGTH), st.integers(1, 2))
def test_swapped_near_letters_are_noticed(reference: str, place: int, apart: int) -> None:
    letters = list(reference)
    other = min(place + apart, RANDOM_LENGTH)
    letters[place], letters[other] = letters[other], letters[place]
    typed = "".join(letters)

    if abs(other - place) in {1, 2}:
        assert references.is_reference(typed) == (typed == reference)


@pytest.mark.parametrize("text", ["", "3", "34679ACD", "OOOOOOOOO", "34679ACDEF", "3467 9ACD"])
def test_other_texts_are_no_references(text: str) -> None:
    assert not references.is_reference(text)


@given(whole)
def test_blanks_dashes_and_small_letters_do_not_matter(reference: str) -> None:
    typed = f" {reference[:3]}-{reference[3:6]} {reference[6:]}\n".lower()

    assert references.normalise(typed) == reference


def test_a_token_opens_its_booking_always_the_same_way() -> None:
    booking_id = uuid.uuid4()
    token = references.access_token(booking_id)

    assert token == references.access_token(booking_id)
    assert references.booking_of_token(token) == booking_id


@pytest.mark.parametrize("change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"),
                                    lambda t: "0" * 32 + t[32:], lambda t: t[:32], lambda t: ""])  # fmt: skip
def test_a_changed_token_opens_nothing(change) -> None:
    token = references.access_token(uuid.uuid4())

    assert references.booking_of_token(change(token)) is None


def test_another_key_makes_other_tokens(settings) -> None:
    booking_id = uuid.uuid4()
    token = references.access_token(booking_id)
    settings.SECRET_KEY = "another-key-of-this-installation-0123456789"

    assert references.booking_of_token(token) is None
