import pytest

from wattgate.adapters.web.attempts import BURST, REFILL_S, REMEMBERED, Attempts


def spent(address: str = "192.0.2.1") -> Attempts:
    attempts = Attempts()
    assert all(attempts.take(address, 0.0) for _ in range(BURST))
    return attempts


def test_an_address_has_a_number_of_failures_free_and_no_more() -> None:
    attempts = spent()
    assert not attempts.take("192.0.2.1", 0.0)
    assert attempts.take("192.0.2.2", 0.0)


def test_time_brings_one_attempt_after_the_other_back() -> None:
    attempts = spent()
    assert attempts.wait_s("192.0.2.1", 0.0) == REFILL_S
    assert not attempts.take("192.0.2.1", REFILL_S - 0.1)
    assert attempts.take("192.0.2.1", REFILL_S)
    assert not attempts.take("192.0.2.1", REFILL_S)
    assert attempts.wait_s("192.0.2.1", 1e9) == 0
    assert all(attempts.take("192.0.2.1", 1e9) for _ in range(BURST))
    assert not attempts.take("192.0.2.1", 1e9)


def test_who_was_right_has_used_nothing_up() -> None:
    attempts = Attempts()
    for _ in range(3 * BURST):
        assert attempts.take("192.0.2.1", 0.0)
        attempts.give_back("192.0.2.1")
    attempts.give_back("192.0.2.99")


@pytest.mark.parametrize(
    ("other", "is_free"),
    [
        ("2001:db8:0:1::ffff", False),
        ("2001:db8:0:2::1", True),
        ("::ffff:192.0.2.1", True),
        ("no address", True),
    ],
)
def test_an_ipv6_host_has_its_64_bits_of_addresses_in_common(other: str, is_free: bool) -> None:
    assert spent("2001:db8:0:1::1").take(other, 0.0) is is_free


def test_ipv4_addresses_stay_apart_when_they_come_as_ipv6() -> None:
    assert spent("::ffff:192.0.2.1").take("::ffff:192.0.2.2", 0.0)


def test_the_memory_has_an_end() -> None:
    attempts = spent("first")
    for number in range(REMEMBERED):
        assert attempts.take(f"address {number}", 0.0)
    assert attempts.take("first", 0.0)
