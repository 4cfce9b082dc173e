import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.profiles.profile_numbers import (
    FIRST,
    ProfileNumbers,
    named_profile,
    renumbered,
)


def test_two_backends_that_use_one_id_get_a_number_each_r105() -> None:
    numbers = ProfileNumbers().with_one("left", 1, []).with_one("right", 1, [])
    assert (numbers.of("left"), numbers.of("right")) == ({1: FIRST}, {1: FIRST + 1})
    assert numbers.with_one("right", 1, [1]) == numbers


def test_what_is_no_longer_used_gives_its_number_back() -> None:
    numbers = ProfileNumbers().with_one("left", 1, []).with_one("right", 8, [])
    numbers = numbers.with_one("left", 2, [1])
    assert numbers.of("left") == {1: FIRST, 2: FIRST + 2}
    numbers = numbers.with_one("left", 3, [2])
    assert numbers.of("left") == {2: FIRST + 2, 3: FIRST + 3}
    assert numbers.with_one("left", 4, [2, 3]).of("left")[4] == FIRST
    assert numbers.of("right") == {8: FIRST + 1}


def test_what_is_stored_is_taken_up() -> None:
    numbers = ProfileNumbers().with_one("left", 5, []).with_one("left", 1, [5])
    assert ProfileNumbers().taken_up("left", numbers.text_of("left")) == numbers


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-3, 3), st.sets(st.integers(-3, 3)))))
def test_no_number_is_given_twice(asked: list[tuple[str, int, set[int]]]) -> None:
    numbers = ProfileNumbers()
    for owner, their_id, in_use in asked:
        numbers = numbers.with_one(owner, their_id, in_use)
        assert their_id in numbers.of(owner)
        assert len(set(numbers.given.values())) == len(numbers.given)


@pytest.mark.parametrize(
    ("action", "text", "named", "expected"),
    [
        (
            "SetChargingProfile",
            '{"connectorId":1,"csChargingProfiles":{ "chargingProfileId":1, "a":1.10}}',
            1,
            '{"connectorId":1,"csChargingProfiles":{ "chargingProfileId":20007, "a":1.10}}',
        ),
        (
            "RemoteStartTransaction",
            '{"idTag":"A","chargingProfile":{"chargingProfileId":-4}}',
            -4,
            '{"idTag":"A","chargingProfile":{"chargingProfileId":20007}}',
        ),
        ("ClearChargingProfile", '{"id":3}', 3, '{"id":20007}'),
    ],
)
def test_a_message_gets_the_wallboxs_number_and_stays_as_it_is_otherwise(
    action: str, text: str, named: int, expected: str
) -> None:
    assert named_profile(action, text) == named
    assert renumbered(action, text, 20_007) == expected


@pytest.mark.parametrize("text", ["{}", '{"id":null}', '{"id":true}', '{"id":"1"}', '{"id":1.5}'])
def test_what_names_no_profile_is_not_numbered(text: str) -> None:
    assert named_profile("ClearChargingProfile", text) is None
