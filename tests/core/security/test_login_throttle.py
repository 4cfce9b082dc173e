import pytest

from wattgate.core.security.attempts import BURST, REFILL_S
from wattgate.core.security.login_throttle import FRIENDS, STRANGERS_BURST, LoginThrottle

HOME = "192.0.2.7"


def many(count: int) -> list[str]:
    return [f"198.51.100.{number}" for number in range(count)]


def under_attack(throttle: LoginThrottle, addresses: list[str] | None = None) -> None:
    """Strangers guess from so many addresses that none comes near its own limit."""
    for address in addresses or many(STRANGERS_BURST):
        throttle.begin(address, 0.0)


def test_an_address_has_a_number_of_failures_free_and_gets_them_back_with_time() -> None:
    """S3."""
    throttle = LoginThrottle()
    assert all(throttle.begin(HOME, 0.0) for _ in range(BURST))
    assert not throttle.begin(HOME, 0.0)
    assert throttle.wait_s(HOME, 0.0) == REFILL_S
    assert throttle.begin("192.0.2.8", 0.0)
    assert throttle.begin(HOME, REFILL_S)


def test_guessing_from_many_addresses_has_an_end_as_well() -> None:
    """S3."""
    throttle = LoginThrottle()
    under_attack(throttle)
    assert not throttle.begin(HOME, 0.0)
    assert throttle.wait_s(HOME, 0.0) == REFILL_S
    assert throttle.begin(HOME, REFILL_S)
    assert not throttle.begin("192.0.2.8", REFILL_S)


def test_being_put_off_uses_nothing_up() -> None:
    throttle = LoginThrottle()
    under_attack(throttle)
    for _ in range(2 * BURST):
        assert not throttle.begin(HOME, 0.0)
    later = STRANGERS_BURST * REFILL_S
    assert all(throttle.begin(HOME, later) for _ in range(BURST))


def test_strangers_do_not_lock_out_who_has_logged_in_before() -> None:
    """S3."""
    throttle = LoginThrottle()
    assert throttle.begin(HOME, 0.0)
    throttle.succeeded(HOME)
    under_attack(throttle)
    assert throttle.wait_s(HOME, 0.0) == 0
    assert all(throttle.begin(HOME, 0.0) for _ in range(BURST))
    assert not throttle.begin(HOME, 0.0)


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.31.0.1",
        "192.168.0.9",
        "169.254.1.1",
        "fd00::1",
        "fe80::1%eth0",
        "::ffff:192.168.0.9",
    ],
)
def test_strangers_from_afar_do_not_lock_out_the_local_network(address: str) -> None:
    """S3."""
    throttle = LoginThrottle()
    under_attack(throttle)
    assert throttle.wait_s(address, 0.0) == 0
    assert throttle.begin(address, 0.0)
    throttle.succeeded(address)


@pytest.mark.parametrize("address", ["172.32.0.1", "2001:db8::1", "a socket's path"])
def test_other_networks_are_afar(address: str) -> None:
    throttle = LoginThrottle()
    under_attack(throttle)
    assert not throttle.begin(address, 0.0)


def test_guessing_within_the_local_network_has_an_end_as_well() -> None:
    """S3."""
    throttle = LoginThrottle()
    under_attack(throttle, [f"192.168.0.{number}" for number in range(STRANGERS_BURST)])
    assert not throttle.begin("192.168.0.200", 0.0)
    assert throttle.begin(HOME, 0.0)


def test_nobody_locks_out_this_machine_and_its_many_addresses_share_one_limit() -> None:
    """S3: whoever sits at it can always log in."""
    throttle = LoginThrottle()
    under_attack(throttle)
    under_attack(throttle, [f"192.168.0.{number}" for number in range(STRANGERS_BURST)])
    for address in ("127.0.0.1", "::1"):
        assert throttle.wait_s(address, 0.0) == 0
        assert throttle.begin(address, 0.0)
        throttle.succeeded(address)
    assert all(throttle.begin(f"127.0.0.{number}", 0.0) for number in range(1, BURST + 1))
    assert not any(throttle.begin(each, 0.0) for each in ("127.0.1.1", "::1", "::ffff:127.0.0.1"))


def test_who_is_right_uses_nothing_up() -> None:
    throttle = LoginThrottle()
    for _ in range(2 * STRANGERS_BURST):
        assert throttle.begin(HOME, 0.0)
        throttle.succeeded(HOME)
    under_attack(throttle)
    assert not throttle.begin("192.0.2.8", 0.0)


def test_the_memory_for_friends_has_an_end() -> None:
    throttle = LoginThrottle()
    for number in range(FRIENDS + 1):
        address = f"11.0.{number % 256}.{number // 256}"
        assert throttle.begin(address, 0.0)
        throttle.succeeded(address)
    under_attack(throttle)
    assert not throttle.begin("11.0.0.0", 0.0)
    assert throttle.begin("11.0.1.0", 0.0)
