"""What the API of the demo's manager answers."""

import json
from typing import Any, Final

from wattgate.cli.demo_snapshot import Snapshot

SITE: Final[dict[str, Any]] = {
    "site": {
        "title": "Demo garage",
        "load_management": "active",
        "max_current_a": 40.0,
        "house_load_a": 8.0,
        "reserve_a": 2.0,
    },
    "ocpp_server": {"port": 19520},
    "evse": [
        {"id": "left", "phases": 3, "phase_rotation": "RST", "max_current_a": 16.0},
        {"id": "middle", "phases": 3, "phase_rotation": "RST", "max_current_a": 16.0},
        {"id": "right", "phases": 1, "phase_rotation": "STR", "max_current_a": 16.0},
    ],
}


def evse(evse_id: str, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - as in JSON
    """One EVSE that charges; `drawn_a` as a tuple, `backend` as its phase or None."""
    backend = facts.pop("backend", "online")
    drawn_a = facts.pop("drawn_a", ())
    transaction = {"id_tag": "ANNA", "meter_start_wh": 500}
    transaction["may_charge"] = facts.pop("may_charge", True)
    told = {
        "id": evse_id,
        "name": evse_id.title(),
        "connected": True,
        "status": "Charging",
        "offered_a": 10.0,
        "power_w": 6900.0,
        "energy_wh": 2000.0,
        "transaction": transaction,
        "limits": {"max_current_a": 16.0},
        **facts,
    }
    told["drawn_a"] = dict(zip(("l1", "l2", "l3"), drawn_a, strict=False))
    told["backend"] = {"phase": backend} if backend else None
    return told


def snapshot(*evses: dict[str, Any]) -> Snapshot:
    """The three answers together."""
    return Snapshot.read(json.dumps(SITE).encode(), json.dumps(evses).encode())
