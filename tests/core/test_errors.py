import pytest

from wattgate.core.errors import (
    ConfigError,
    LocalUsageError,
    PeerError,
    Problem,
    WattgateError,
)


@pytest.mark.parametrize(
    "error",
    [
        LocalUsageError("answered twice"),
        PeerError("payload is no object", code="FormationViolation"),
        ConfigError([Problem("site", "has no name")]),
    ],
)
def test_every_error_of_ours_has_one_root(error: Exception) -> None:
    assert isinstance(error, WattgateError)


def test_a_peer_error_carries_the_answer_as_the_wire_spells_it() -> None:
    error = PeerError("payload is no object", code="FormationViolation")
    assert (error.code, error.description) == ("FormationViolation", "payload is no object")
    assert str(error) == "payload is no object"


def test_a_config_error_tells_everything_at_once_one_line_each() -> None:
    problems = [
        Problem('evse "stall-1" › gateway 1 › url', "has no host"),
        Problem("circuit › limit", "is below 6 A"),
    ]
    error = ConfigError(problems)
    assert error.problems == tuple(problems)
    assert str(error).splitlines() == [
        'evse "stall-1" › gateway 1 › url: has no host',
        "circuit › limit: is below 6 A",
    ]


def test_the_problems_of_a_config_error_stay_as_they_were_raised() -> None:
    problems = [Problem("site", "has no name")]
    error = ConfigError(problems)
    problems.clear()
    assert error.problems == (Problem("site", "has no name"),)
