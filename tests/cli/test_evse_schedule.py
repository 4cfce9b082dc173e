import json

import pytest
from tests.support.evse_answers import evse
from tests.support.http_answers import Script, answering

from wattgate.cli.api_client import ApiClient
from wattgate.cli.evse_login import MisuseError
from wattgate.cli.evse_schedule import schedule

TOLD = {
    "start": "2026-05-15T12:00:00Z",
    "duration_s": 86400,
    "backends": [],
    "load_management_a": 16.0,
    "hardware_a": 16.0,
    "fallback_a": 0.0,
    "limits": [
        {"at": "2026-05-15T12:00:00Z", "limit_a": 16.0, "by": ["load management", "hardware"]},
        {"at": "2026-05-15T18:00:00Z", "limit_a": 8.5, "by": ["stall-1 CP1@grid\u001b[2J"]},
        {"at": "2026-05-16T06:00:00Z", "limit_a": 16.0, "by": ["hardware"]},
        {"at": "2026-05-16T07:00:00Z", "limit_a": 0.0, "by": ["grid"]},
    ],
}
SCRIPT: Script = {
    "GET /api/v1/evses": [(200, [evse()])],
    "GET /api/v1/evses/stall-1/schedule?duration_s=86400": [(200, TOLD), (200, TOLD)],
}


def test_each_change_has_a_line_with_who_limits(capsys: pytest.CaptureFixture[str]) -> None:
    """What a backend is called cannot steer the terminal."""
    with answering(SCRIPT) as manager:
        assert schedule(ApiClient(manager.url, "x"), "stall-1", 24, as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        "stall-1, from Fri 15 May 12:00 UTC",
        "  12:00        16 A  load management, hardware",
        "  18:00       8.5 A  stall-1 CP1@grid?[2J",
        "  Sat 06:00    16 A  hardware",
        "  07:00         0 A  grid",
        "without the manager: 0 A",
    ]


def test_for_programs_it_is_as_it_was_answered(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(SCRIPT) as manager:
        assert schedule(ApiClient(manager.url, "x"), "stall-1", 24, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == TOLD


def test_an_unknown_evse_is_named_with_those_that_there_are() -> None:
    with answering(SCRIPT) as manager, pytest.raises(MisuseError, match="stall-1"):
        schedule(ApiClient(manager.url, "x"), "stall-9", 24, as_json=False)
