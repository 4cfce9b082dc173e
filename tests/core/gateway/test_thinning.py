import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.gateway.thinning import every_second


def queue(kinds: str, first: int = 1) -> list[OutboxMessage]:
    """A queue written as `e` for an expendable message and `k` for one that is to be kept."""
    return [
        OutboxMessage(number, Draft("B", "MeterValues", "{}", expendable=kind == "e"))
        for number, kind in enumerate(kinds, first)
    ]


@pytest.mark.parametrize(
    ("kinds", "gone"),
    [
        ("", []),
        ("kkk", []),
        ("e", [1]),
        ("eeeee", [1, 3, 5]),
        ("kekek", [2]),
        ("ekkee", [1, 5]),
    ],
)
def test_every_second_expendable_message_goes_and_nothing_else_r72(
    kinds: str, gone: list[int]
) -> None:
    assert every_second(queue(kinds))[0] == gone


@given(st.text("ek", max_size=30), st.integers(0, 30))
def test_a_queue_in_two_parts_loses_the_same_as_in_one_r72(kinds: str, cut: int) -> None:
    first, keeps_next = every_second(queue(kinds[:cut]))
    second, _ = every_second(queue(kinds[cut:], cut + 1), keeps_next=keeps_next)
    assert first + second == every_second(queue(kinds[: cut + len(kinds)]))[0]
