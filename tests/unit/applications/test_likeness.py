"""Likeness of texts: copies are found although words were changed, and strangers are not."""

from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain.likeness import ALIKE, LOOKED_UP, SIZE, resemblance, sketch

TEXT = " ".join(f"word{n}" for n in range(300))


def test_a_copy_with_every_tenth_word_changed_is_alike_and_found():
    changed = " ".join("other" if n % 10 == 0 else f"word{n}" for n in range(300))
    one, other = sketch(TEXT), sketch(changed)
    assert resemblance(one, other) >= ALIKE
    assert {*one[:LOOKED_UP]} & {*other}


def test_other_words_are_not_alike():
    assert resemblance(sketch(TEXT), sketch(TEXT.replace("word", "term"))) < 0.1


def test_case_and_punctuation_are_no_difference():
    assert sketch(TEXT) == sketch(TEXT.upper().replace(" ", ", "))


def test_what_is_short_says_nothing():
    assert sketch("I want to learn.") == ()
    assert resemblance((), ()) == 0


@given(st.text(alphabet="ab c", min_size=200), st.text(alphabet="ab c", min_size=200))
def test_it_goes_both_ways_and_a_sketch_is_bounded(one: str, other: str):
    first, second = sketch(one), sketch(other)
    assert resemblance(first, second) == resemblance(second, first) <= 1
    assert len(first) <= SIZE
    assert resemblance(first, first) == bool(first)
