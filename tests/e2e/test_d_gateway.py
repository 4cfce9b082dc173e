"""The gateway between wallbox and backend (P17, P18, P20): every byte arrives as it was."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.audit import missing, sent_messages, strayed, taken_messages
from tests.support.processes import Program, Stage, free_port
from tests.support.site_processes import (
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import card, evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
SAMPLES: Final = [
    str(json.loads(line)["data"])
    for line in (Path(__file__).parent.parent / "fixtures/signed-meter-samples.jsonl")
    .read_text()
    .splitlines()
]

# Spaces, both ways to write a character, numbers that a re-encoder would change (R17, R111).
ODD: Final = (
    r'{ "connectorId" : 1 , "meterValue":[ {"sampledValue":[{"format":"SignedData","context":'
    r'"Sample.Clock","value":"OCMF|{\"RV\":1.10,\"GV\":\"\u00e4ä\/\u002F\"}|{\"SD\" : \"30\"}"} ] ,'
    r'"timestamp":"2026-05-15T12:00:00.000Z"}], "vendor" :1E3,"vendor":-0.0, "n":null}'
)
GIRO_E: Final = (
    r'{"vendorId" : "com.example.giro","messageId":"Card\u0020Read", "data":"\u00e4\/ {\"a\": 1.10'
    r'}" }'
)


def signed_values(messages: list[Any]) -> list[str]:
    """Every signed text, in its order."""
    return [
        value["value"]
        for payload in messages
        for element in payload.get("meterValue", payload.get("transactionData", []))
        for value in element["sampledValue"]
        if value.get("format") == "SignedData"
    ]


async def write_samples(stage: Stage, box: Program, samples: list[str]) -> None:
    """Put signed texts into the wallbox's next meter values."""
    for number, text in enumerate(samples):
        file = stage.folder / f"sample-{number}"
        file.write_text(text)
        box.type(f"meter-file {file}")


async def test_signed_meter_data_survive_queue_kill_and_restart_to_the_last_character(
    tmp_path: Path,
) -> None:
    """P17, R111-R113: wallbox, manager, its store, kill -9, its store, backend."""
    async with Stage(tmp_path) as stage:
        port = free_port()
        gateway = {"url": f"ws://127.0.0.1:{port}/"}
        manager = await run_manager(stage, site(evse("stall", "CP1", gateway), card(CARD)))
        box = await run_wallbox(stage, "CP1", manager.url, "--meter-interval", "1")
        await stage.event(box, "boot")
        await plug_in(stage, box, CARD)
        for beginning in (0, 5):
            await write_samples(stage, box, SAMPLES[beginning : beginning + 5])
            done = beginning + 5
            await stage.until(
                lambda done=done: len(signed_values(_sent(box))) == done,  # type: ignore[misc]  # - binds this number
                "the samples are confirmed",
            )
        await write_samples(stage, box, SAMPLES[10:])
        box.type("stop")
        await stage.until(
            lambda: "StopTransaction" in [each.action for each in sent_messages(box)], "the stop"
        )
        await manager.kill()
        backend = await run_backend(stage, port=port)
        await manager.restart()
        await stage.event(backend, "transaction-stopped")

        assert missing(box, backend, "CP1") == strayed(box, backend, "CP1") == []
        sent, taken = sent_messages(box), taken_messages(backend, "CP1")
        assert [each.digest for each in taken] == [each.digest for each in sent]
        payloads = [json.loads(e["payload_text"]) for e in backend.all_of("call", id="CP1")]
        assert signed_values(payloads) == SAMPLES


def _sent(box: Program) -> list[Any]:
    """The confirmed payloads, which lack nothing but their id."""
    texts = [each.text.replace('"transactionId":,', "") for each in sent_messages(box)]
    return [json.loads(text) for text in texts]


async def test_oddly_written_messages_pass_both_ways_as_they_are(tmp_path: Path) -> None:
    """P17, P18, R17, R91: also the answers."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(
            stage, "--vendor", 'com.example.giro={"a" : 1.10,"b":"\\u00e4"}'
        )
        manager = await run_manager(stage, site(evse("stall", "CP1", {"url": url_of(backend)})))
        box = await run_wallbox(stage, "CP1", manager.url, "--echo-data")
        await manager.online("stall")

        box.type(
            f'raw [2,"odd","MeterValues",{ODD}]', f'raw [ 2, "giro" , "DataTransfer", {GIRO_E}]'
        )
        taken = await stage.event(backend, "call", action="MeterValues")
        assert taken["payload_text"] == ODD
        asked = await stage.event(backend, "call", action="DataTransfer")
        assert asked["payload_text"] == GIRO_E
        replied = await stage.event(backend, "replied", action="DataTransfer")
        await stage.event(box, "received", text=f'[3,"giro",{replied["payload_text"]}]')

        backend.type(f"call CP1 DataTransfer {GIRO_E}")
        answered = await stage.event(backend, "answered", action="DataTransfer")
        assert [e for e in box.all_of("received") if e["text"].endswith(f"{GIRO_E}]")]
        assert [
            e for e in box.all_of("sent") if e["text"].endswith(f",{answered['payload_text']}]")
        ]
        assert json.loads(answered["payload_text"])["data"] == json.loads(GIRO_E)["data"]


async def test_two_connectors_of_one_wallbox_are_billed_by_two_backends(tmp_path: Path) -> None:
    """P20, R60, R101: each with its own identity, password, connector 1 and transaction ids."""
    async with Stage(tmp_path) as stage:
        first = await run_backend(stage, "--password", "one")
        second = await run_backend(
            stage, "--known", "B", "--password", "two", "--first-transaction-id", "9001"
        )
        manager = await run_manager(
            stage,
            site(
                evse("left", "CP1", {"url": url_of(first), "client_id": "A", "password": "one"}),
                evse(
                    "right",
                    "CP1",
                    {"url": url_of(second), "client_id": "B", "password": "two"},
                    connector=2,
                ),
            ),
        )
        box = await run_wallbox(stage, "CP1", manager.url, "--connectors", "2")
        await manager.online("left")
        await manager.online("right")
        box.type("plug 2", f"rfid {CARD} 2")
        started = await stage.event(second, "transaction-started", id="B")
        assert (started["transaction_id"], started["connector"]) == (9001, 1)
        await stage.event(box, "started", connector=2)
        second.type("stop B 9001")
        stopped = await stage.event(second, "transaction-stopped")
        assert (stopped["transaction_id"], stopped["reason"]) == (9001, "Remote")
        assert first.all_of("call", action="StartTransaction") == []

        box.type("plug 1", f"rfid {CARD} 1")
        started = await stage.event(first, "transaction-started", id="A")
        assert (started["transaction_id"], started["connector"]) == (5000, 1)
        assert len(second.all_of("call", action="StartTransaction")) == 1
