import pytest

from wattgate.core.files.targets import is_beside, is_public, is_same_host


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_r87_a_file_may_come_from_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - an address to be refused
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff0e::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:c0a8:101::1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "::7f00:1",
        "::ffff:0:7f00:1",
        "fec0::1",
        "5f00::1",
        "localhost",
        "",
    ],
)
def test_r87_no_file_comes_from_the_house_or_this_machine_in_any_disguise(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.example", "A.example.", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("a.example", "b.a.example", False),
    ],
)
def test_r87_the_backends_own_host_is_known_by_its_name(one: str, other: str, same: bool) -> None:
    assert is_same_host(one, other) is same


@pytest.mark.parametrize(
    ("address", "ours", "is_so"),
    [
        ("2606:4700:0:1::9", "2606:4700:0:1::9", True),
        ("2606:4700:0:1::9", "2606:4700:0:1:abcd::7%eth0", True),
        ("2606:4700:0:2::9", "2606:4700:0:1::9", False),
        ("8.8.8.8", "8.8.8.8", True),
        ("8.8.8.8", "8.8.8.9", False),
        ("8.8.8.8", "2606:4700::1", False),
        ("2606:4700::1", "", False),
    ],
)
def test_r87_a_public_address_may_be_in_the_house_all_the_same(
    address: str, ours: str, is_so: bool
) -> None:
    """With IPv6 every machine of the house has one; so has a manager on a rented machine."""
    assert is_beside(address, ours) is is_so
