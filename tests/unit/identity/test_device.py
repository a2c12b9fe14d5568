"""Codes of devices as people type them."""

from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain import device as devices
from services.identity.domain.device import LETTERS, LIFE, DeviceState, new_user_code, normalized, written
from services.identity.domain.record import digest
from tests.unit.identity.examples import NOW

codes = st.text(alphabet=LETTERS, min_size=8, max_size=8)


@given(code=codes, typed=st.sampled_from([str.lower, str.upper, written, lambda text: f" {text[:3]} - {text[3:]}."]))
def test_a_code_is_the_same_however_it_is_typed(code: str, typed):
    assert normalized(typed(code)) == code


@given(text=st.text(max_size=60))
def test_whatever_is_typed_is_read_as_capitals_and_digits(text: str):
    assert all(letter.isascii() and letter.isalnum() for letter in normalized(text))
    assert normalized(written(text)) == normalized(text)


def test_new_codes_are_eight_letters_without_vowels_and_differ():
    made = {new_user_code() for _ in range(200)}
    assert len(made) == 200
    assert all(len(normalized(code)) == 8 and set(normalized(code)) <= set(LETTERS) for code in made)
    assert not set(LETTERS) & set("AEIOU01")


def test_a_device_waits_for_ten_minutes_and_one_answer():
    device = devices.begin("secret", "BCDF-GHJK", client_id="client-1", scope="openid", resource="r", at=NOW)
    assert (device.id, device.user_code) == (digest("secret"), digest("BCDFGHJK"))
    assert device.is_open(NOW)
    assert not device.is_open(NOW + LIFE)
    for state in DeviceState:
        assert device.model_copy(update={"state": state}).is_open(NOW) == (state is DeviceState.PENDING)
