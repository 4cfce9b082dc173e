from typing import Any

import pytest
from tests.support.web import Api, serving
from tests.support.world import Scripted, a_wallbox

PROVE = "/api/v1/evses/stall-2/prove"


async def charging(api: Api, wallbox: Scripted) -> None:
    """A car takes all that the EVSE may draw."""
    await api.world.boot("CP2", wallbox, "Preparing")
    at = api.world.clock.wall().isoformat()
    start = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": at}
    frame = await wallbox.ask("StartTransaction", start)
    while (await evse(api))["offered_a"] < 16:
        pass
    at = api.world.clock.wall().isoformat()
    samples = [
        {"value": "15.5", "measurand": "Current.Import", "phase": phase}
        for phase in ("L1", "L2", "L3")
    ]
    values = {
        "connectorId": 1,
        "transactionId": frame[2]["transactionId"],
        "meterValue": [{"timestamp": at, "sampledValue": samples}],
    }
    await wallbox.ask("MeterValues", values)


async def evse(api: Api) -> dict[str, Any]:
    found = await api.get("/api/v1/evses/stall-2")
    assert isinstance(found, dict)
    return found


@pytest.mark.asyncio
async def test_a_proof_can_be_begun_watched_and_given_up() -> None:
    """R100a."""
    async with serving() as api:
        await charging(api, a_wallbox())
        answer = await api.client.post(PROVE)
        assert answer.status_code == 202, answer.text
        assert (answer.json()["step"], answer.json()["done"]) == ("room", False)
        again = await api.client.post(PROVE)
        assert again.status_code == 409
        assert (
            again.json()["detail"] == "The proof cannot begin: the proof of stall-2 is under way."
        )
        assert (await evse(api))["safety"]["proof"]["says"]
        for _ in range(2):
            assert (await api.client.delete(PROVE)).status_code == 204
        ended = await api.get(PROVE)
        assert isinstance(ended, dict)
        assert (ended["done"], ended["reason"]) == (True, "cancelled")
        assert (ended["expiry"], ended["persistence"]) == ("not proven", "not proven")


@pytest.mark.asyncio
async def test_why_a_proof_cannot_begin_is_said() -> None:
    async with serving() as api:
        answer = await api.client.post(PROVE)
        assert answer.status_code == 409
        assert answer.json()["detail"] == (
            "The proof cannot begin: the wallbox has not said which model it is."
        )


@pytest.mark.asyncio
async def test_of_a_proof_that_was_never_begun_nothing_is_told() -> None:
    async with serving() as api:
        answer = await api.client.get(PROVE)
        assert answer.status_code == 404
        assert answer.json()["detail"] == "No proof was begun since the start."
