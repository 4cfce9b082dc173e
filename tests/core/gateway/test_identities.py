import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.errors import LocalUsageError
from wattgate.core.gateway.identities import IdMap

OURS, THEIRS = range(1, 6), range(101, 106)
BIND = st.tuples(st.just("bind"), st.sampled_from(OURS), st.sampled_from(THEIRS))
FORGET = st.tuples(st.just("forget"), st.sampled_from(OURS), st.just(0))


def test_a_pair_is_found_from_both_sides_r60() -> None:
    ids = IdMap([(1, 9001), (2, 9002)])
    assert (ids.theirs(1), ids.ours(9002)) == (9001, 2)
    assert (ids.theirs(3), ids.ours(9003)) == (None, None)
    assert len(ids) == 2


def test_the_two_sides_are_spaces_of_their_own_r60() -> None:
    ids = IdMap([(1, 2), (2, 1)])
    assert (ids.theirs(1), ids.ours(1)) == (2, 2)


def test_binding_a_pair_again_changes_nothing() -> None:
    ids = IdMap([(1, 9001), (1, 9001)])
    assert len(ids) == 1


@pytest.mark.parametrize("pair", [(1, 9002), (2, 9001)])
def test_a_contradiction_is_refused_and_changes_nothing(pair: tuple[int, int]) -> None:
    ids = IdMap([(1, 9001)])
    with pytest.raises(LocalUsageError, match="contradicts"):
        ids.bind(*pair)
    assert (ids.theirs(1), ids.ours(9001), len(ids)) == (9001, 1, 1)


def test_a_forgotten_pair_leaves_both_ids_free() -> None:
    ids = IdMap([(1, 9001)])
    ids.forget(1)
    ids.forget(1)
    assert (ids.theirs(1), ids.ours(9001), len(ids)) == (None, None, 0)
    ids.bind(2, 9001)
    ids.bind(1, 9002)
    assert (ids.ours(9001), ids.ours(9002)) == (2, 1)


@given(st.lists(BIND | FORGET))
def test_it_is_a_bijection_after_any_sequence_of_steps_r60(
    steps: list[tuple[str, int, int]],
) -> None:
    ids, pairs = IdMap(), set[tuple[int, int]]()
    for step, our_id, their_id in steps:
        if step == "forget":
            ids.forget(our_id)
            pairs = {pair for pair in pairs if pair[0] != our_id}
        elif any((ours == our_id) != (theirs == their_id) for ours, theirs in pairs):
            with pytest.raises(LocalUsageError, match="contradicts"):
                ids.bind(our_id, their_id)
        else:
            ids.bind(our_id, their_id)
            pairs.add((our_id, their_id))
        assert {(ours, ids.theirs(ours)) for ours in OURS} - {
            (ours, None) for ours in OURS
        } == pairs
        assert {(ids.ours(theirs), theirs) for theirs in THEIRS if ids.ours(theirs)} == pairs
        assert len(ids) == len(pairs)
