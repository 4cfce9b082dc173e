import pytest

from wattgate.adapters.time_servers import Timex, is_kept


@pytest.mark.parametrize(
    ("state", "status", "kept"),
    [
        (0, 0x0001, True),
        (1, 0x0011, True),  # a leap second is due
        (5, 0x0001, False),
        (0, 0x0040, False),
        (5, 0x0040, False),
        (-1, 0, False),
    ],
)
def test_only_a_clock_that_the_kernel_knows_to_be_kept_counts_r48(
    state: int, status: int, kept: bool
) -> None:
    def adjtimex(timex: Timex) -> int:
        assert timex.modes == 0, "it would set the clock"
        timex.status = status
        return state

    assert is_kept(adjtimex) is kept


@pytest.mark.parametrize("failure", [AttributeError("adjtimex"), OSError("no C library")])
def test_where_nobody_can_be_asked_the_clock_is_not_kept_r48(failure: Exception) -> None:
    def adjtimex(_: Timex) -> int:
        raise failure

    assert not is_kept(adjtimex)


def test_the_kernel_of_this_machine_is_asked_without_harm() -> None:
    assert [is_kept() for _ in range(3)] in ([True] * 3, [False] * 3)
