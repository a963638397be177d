"""What was sealed opens with its key, for its environment and its name, unchanged, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.secrets.errors import SecretUnreadableError
from core.secrets.sealing import (
    SealingKey,
    check_of,
    derive_key,
    fits,
    key_id_of,
    new_key,
    new_salt,
    open_sealed,
    seal,
)

IDS = st.integers(min_value=1, max_value=2**62)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
# A variable may hold bytes that are no UTF-8: they are lone surrogates from U+DC80 on (PEP 383).
VALUES = st.binary(max_size=300).map(lambda data: data.decode("utf-8", "surrogateescape"))
KEY = new_key()


@given(value=VALUES, environment_id=IDS, name=NAMES)
def test_a_value_comes_back_as_it_was(value: str, environment_id: int, name: str) -> None:
    sealed = seal(KEY, value, environment_id=environment_id, name=name)
    assert open_sealed(KEY, sealed, environment_id=environment_id, name=name) == value


@given(value=VALUES, environment_id=IDS, name=NAMES, other_id=IDS, other_name=NAMES)
def test_a_value_opens_for_its_own_place_alone(
    value: str, environment_id: int, name: str, other_id: int, other_name: str
) -> None:
    sealed = seal(KEY, value, environment_id=environment_id, name=name)
    if (other_id, other_name) != (environment_id, name):
        with pytest.raises(SecretUnreadableError):
            open_sealed(KEY, sealed, environment_id=other_id, name=other_name)


@given(value=VALUES, data=st.data())
def test_changed_and_cut_bytes_open_nothing(value: str, data: st.DataObject) -> None:
    sealed = seal(KEY, value, environment_id=1, name="TOKEN")
    place = data.draw(st.integers(0, len(sealed) - 1))
    bit = data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
    changed = sealed[:place] + bytes([sealed[place] ^ bit]) + sealed[place + 1 :]
    for broken in (changed, sealed[:place], sealed + b"\0"):
        with pytest.raises(SecretUnreadableError):
            open_sealed(KEY, broken, environment_id=1, name="TOKEN")


@given(value=VALUES)
def test_another_key_opens_nothing(value: str) -> None:
    sealed = seal(KEY, value, environment_id=1, name="TOKEN")
    for other in (new_key(), SealingKey(KEY.id, new_key().material)):
        with pytest.raises(SecretUnreadableError):
            open_sealed(other, sealed, environment_id=1, name="TOKEN")


@given(value=VALUES.filter(lambda text: len(text) >= 4))
def test_nothing_of_a_value_is_seen(value: str) -> None:
    sealed = seal(KEY, value, environment_id=1, name="TOKEN")
    assert value.encode("utf-8", "surrogateescape") not in sealed
    assert sealed != seal(KEY, value, environment_id=1, name="TOKEN"), "the same value never looks the same"
    assert key_id_of(sealed) == KEY.id


def test_a_key_shows_itself_nowhere() -> None:
    assert repr(KEY.material) not in repr(KEY)
    assert KEY.material.hex() not in str(KEY)


@settings(max_examples=10)
@given(passphrase=st.text(min_size=8, max_size=20))
def test_a_passphrase_gives_the_same_key_again(passphrase: str) -> None:
    salt = new_salt()
    key = derive_key(passphrase, salt=salt, key_id=b"12345678", cost=2**4)
    assert fits(derive_key(passphrase, salt=salt, key_id=b"12345678", cost=2**4), check_of(key))
    assert not fits(derive_key(passphrase + "!", salt=salt, key_id=b"12345678", cost=2**4), check_of(key))
    assert not fits(derive_key(passphrase, salt=new_salt(), key_id=b"12345678", cost=2**4), check_of(key))


def test_the_same_letters_are_the_same_passphrase_however_they_are_composed() -> None:
    salt = new_salt()
    composed, combining = "pass\u00e9 passe", "passe\u0301 passe"
    keys = {derive_key(text, salt=salt, key_id=b"12345678", cost=2).material for text in (composed, combining)}
    assert len(keys) == 1


@pytest.mark.parametrize("cost", [0, 1, 3, 2**21, 2**40])
def test_a_cost_that_cannot_be_right_is_refused_before_it_costs_anything(cost: int) -> None:
    with pytest.raises(SecretUnreadableError):
        derive_key("a passphrase", salt=new_salt(), key_id=b"12345678", cost=cost)
