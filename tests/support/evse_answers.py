"""What the API says of an EVSE, for what shows it."""

from typing import Any

Json = dict[str, Any]


def evse(evse_id: str = "stall-1", **facts: Any) -> Json:  # noqa: ANN401 - as in JSON
    """One EVSE that charges; `limits` and `safety` are given in part."""
    limits = {
        "min_current_a": 6.0,
        "max_current_a": 16.0,
        "doubtful": False,
        "profile_writes": 3,
        "counted_a": 10.0,
        "fallback_current_a": 0.0,
    }
    told = {
        "id": evse_id,
        "name": evse_id,
        "wallbox": "CP1",
        "connector": 1,
        "enabled": True,
        "connected": True,
        "status": "Charging",
        "boot": {"vendor": "V", "model": "M", "firmware": "1.2", "serial": None},
        "clock_offset_s": None,
        "offered_a": 10.0,
        "target_a": 10.0,
        "drawn_a": {"l1": 9.8, "l2": None, "l3": 9.9},
        "warnings": [],
        **facts,
    }
    told["limits"] = limits | facts.get("limits", {})
    told["safety"] = safety(**facts.get("safety", {}))
    return told


def safety(**facts: Any) -> Json:  # noqa: ANN401 - as in JSON
    """How it takes its limits."""
    return {
        "obedience": {"words": "obeys", "exhausted": False},
        "method": "two periods, A, Absolute",
        "standing_confirmed_by": "composite schedule",
        "expiry": "not proven",
        "persistence": "not proven",
        "proved_with": "",
        "is_harmless_when_silent": False,
        "refuses": False,
        "released": False,
        "cleared": None,
        "proof": None,
        "known": [],
        **facts,
    }


def proof(step: str, **facts: Any) -> Json:  # noqa: ANN401 - as in JSON
    """A proof in one of its steps."""
    return {
        "step": step,
        "says": f"Now: {step}.",
        "done": step == "done",
        "expiry": "not proven",
        "persistence": "not proven",
        "reason": "",
        **facts,
    }
