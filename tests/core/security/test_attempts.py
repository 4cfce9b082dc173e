import pytest

from wattgate.core.security.attempts import BURST, REFILL_S, REMEMBERED, Attempts, host_key


def spent(key: str = "192.0.2.1") -> Attempts:
    attempts = Attempts(key_of=host_key)
    assert all(attempts.take(key, 0.0) for _ in range(BURST))
    return attempts


def test_a_key_has_a_number_of_failures_free_and_no_more_s3() -> None:
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
        assert attempts.take("CP1", 0.0)
        attempts.give_back("CP1")
    attempts.give_back("CP2")


def test_who_never_tried_need_not_wait() -> None:
    assert Attempts(1).wait_s("CP1", 0.0) == 0


def test_how_many_are_free_and_how_soon_there_is_one_more_can_be_said() -> None:
    attempts = Attempts(1, 10.0)
    assert attempts.take("CP1", 0.0)
    assert attempts.wait_s("CP1", 4.0) == 6
    assert attempts.take("CP1", 10.0)
    assert not attempts.take("CP1", 19.0)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1::ffff", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::1", "2001:db8:0:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
    ],
)
def test_an_ipv6_host_has_its_64_bits_of_addresses_in_common(address: str, host: str) -> None:
    assert host_key(address) == host


def test_keys_of_one_host_share_a_bucket() -> None:
    assert not spent("2001:db8:0:1::1").take("2001:db8:0:1::ffff", 0.0)


def test_the_memory_has_an_end() -> None:
    attempts = spent("first")
    for number in range(REMEMBERED):
        assert attempts.take(f"address {number}", 0.0)
    assert attempts.take("first", 0.0)
