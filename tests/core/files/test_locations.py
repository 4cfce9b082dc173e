import pytest

from wattgate.core.files.locations import (
    Location,
    Scheme,
    Unusable,
    destination_of,
    names_behind,
    read_location,
    redirected,
)


def location(text: str) -> Location:
    found = read_location(text)
    assert isinstance(found, Location), found
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a.example", Location(Scheme.HTTP, "a.example", 80, "/")),
        ("HTTPS://A.example/fw.bin", Location(Scheme.HTTPS, "a.example", 443, "/fw.bin")),
        (
            "https://a.example:8443/x/y%20z.bin?sig=a%2Fb",
            Location(Scheme.HTTPS, "a.example", 8443, "/x/y%20z.bin", "sig=a%2Fb"),
        ),
        ("http://[2001:db8::1]/ä b", None),
        ("http://[2001:db8::1]/ä", Location(Scheme.HTTP, "2001:db8::1", 80, "/%C3%A4")),
        (
            "ftp://us%40er:p%3Aw@a.example/dir/ä",
            Location(Scheme.FTP, "a.example", 21, "/dir/ä", "", "us@er", "p:w"),
        ),
        ("ftps://a.example/dir/", Location(Scheme.FTPS, "a.example", 990, "/dir/")),
    ],
)
def test_r87_a_location_is_read_as_it_was_written(text: str, expected: Location | None) -> None:
    found = read_location(text)
    assert found == expected if expected else isinstance(found, Unusable)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sftp://geheim@a.example/x", "we do not know 'sftp'"),
        ("/x/y", "we do not know ''"),
        ("http:///x", "names no host"),
        ("http://bücher.example/geheim", "names no host"),
        ("http://a.example:99999/geheim", "host or port"),
        ("http://[::1/geheim", "host or port"),
        ("http://a.example/ge heim", "white space"),
        ("http://a.example/\x7fgeheim", "white space"),
        ("ftp://a.example/x%0d%0aDELE%20y", "line ends"),
        ("ftp://u%0a:geheim@a.example/x", "line ends"),
        ("ftp://u:geheim%00@a.example/x", "line ends"),
    ],
)
def test_r87_what_we_cannot_transfer_is_told_without_repeating_it(text: str, reason: str) -> None:
    found = read_location(text)
    assert isinstance(found, Unusable)
    assert reason in found.reason
    assert "geheim" not in found.reason


def test_r121_neither_password_nor_query_of_a_location_can_be_read() -> None:
    found = location("https://user:geheim@a.example:8443/x.bin?sig=geheim")
    assert found.shown() == "https://a.example:8443/x.bin?(masked)"
    assert "geheim" not in repr(found)
    assert location("http://[::1]/").shown() == "http://[::1]/"


@pytest.mark.parametrize(
    ("text", "name", "target", "encrypted", "ftp"),
    [
        ("http://a/x/fw.bin?a=b", "fw.bin", "/x/fw.bin?a=b", False, False),
        ("https://a/", "", "/", True, False),
        ("ftp://a/x", "x", "/x", False, True),
        ("ftps://a/x", "x", "/x", True, True),
    ],
)
def test_r87_a_location_says_what_it_is(
    text: str, name: str, target: str, encrypted: bool, ftp: bool
) -> None:
    found = location(text)
    assert (found.name, found.target) == (name, target)
    assert (found.is_encrypted, found.is_ftp) == (encrypted, ftp)


@pytest.mark.parametrize(
    ("before", "header", "after"),
    [
        ("http://u:p@a/x", "/y?k", "http://a/y?(masked)"),
        ("http://a:8080/x", "http://b/y", "http://b/y"),
        ("http://a/x", "https://a/y", "https://a/y"),
        ("https://a/x", "https://b/y", "https://b/y"),
        ("https://a/x", "http://a/y", None),
        ("http://a/x", "ftp://a/y", None),
        ("http://a/x", "//b/y", None),
        ("http://a/x", "file:///etc/passwd", None),
    ],
)
def test_r87_a_redirect_is_followed_within_the_web_and_never_out_of_tls(
    before: str, header: str, after: str | None
) -> None:
    found = redirected(location(before), header)
    assert (found.shown() if isinstance(found, Location) else None) == after


@pytest.mark.parametrize(
    ("header", "user"),
    [
        ("/y", "u"),
        ("http://a/y", "u"),
        ("http://v:w@a/y", "v"),
        ("http://b/y", None),
        ("http://a:81/y", None),
    ],
)
def test_r121_a_password_stays_with_the_host_that_it_is_for(header: str, user: str | None) -> None:
    found = redirected(location("http://u:p@a/x"), header)
    assert isinstance(found, Location)
    assert found.user == user


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("", ()),
        ("/", ()),
        ("/diag.zip", ("diag.zip",)),
        ("//CP1/a%20b.zip", ("CP1", "a b.zip")),
        ("/../x", None),
        ("/%2e%2e/x", None),
        ("/.", None),
        ("/a%2fb", None),
        ("/a%5cb", None),
        ("/a%0d%0ab", None),
        ("/" + "x" * 256, None),
    ],
)
def test_r87_a_name_behind_our_address_leads_nowhere_else(
    path: str, names: tuple[str, ...] | None
) -> None:
    assert names_behind(path) == names


@pytest.mark.parametrize(
    ("text", "names", "shown"),
    [
        ("https://a/diag/", ("x y.zip",), "https://a/diag/x%20y.zip"),
        ("https://a/diag", ("x.zip",), "https://a/diag/x.zip"),
        ("https://a", ("CP1", "x.zip"), "https://a/CP1/x.zip"),
        ("https://a/put?sig=1", ("x.zip",), "https://a/put?(masked)"),
        ("https://a/diag/", (), "https://a/diag/"),
        ("ftp://a/diag", ("x.zip",), "ftp://a/diag/x.zip"),
        ("ftp://a/diag/", (), "ftp://a/diag/diagnostics.bin"),
        ("ftp://a/diag.zip", (), "ftp://a/diag.zip"),
    ],
)
def test_r87_a_file_goes_where_the_wallbox_would_have_put_it(
    text: str, names: tuple[str, ...], shown: str
) -> None:
    assert destination_of(location(text), names).shown() == shown
