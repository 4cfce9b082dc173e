from wattgate.core.security.regulars import Regulars


def test_a_host_is_known_once_somebody_there_has_proved_who_they_are_s3() -> None:
    regulars = Regulars()
    assert not regulars.knows("192.0.2.1")
    regulars.note("192.0.2.1")
    assert regulars.knows("192.0.2.1")
    assert not regulars.knows("192.0.2.2")


def test_an_ipv6_host_may_change_its_address() -> None:
    regulars = Regulars()
    regulars.note("2001:db8::1")
    assert regulars.knows("2001:db8::2")


def test_who_was_here_longest_ago_is_forgotten_first() -> None:
    regulars = Regulars(2)
    for host in ("a", "b", "a", "c"):
        regulars.note(host)
    assert [regulars.knows(host) for host in "abc"] == [True, False, True]
