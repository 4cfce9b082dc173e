import pytest

from wattgate.core.gateway.link.link_trial import (
    UNTRIED,
    Failure,
    LinkTrial,
    borne_out,
    is_verdict,
    may_be_the_reason,
    read,
    undone,
    with_certificate,
    with_profile,
    with_root,
    without_root,
    write,
)

TLS = Failure(in_tls=True, in_http=False, http_status=None)
UNVERIFIED = Failure(in_tls=True, in_http=False, http_status=None, is_unverified=True)
CERTIFICATE = with_certificate(UNTRIED)
ROOTS = with_root(with_root(with_root(UNTRIED, "a"), "b"), "a")
PROFILE = with_profile(UNTRIED, 2)


def http(status: int | None) -> Failure:
    return Failure(in_tls=False, in_http=True, http_status=status)


def test_what_a_backend_changed_waits_until_a_connection_bears_it_out_r37() -> None:
    assert UNTRIED.is_over
    assert not any(trial.is_over for trial in (CERTIFICATE, ROOTS, PROFILE))
    assert ROOTS.roots == ("a", "b")
    for trial in (CERTIFICATE, ROOTS, PROFILE):
        assert borne_out(trial).is_over
    assert borne_out(with_profile(ROOTS, 2)).profile == 2


def test_what_can_be_undone_makes_a_difference_for_the_next_connection_r37() -> None:
    assert CERTIFICATE.can_be_undone
    assert ROOTS.can_be_undone
    assert not PROFILE.can_be_undone


def test_a_root_that_was_deleted_waits_no_more_r37() -> None:
    assert without_root(without_root(ROOTS, "a"), "b") == UNTRIED


def test_a_profile_falls_back_on_the_last_one_that_held_r37() -> None:
    """A05.FR.08."""
    held = borne_out(PROFILE)
    higher = with_profile(held, 3)
    assert undone(PROFILE) == UNTRIED
    assert undone(higher) == held
    assert undone(with_profile(with_profile(held, 3), 3)) == held
    assert undone(with_certificate(held)) == held


@pytest.mark.parametrize(
    ("trial", "failure", "blamed"),
    [
        (UNTRIED, TLS, False),
        (UNTRIED, http(403), False),
        (CERTIFICATE, TLS, True),
        (CERTIFICATE, http(None), True),
        (CERTIFICATE, http(400), True),
        (CERTIFICATE, http(401), True),
        (CERTIFICATE, http(503), False),
        (CERTIFICATE, http(404), False),
        (CERTIFICATE, Failure(in_tls=False, in_http=False, http_status=None), False),
        (CERTIFICATE, UNVERIFIED, False),
        (UNTRIED, UNVERIFIED, False),
        (ROOTS, UNVERIFIED, True),
        (ROOTS, TLS, False),
        (ROOTS, http(401), False),
        (PROFILE, UNVERIFIED, True),
        (PROFILE, TLS, False),
    ],
)
def test_only_a_failure_that_can_come_of_it_takes_it_back_r37(
    trial: LinkTrial, failure: Failure, blamed: bool
) -> None:
    assert may_be_the_reason(trial, failure) is blamed


@pytest.mark.parametrize("trial", [UNTRIED, CERTIFICATE, ROOTS, PROFILE, borne_out(PROFILE)])
def test_it_is_stored_and_read_back(trial: LinkTrial) -> None:
    assert read(write(trial)) == trial


@pytest.mark.parametrize("text", [None, "", "{}", "nonsense", '{"roots":7}'])
def test_what_cannot_be_read_counts_as_nothing(text: str | None) -> None:
    assert read(text) == UNTRIED


@pytest.mark.parametrize(
    ("failure", "heard"),
    [
        (TLS, True),
        (UNVERIFIED, True),
        (http(None), True),
        (http(401), True),
        (http(503), False),
        (Failure(in_tls=False, in_http=False, http_status=None), False),
    ],
)
def test_a_backend_that_is_away_has_refused_nobody_r37(failure: Failure, heard: bool) -> None:
    assert is_verdict(failure) is heard
