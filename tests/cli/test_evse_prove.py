import json

import pytest
from tests.support.evse_answers import evse, proof
from tests.support.http_answers import Script, answering

from wattgate.cli.api_client import ApiClient, ApiError
from wattgate.cli.evse_prove import prove

PATH = "/api/v1/evses/stall-1/prove"
LIST: Script = {"GET /api/v1/evses": [(200, [evse()])]}
PROVEN = proof("done", expiry="proven", persistence="proven")
CANCELLED = proof("done", reason="cancelled")
STEPS = [proof(step) for step in ("room", "room", "lapse", "power cycle")]


def never_mind(_wait_s: float) -> None:
    pass


def test_each_step_is_told_once_and_then_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """R100a."""
    told = [(200, each) for each in (*STEPS, PROVEN)]
    with answering({**LIST, f"POST {PATH}": [(202, proof("room"))], f"GET {PATH}": told}) as api:
        assert prove(ApiClient(api.url, "x"), "stall-1", as_json=False, wait=never_mind) == 0
    *steps, end = capsys.readouterr().out.splitlines()
    assert steps == ["1/7  Now: room.", "2/7  Now: lapse.", "4/7  Now: power cycle."]
    assert end.startswith("Proven for V M firmware 1.2")


def test_programs_get_each_step_as_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    told = [(200, each) for each in (*STEPS, CANCELLED)]
    with answering({**LIST, f"POST {PATH}": [(202, proof("room"))], f"GET {PATH}": told}) as api:
        assert prove(ApiClient(api.url, "x"), "stall-1", as_json=True, wait=never_mind) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["step"] for line in lines] == ["room", "lapse", "power cycle", "done"]


def test_ctrl_c_gives_the_proof_up_in_the_manager(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_wait_s: float) -> None:
        raise KeyboardInterrupt

    script: Script = {
        **LIST,
        f"POST {PATH}": [(202, proof("lapse"))],
        f"DELETE {PATH}": [(204, b"")],
        f"GET {PATH}": [(200, CANCELLED)],
    }
    with answering(script) as api:
        assert prove(ApiClient(api.url, "x"), "stall-1", as_json=False, wait=interrupted) == 1
    assert f"DELETE {PATH}" in api.requests
    assert "cancelled" in capsys.readouterr().out


def test_why_it_cannot_begin_is_said() -> None:
    refusal = {"detail": "The proof cannot begin: no car charges."}
    with (
        answering({**LIST, f"POST {PATH}": [(409, refusal)]}) as api,
        pytest.raises(ApiError, match="no car charges"),
    ):
        prove(ApiClient(api.url, "x"), "stall-1", as_json=False, wait=never_mind)
    assert f"DELETE {PATH}" not in api.requests
