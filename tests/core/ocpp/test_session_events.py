from wattgate.core.ocpp.session_events import Priority


def test_reductions_go_first_and_what_nobody_waits_for_goes_last_r89_r106() -> None:
    names = [priority.name for priority in sorted(Priority)]
    assert names == ["REDUCTION", "STOP", "BACKEND", "INCREASE", "POLL", "REPORT"]
