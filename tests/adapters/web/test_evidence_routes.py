"""The evidence of a transaction over HTTP."""

import json
from hashlib import sha256
from typing import Any

import pytest
from tests.support.frames import START, STOP, literal_backend, literal_wallbox
from tests.support.signed_samples import ODD_PAYLOAD, Signer
from tests.support.web import SITE, Api, a_world, serving

from wattgate.adapters.web.transaction_routes import LARGEST_ID

SIGNER = Signer()


def signed(text: str, context: str) -> dict[str, Any]:
    """One signed sample."""
    return {"value": text, "format": "SignedData", "context": context}


async def charge(api: Api, *samples: dict[str, Any]) -> None:
    """A transaction with its end, delivered to the backend."""
    wallbox, backend = literal_wallbox(), literal_backend()
    api.world.dialer.backends["ws://backend.example/ocpp/CP1"] = backend
    await api.world.boot("CP1", wallbox)
    await backend.got("StatusNotification")
    await wallbox.ask("StartTransaction", START)
    values = {"timestamp": "2026-05-15T15:00:00Z", "sampledValue": list(samples)}
    await wallbox.ask("StopTransaction", STOP | {"transactionData": [values] if samples else []})


async def evidence(api: Api) -> Any:  # noqa: ANN401 - JSON
    return await api.get("/api/v1/transactions/1/evidence")


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


SITE_WITH_KEY = SITE.replace(
    'name = "Left"', f'name = "Left"\nmeter_public_key = "{SIGNER.key_hex}"'
)


@pytest.mark.asyncio
async def test_frames_and_signed_values_come_with_their_digests_r122() -> None:
    async with serving(a_world(SITE_WITH_KEY)) as api:
        text = SIGNER.ocmf()
        await charge(api, signed(text, "Transaction.End"))
        found = await evidence(api)
        assert found["transaction"]["id"] == 1
        assert [(each["way"], each["action"]) for each in found["frames"]] == [
            ("received", "StartTransaction"),
            ("sent", "StartTransaction"),
            ("received", "StopTransaction"),
            ("sent", "StopTransaction"),
        ]
        for frame in found["frames"]:
            assert frame["text_sha256"] == digest(frame["text"])
            payload = frame["text"].split(f'"{frame["action"]}",', 1)[1][:-1]
            assert frame["payload_sha256"] == digest(payload)
            assert json.loads(frame["text"])[3] == json.loads(payload)
        assert found["frames"][0]["end"] == "CP1"
        assert found["frames"][1]["end"] == "stall-1 CP1@backend.example/" + digest("ocpp?")[:8]
        assert found["signed"] == [
            {
                "frame": 2,
                "context": "Transaction.End",
                "text": text,
                "text_sha256": digest(text),
                "was_sent": True,
                "verdict": "green",
                "reason": "verified with the public key of the site",
                "key_source": "setting",
                "key_sha256": sha256(bytes.fromhex(SIGNER.key_hex)).hexdigest(),
            }
        ]
        assert (found["verdict"], found["contradictions"]) == ("green", [])


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (SIGNER.ocmf().replace("1.10", "1.1"), "red"),
        (Signer(secret=1).ocmf(), "red"),
        (SIGNER.ocmf(ODD_PAYLOAD.replace('"G"', '"M"')), "yellow"),
        ("AP;0;3;ALCV3;", "yellow"),
    ],
)
@pytest.mark.asyncio
async def test_what_is_not_as_it_was_signed_is_not_green_r122(text: str, verdict: str) -> None:
    async with serving(a_world(SITE_WITH_KEY)) as api:
        await charge(api, signed(SIGNER.ocmf(), "Transaction.Begin"), signed(text, ""))
        found = await evidence(api)
        assert [each["verdict"] for each in found["signed"]] == ["green", verdict]
        assert found["verdict"] == verdict


@pytest.mark.asyncio
async def test_a_transaction_without_signed_data_has_no_verdict() -> None:
    async with serving() as api:
        await charge(api)
        found = await evidence(api)
        assert (found["verdict"], found["signed"]) == ("none", [])
        assert len(found["frames"]) == 4


@pytest.mark.parametrize(
    ("transaction_id", "status"),
    [(2, 404), (LARGEST_ID, 404), (0, 400), (LARGEST_ID + 1, 400), ("x", 404)],
)
@pytest.mark.asyncio
async def test_an_unknown_transaction_has_no_evidence(
    transaction_id: int | str, status: int
) -> None:
    async with serving() as api:
        await charge(api)
        answer = await api.client.get(f"/api/v1/transactions/{transaction_id}/evidence")
        assert answer.status_code == status


@pytest.mark.asyncio
async def test_evidence_is_for_those_who_log_in() -> None:
    async with serving() as api:
        answer = await api.client.get("/api/v1/transactions/1/evidence", auth=("admin", "no"))
        assert answer.status_code == 401
