"""Readings that a Power Brain has signed, over every way to a backend (P17, R111-R117)."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.power_brain import LIMIT, PowerBrainProcess, run_power_brain
from tests.support.processes import Program, Stage, free_port
from tests.support.site_processes import run_backend, run_manager, url_of
from tests.support.site_text import card, evse, site

from wattgate.adapters.signatures import EcdsaCheck
from wattgate.core.evidence.verdicts import KeySource, KnownKey, SignatureVerdict, judge
from wattgate.core.station.meter_keys import announced_keys
from wattgate.core.station.signed import signed_values

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"


def signed_by(payloads: list[str]) -> list[str]:
    return [value.text for payload in payloads for value in signed_values(payload)]


def arrived(backend: Program) -> list[str]:
    """The signed texts that a backend has got, in order."""
    calls = [each for each in backend.all_of("call") if each["action"] in CARRIERS]
    return signed_by([str(each["payload_text"]) for each in calls])


def sent(brain: PowerBrainProcess) -> list[str]:
    """The signed texts as the wallbox has put them on the wire, once each."""
    frames = [str(each["text"]) for each in brain.box.all_of("sent")]
    calls = [frame for frame in frames if any(f'"{action}"' in frame for action in CARRIERS)]
    texts = signed_by([json.dumps(json.loads(frame)[3]) for frame in calls])
    return list(dict.fromkeys(texts))


CARRIERS: Final = ("MeterValues", "StopTransaction")


def key_at(backend: Program) -> str:
    """The key as the backend was told it."""
    told = [str(each["payload_text"]) for each in backend.all_of("call", action="DataTransfer")]
    (key,) = announced_keys(told[0], 1)
    return key


def verdicts(texts: list[str], key: str) -> list[SignatureVerdict]:
    known = [KnownKey(KeySource.ANNOUNCED, key)]
    return [judge(text, known, EcdsaCheck().check).verdict for text in texts]


def pages(texts: list[str]) -> list[str]:
    return [str(json.loads(text.split("|")[1])["PG"]) for text in texts]


async def _session(brain: PowerBrainProcess, current_a: int) -> None:
    mark = brain.box.mark
    await brain.mbpoll.write(LIMIT, current_a * 10)
    await brain.started(CARD)
    brain.box.type("stop", "unplug")
    await brain.event("stopped", mark)


async def test_signed_readings_reach_a_backend_directly_and_pages_go_on_after_a_kill_r117(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        options = ("--sign", "--data", tmp_path / "box")
        brain = await run_power_brain(stage, "CP1", url_of(backend), *options)
        await _session(brain, 10)
        await stage.event(backend, "transaction-stopped")
        await brain.box.kill()
        again = await run_power_brain(stage, "CP1", url_of(backend), *options)
        mark = backend.mark
        await _session(again, 8)
        await stage.event(backend, "transaction-stopped", mark)

        texts = arrived(backend)
        key = key_at(backend)
        told = [each.find("meter-key") or {} for each in (brain.box, again.box)]
        assert [each["public_key"] for each in told] == [key, key]
        assert verdicts(texts, key) == [SignatureVerdict.GREEN] * len(texts)
        assert pages(list(dict.fromkeys(texts))) == ["T1", "T2", "T3", "T4"]


async def test_through_the_manager_and_its_queue_they_stay_what_was_signed_r111(
    tmp_path: Path,
) -> None:
    """The backend is away for the session, and the manager is killed before it is back."""
    async with Stage(tmp_path) as stage:
        port = free_port()
        gateway = {"url": f"ws://127.0.0.1:{port}/"}
        manager = await run_manager(stage, site(evse("stall", "CP1", gateway), card(CARD)))
        brain = await run_power_brain(stage, "CP1", manager.url, "--sign")
        await _session(brain, 10)
        await stage.until(lambda: len(sent(brain)) == 2, "both records are sent")
        await manager.kill()
        backend = await run_backend(stage, port=port)
        await manager.restart()
        await stage.event(backend, "transaction-stopped")

        texts = arrived(backend)
        assert list(dict.fromkeys(texts)) == sent(brain)
        assert verdicts(texts, key_at(backend)) == [SignatureVerdict.GREEN] * len(texts)
        evidence: Any = await manager.ask("GET", "/api/v1/transactions/1/evidence")
        assert {each["verdict"] for each in evidence["signed"]} == {"green"}
