import pytest

from wattgate.core.gateway.link.link_profile import LinkFacts, complaint, present_profile
from wattgate.core.security.certificates import Origin

PERSON, BACKEND = Origin.IMPORTED, Origin.INSTALLED


def facts(words: str, certificate: Origin | None = None) -> LinkFacts:
    """From words: tls, verified, authority, password."""
    said = words.split()
    assert set(said) <= {"tls", "verified", "authority", "password"}
    return LinkFacts(
        is_tls="tls" in said,
        is_verified="verified" in said,
        has_authority="authority" in said,
        has_password="password" in said,
        certificate=certificate,
    )


@pytest.mark.parametrize(
    ("words", "certificate", "agreed", "profile"),
    [
        ("", None, None, 0),
        ("password", None, None, 1),
        ("tls", None, None, 0),
        ("tls password", None, None, 1),
        ("tls authority password", None, None, 1),
        ("tls verified authority", None, None, 0),
        ("tls verified authority password", None, None, 2),
        ("tls verified authority password", PERSON, None, 3),
        ("tls verified authority", PERSON, None, 3),
        ("tls password", PERSON, None, 1),
        ("tls verified authority password", BACKEND, None, 2),
        ("tls verified authority password", BACKEND, 2, 2),
        ("tls verified authority password", BACKEND, 3, 3),
        ("tls verified authority", BACKEND, None, 3),
        ("tls verified authority password", None, 3, 2),
        ("password", None, 3, 1),
    ],
)
def test_the_profile_is_what_the_link_truly_proves_r32_r34(
    words: str, certificate: Origin | None, agreed: int | None, profile: int
) -> None:
    assert present_profile(facts(words, certificate), agreed) == profile


@pytest.mark.parametrize(
    ("wanted", "words", "certificate"),
    [
        ("2", "tls authority password", None),
        ("3", "tls authority password", BACKEND),
        ("3", "tls verified authority password", BACKEND),
        ("3", "tls verified authority password", PERSON),
    ],
)
def test_a_higher_profile_is_taken_where_all_it_needs_is_there_r37(
    wanted: str, words: str, certificate: Origin | None
) -> None:
    """A05.FR.04; a person's certificate makes it 3 from the start."""
    is_there = present_profile(facts(words, certificate)) == int(wanted)
    assert (complaint(wanted, facts(words, certificate)) is None) is not is_there


@pytest.mark.parametrize(
    ("wanted", "words", "certificate", "reason"),
    [
        ("0", "password", None, "the security profile is 1, and never lowered"),
        ("1", "password", None, "the security profile is 1, and never lowered"),
        ("1", "tls verified authority password", None, "the security profile is 2, and never low"),
        ("1", "", None, "for security profile 1 there is no password"),
        ("2", "password", None, "no wss:// address of the backend in the site file, no certificat"),
        ("2", "tls password", None, "there is no certificate that vouches for the backend"),
        ("2", "tls authority", None, "there is no password"),
        ("3", "tls authority password", None, "there is no certificate of ours"),
        ("4", "password", None, "there is no such security profile"),
        ("-1", "password", None, "there is no such security profile"),
        ("", "password", None, "there is no such security profile"),
        ("two", "password", None, "there is no such security profile"),
        ("x", "password", None, "there is no such security profile"),
        ("\u00b2", "password", None, "there is no such security profile"),
    ],
)
def test_it_is_never_lowered_and_nothing_is_promised_that_is_not_there_r32_r37(
    wanted: str, words: str, certificate: Origin | None, reason: str
) -> None:
    """A05.FR.01-03."""
    assert reason in (complaint(wanted, facts(words, certificate)) or "")
