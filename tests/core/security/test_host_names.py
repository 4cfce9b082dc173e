import pytest

from wattgate.core.security.host_names import is_address, is_host, is_named, names_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        (" , ", ()),
        ("a.example", ("a.example",)),
        (" a.example ,192.0.2.7, a.example", ("a.example", "192.0.2.7")),
    ],
)
def test_a_list_of_names_is_split_at_its_commas(text: str, names: tuple[str, ...]) -> None:
    assert names_of(text) == names


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "wattgate.local",
        "*.example.org",
        "xn--kln-sna.example",
        "a_b.example",
        "192.0.2.7",
        "::1",
        "a" * 63,
    ],
)
def test_host_names_and_addresses_are_hosts(name: str) -> None:
    assert is_host(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "two words",
        "-a.example",
        "a-.example",
        "a..example",
        "a.*.example",
        "köln.example",
        "\u017fudwest.example",  # a long s, which is an S where upper and lower case do not count
        "\u212aoeln.example",  # the sign of kelvin, likewise a K
        "ws://a",
        "a:1",
        "a" * 64,
        ".".join(["a" * 49] * 6),
    ],
)
def test_what_no_certificate_can_carry_is_no_host(name: str) -> None:
    assert not is_host(name)


@pytest.mark.parametrize(("name", "yes"), [("127.0.0.1", True), ("fe80::1", True), ("a", False)])
def test_addresses_are_told_from_names(name: str, yes: bool) -> None:
    assert is_address(name) is yes


@pytest.mark.parametrize(
    ("host", "names", "yes"),
    [
        ("a.example", ("b.example", "A.Example"), True),
        ("a.example", ("*.example",), True),
        ("a.b.example", ("*.example",), False),
        ("example", ("*.example",), False),
        ("localhost", ("*.",), False),
        ("*.example", ("*.example",), True),
        ("a.example", (), False),
        ("192.0.2.7", ("192.0.2.7",), True),
        ("192.0.2.7", ("*.0.2.7",), False),
        ("2001:DB8:0::7", ("2001:db8::7",), True),
    ],
)
def test_a_certificate_is_for_the_hosts_that_it_names(
    host: str, names: tuple[str, ...], yes: bool
) -> None:
    assert is_named(host, names) is yes
