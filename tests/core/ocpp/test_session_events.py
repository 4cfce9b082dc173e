from wattgate.core.ocpp.session_events import Priority


def test_reductions_go_first_and_polling_last_r89() -> None:
    names = [priority.name for priority in sorted(Priority)]
    assert names == ["REDUCTION", "STOP", "BACKEND", "INCREASE", "POLL"]
