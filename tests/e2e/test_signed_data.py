"""Signed meter data over the real processes: what was signed is what the backend can verify."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.processes import Program, Stage, free_port
from tests.support.signed_samples import SAMPLES, Signer
from tests.support.site_processes import plug_in, run_backend, run_manager, run_wallbox, url_of
from tests.support.site_text import card, evse, site

from wattgate.adapters.signatures import EcdsaCheck
from wattgate.core.evidence.verdicts import KeySource, KnownKey, SignatureVerdict, judge
from wattgate.core.station.signed import signed_values

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
SIGNER: Final = Signer()
TEXTS: Final = [SIGNER.ocmf(), SIGNER.in_json(), SIGNER.ocmf().encode().hex()]
"""One record three times: plain, base64 in JSON, hexadecimal (R112)."""

ANNOUNCED: Final = (
    r'{ "vendorId":"generalConfiguration","messageId" : "setMeterConfiguration",'
    rf'"data":"{{\"meters\":[{{\"connectorId\":1,\"publicKey\":\"{SIGNER.key_hex}\",'
    rf'\"x\":\"\u00e4\/\"}}]}}" }}'
)

ODD_DATA: Final = [
    r'{ "vendorId":"com.example.giro" , "data":{"b":1.10, "a":1E3,"a":-0.0,"ä":"\u00e4\/"} }',
    r'{"data" :[ 1.0,{"z":null} ,"\"" ],"vendorId":"com.example.giro","messageId":"\u0043ard"}',
    '{"vendorId":"com.example.giro","data":"0123456789abcdef=="}',
]
"""What a DataTransfer may hold, also beyond the schema (R91, R118)."""


def delivered(backend: Program, action: str) -> list[str]:
    """The payloads that a backend got, to the letter."""
    return [str(each["payload_text"]) for each in backend.all_of("call", action=action)]


async def write(stage: Stage, box: Program, texts: list[str]) -> None:
    """Put signed texts into the wallbox's next meter values."""
    for number, text in enumerate(texts):
        file = stage.folder / f"signed-{number}"
        file.write_text(text)
        box.type(f"meter-file {file}")


def verdict(text: str) -> SignatureVerdict:
    """What the backend finds, with the key that it was told."""
    return judge(text, [KnownKey(KeySource.ANNOUNCED, SIGNER.key_hex)], EcdsaCheck().check).verdict


async def test_signatures_verify_after_relay_queue_kill_and_restart_r111_r114_r122(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        port = free_port()
        gateway = {"url": f"ws://127.0.0.1:{port}/"}
        manager = await run_manager(stage, site(evse("stall", "CP1", gateway), card(CARD)))
        box = await run_wallbox(stage, "CP1", manager.url)
        await stage.event(box, "boot")
        box.type(f'raw [2,"keys","DataTransfer",{ANNOUNCED}]')
        await stage.event(box, "received", text='[3,"keys",{"status":"Accepted"}]')
        await plug_in(stage, box, CARD)
        await write(stage, box, [*TEXTS, SAMPLES[1].text])
        box.type("stop")
        await stage.event(box, "stopped")
        await manager.kill()
        backend = await run_backend(stage, port=port)
        await manager.restart()
        await stage.event(backend, "transaction-stopped")

        assert delivered(backend, "DataTransfer") == [ANNOUNCED]
        actions = [each["action"] for each in backend.all_of("call")]
        assert actions.index("DataTransfer") < actions.index("StartTransaction")
        payloads = delivered(backend, "MeterValues") + delivered(backend, "StopTransaction")
        arrived = [value.text for each in payloads for value in signed_values(each)]
        assert arrived == [*TEXTS, SAMPLES[1].text]
        assert [verdict(text) for text in arrived[:3]] == [SignatureVerdict.GREEN] * 3
        assert verdict(arrived[0].replace("1.10", "1.1")) is SignatureVerdict.RED

        evidence = await manager.ask("GET", "/api/v1/transactions/1/evidence")
        check_evidence(evidence, backend)


def check_evidence(evidence: Any, backend: Program) -> None:  # noqa: ANN401 - JSON
    """The API says the same as the backend finds, and its digests are those of what arrived."""
    verdicts = [(each["verdict"], each["was_sent"]) for each in evidence["signed"]]
    assert verdicts == [("green", True)] * 3 + [("yellow", True)]
    assert evidence["verdict"] == "yellow"
    assert len(evidence["contradictions"]) == 1
    assert "before the backend had decided" in evidence["contradictions"][0]
    for action in ("StartTransaction", "MeterValues", "StopTransaction"):
        sent = [
            each["payload_sha256"]
            for each in evidence["frames"]
            if (each["way"], each["action"]) == ("sent", action)
        ]
        arrived = [sha256(each.encode()).hexdigest() for each in delivered(backend, action)]
        assert sent == arrived
        assert sent or action == "MeterValues"
    for each in evidence["frames"]:
        assert each["text_sha256"] == sha256(each["text"].encode()).hexdigest()


async def test_data_transfers_pass_both_ways_byte_for_byte_whatever_is_in_them_r91_r118(
    tmp_path: Path,
) -> None:
    """Neither end need understand them: a refusal passes back as well."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        manager = await run_manager(stage, site(evse("stall", "CP1", {"url": url_of(backend)})))
        box = await run_wallbox(stage, "CP1", manager.url, "--echo-data")
        await manager.online("stall")
        for number, payload in enumerate(ODD_DATA):
            box.type(f'raw [2,"giro-{number}","DataTransfer",{payload}]')
            await stage.event(backend, "call", action="DataTransfer", payload_text=payload)
            await stage.until(
                lambda start=f',"giro-{number}",': texts(box, "received", start),  # type: ignore[misc]  # - binds this number
                "the backend's answer",
            )
            backend.type(f"call CP1 DataTransfer {payload}")
            (came,) = await stage.until(
                lambda end=f',"DataTransfer",{payload}]': texts(box, "received", end),  # type: ignore[misc]  # - binds this payload
                "the backend's data",
            )
            unique_id = json.loads(came)[1]
            await stage.until(
                lambda start=f',"{unique_id}",': texts(box, "sent", start),  # type: ignore[misc]  # - binds this id
                "the wallbox's answer",
            )


def texts(program: Program, way: str, part: str) -> list[str]:
    """The frames one way with that in them."""
    return [text for each in program.all_of(way) if part in (text := str(each["text"]))]
