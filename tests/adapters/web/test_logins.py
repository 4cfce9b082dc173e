import pytest

from wattgate.adapters.web.logins import Logins, forgetting, texts_in


@pytest.mark.parametrize(
    ("is_secure", "name", "end"),
    [(False, "wattgate", "SameSite=Strict"), (True, "__Host-wattgate", "SameSite=Strict; Secure")],
)
def test_the_cookie_is_for_this_host_only_and_no_script_sees_it(
    is_secure: bool, name: str, end: str
) -> None:
    begun = Logins().begin(0.0, is_secure=is_secure)
    pair, *rest = begun.set_cookie.split("; ", 3)
    assert pair.partition("=")[0] == name
    assert len(pair.partition("=")[2]) >= 43, "256 bits"
    assert rest == ["Path=/", "Max-Age=604800", f"HttpOnly; {end}"]
    assert forgetting(is_secure=is_secure) == f"{name}=; Path=/; Max-Age=0; HttpOnly; {end}"


def test_a_cookie_of_plain_http_does_not_count_over_https_nor_the_other_way_round() -> None:
    logins = Logins()
    for is_secure in (False, True):
        cookie = logins.begin(0.0, is_secure=is_secure).set_cookie.partition(";")[0]
        assert logins.of(cookie, 0.0, is_secure=is_secure) is not None
        assert logins.of(cookie, 0.0, is_secure=not is_secure) is None


def test_no_two_logins_are_alike() -> None:
    logins = Logins()
    one, other = (logins.begin(0.0, is_secure=True) for _ in range(2))
    assert one.set_cookie != other.set_cookie
    assert one.session.csrf_token != other.session.csrf_token
    logins.end(one.session)
    assert logins.of(one.set_cookie.partition(";")[0], 0.0, is_secure=True) is None
    assert logins.of(other.set_cookie.partition(";")[0], 0.0, is_secure=True) is other.session


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", []),
        ("wattgate=x", ["x"]),
        ("a=b; wattgate=x; c=d", ["x"]),
        ("a=b;wattgate=x;c=d", ["x"]),
        ("Wattgate=x", []),
        ("xwattgate=x", []),
        ("wattgate", []),
        ("; ; =", []),
        ("wattgate=x; \x00", ["x"]),
        ("[a]=1; wattgate=x", ["x"]),
        ('settings={"theme":"dark","n":1}; wattgate=x', ["x"]),
        ("user@host=1; no value; expires=never; \xfc=y z; wattgate=x", ["x"]),
        ('half="a quote; wattgate=x', ["x"]),
        ("wattgate=x; wattgate=y", ["x", "y"]),
    ],
)
def test_our_cookie_is_found_among_whatever_others_of_the_host_have_set(
    header: str, found: list[str]
) -> None:
    assert list(texts_in(header, is_secure=False)) == found


def test_another_programs_cookie_of_our_name_logs_nobody_out() -> None:
    logins = Logins()
    begun = logins.begin(0.0, is_secure=False)
    ours = begun.set_cookie.partition(";")[0]
    for cookies in (f"wattgate=theirs; {ours}", f"{ours}; wattgate=theirs"):
        assert logins.of(cookies, 0.0, is_secure=False) is begun.session
