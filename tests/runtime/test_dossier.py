"""What is put together about one transaction: keys, verdicts, and what does not agree."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.frames import (
    HOUSE,
    STALL,
    START,
    STOP,
    Site,
    a_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.signed_samples import SAMPLES, Signer
from tests.support.stores import AT, start
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World

from wattgate.adapters.signatures import EcdsaCheck
from wattgate.core.evidence.verdicts import KeySource, KnownKey, SignatureVerdict
from wattgate.core.site.reading import read_toml
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import FrameRecord, FrameWay
from wattgate.runtime.dossier import Dossier, Material, dossier_of, keys_for

SIGNER, OTHER = Signer(), Signer(secret=7)


def announcement(key: str, connector: int = 1) -> Json:
    """What a wallbox tells after its boot."""
    meters = {"meters": [{"connectorId": connector, "publicKey": key}]}
    return {
        "vendorId": "generalConfiguration",
        "messageId": "setMeterConfiguration",
        "data": json.dumps(meters),
    }


def values(*texts: str, **ids: int) -> Json:
    """Signed values without a format, as some write them, or with it."""
    samples = [{"value": text, "format": "SignedData"} for text in texts]
    at = "2026-05-15T14:30:00Z"
    return {"connectorId": 1, **ids, "meterValue": [{"timestamp": at, "sampledValue": samples}]}


async def dossier(world: World, transaction_id: int = 1) -> Dossier:
    assert world.manager is not None
    material = await world.manager.evidence(transaction_id)
    assert material is not None
    return dossier_of(material, EcdsaCheck().check)


async def charge(site: Site, *texts: str) -> Dossier:
    await result(site.wallbox, "StartTransaction", START)
    await result(site.wallbox, "MeterValues", values(*texts, transactionId=1))
    await result(site.wallbox, "StopTransaction", STOP)
    await settled()
    return await dossier(site.world)


@in_virtual_time()
async def test_an_announced_key_verifies_also_after_a_restart_r114() -> None:
    site = await a_site()
    await result(site.wallbox, "DataTransfer", announcement(SIGNER.key_hex))
    found = await charge(site, SIGNER.ocmf())
    assert found.verdict is SignatureVerdict.GREEN
    assert found.signed[0].judgement.key_source is KeySource.ANNOUNCED
    await site.world.kill()
    await site.world.start()
    assert await dossier(site.world) == found
    await site.world.kill()


@in_virtual_time()
async def test_a_key_announced_for_another_connector_is_of_no_use() -> None:
    site = await a_site()
    await result(site.wallbox, "DataTransfer", announcement(SIGNER.key_hex, connector=2))
    found = await charge(site, SIGNER.ocmf())
    assert found.verdict is SignatureVerdict.YELLOW
    assert found.signed[0].judgement.reason == "no public key of the meter is known"
    await site.world.kill()


@in_virtual_time()
async def test_the_key_of_the_site_counts_and_another_announced_one_is_told() -> None:
    toml = f"{HOUSE}{STALL}".replace(
        "[[evse.gateway]]", f'meter_public_key = "{SIGNER.key_hex}"\n[[evse.gateway]]'
    )
    site = await a_site(site_toml=toml)
    await result(site.wallbox, "DataTransfer", announcement(SIGNER.key_hex))
    assert (await charge(site, SIGNER.ocmf())).contradictions == ()
    await result(site.wallbox, "DataTransfer", announcement(OTHER.key_hex))
    found = await dossier(site.world)
    assert found.verdict is SignatureVerdict.GREEN
    assert found.contradictions == (
        "The wallbox announces another public key than the meter_public_key of the site.",
    )
    await site.world.kill()


@in_virtual_time()
async def test_all_real_values_reach_the_backend_identically_r111() -> None:
    site = await a_site()
    found = await charge(site, *(each.text for each in SAMPLES))
    assert [each.text for each in found.signed] == [each.text for each in SAMPLES]
    assert all(each.was_sent for each in found.signed)
    assert found.verdict is SignatureVerdict.YELLOW
    await site.world.kill()


@in_virtual_time()
async def test_what_waits_for_the_backend_was_not_sent_and_was_decided_here_r116() -> None:
    site = await a_site()
    site.world.dialer.backends.clear()
    site.backend.hang_up()
    await settled()
    found = await charge(site, SIGNER.ocmf())
    assert not found.signed[0].was_sent
    assert found.contradictions == (
        "Wattgate let the card in before the backend had decided; the wallbox may have signed "
        "that the backend did.",
    )
    site.world.dialer.backends["ws://backend/CP1"] = backend = literal_backend()
    await backend.got("StopTransaction")
    await settled()
    delivered = await dossier(site.world)
    assert delivered.signed[0].was_sent
    assert delivered.contradictions == found.contradictions
    await site.world.kill()


@in_virtual_time()
async def test_another_connector_and_another_identity_contradict_what_was_signed_r116() -> None:
    gateway = '[[evse.gateway]]\nclient_id = "BILL-7"'
    toml = (HOUSE + STALL).replace("[[evse.gateway]]", f"connector = 2\n{gateway}")
    world = World(toml)
    world.dialer.backends["ws://backend/BILL-7"] = backend = literal_backend()
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    await backend.got("BootNotification")
    await settled()
    await result(wallbox, "StartTransaction", START | {"connectorId": 2})
    text = SIGNER.ocmf('{"IS":true,"ID":"04A1","CT":"CBIDC","CI":"CP1 2","RD":[{"ST":"G"}]}')
    sample = values(text, transactionId=1) | {"connectorId": 2}
    await result(wallbox, "MeterValues", sample)
    await settled()
    assert (await dossier(world)).contradictions == (
        "The wallbox named its connector 2, the backend got 1.",
        'The wallbox calls itself "CP1", the backend knows it as "BILL-7".',
        'The signed data name the charge point "CP1 2", for the backend it is "BILL-7 1".',
    )
    await world.kill()


def test_a_key_of_another_evse_is_of_no_use() -> None:
    site = read_toml(
        f'[site]\nload_management = "observe"\n'
        f'[[evse]]\nid = "stall-1"\naddress = "CP1"\nmeter_public_key = "{OTHER.key_hex}"\n'
        f'[[evse]]\nid = "stall-2"\naddress = "CP2"\nmeter_public_key = "{SIGNER.key_hex}"\n'
    )
    record = TransactionRecord(1, replace(start(), evse_id="stall-2"))
    assert keys_for(site, record, None) == (KnownKey(KeySource.SETTING, SIGNER.key_hex),)


def test_each_value_tells_for_itself_whether_the_backend_took_it_r111() -> None:
    pairs = ("one", "two"), ("two", "three")
    texts = [json.dumps([2, "b", "MeterValues", values(*pair)]) for pair in pairs]
    came = [frame(FrameWay.RECEIVED, text) for text in texts]
    sent = frame(FrameWay.SENT, texts[0])
    found = dossier_of(Material(TransactionRecord(1, start()), (*came, sent)), EcdsaCheck().check)
    assert [each.was_sent for each in found.signed] == [True, True, True, False]


@pytest.mark.parametrize(
    ("link_id", "ends", "was_sent"),
    [
        ("B", ("B", "R"), True),
        ("B", ("R",), False),
        ("B relayed", ("B",), True),
        (None, ("R",), True),
    ],
)
def test_r106_a_value_counts_as_sent_once_the_backend_took_it_that_bills_it(
    link_id: str | None, ends: tuple[str, ...], *, was_sent: bool
) -> None:
    text = json.dumps([2, "b", "MeterValues", values("one")])
    taken = [replace(frame(FrameWay.SENT, text), end=end) for end in ends]
    record = TransactionRecord(1, start(link_id=link_id, report_link_ids=("R",)))
    material = Material(record, (frame(FrameWay.RECEIVED, text), *taken))
    (found,) = dossier_of(material, EcdsaCheck().check).signed
    assert found.was_sent is was_sent


def test_r106_the_start_that_counts_is_the_one_of_the_backend_that_bills_it() -> None:
    opening = '[2,"a","StartTransaction",{"idTag":"04A1","connectorId":1}]'
    ours = '[2,"b","StartTransaction",{"idTag":"04A1","connectorId":1}]'
    elsewhere = '[2,"c","StartTransaction",{"idTag":"OTHER","connectorId":7}]'
    began = [
        frame(FrameWay.RECEIVED, opening, "StartTransaction"),
        replace(frame(FrameWay.SENT, elsewhere, "StartTransaction"), end="R"),
        replace(frame(FrameWay.SENT, ours, "StartTransaction"), end="stall-1 CP1@backend"),
    ]
    value = frame(FrameWay.RECEIVED, json.dumps([2, "b", "MeterValues", values(SIGNER.ocmf())]))
    billed = start(link_id="stall-1 CP1@backend", report_link_ids=("R",))
    material = Material(TransactionRecord(1, billed), (*began, value))
    assert dossier_of(material, EcdsaCheck().check).contradictions == ()


@pytest.mark.parametrize("identity", ["CP1", "DE*A@B", "a@b@c"])
@pytest.mark.parametrize("founder", ["stall-1", "stall 2"])
def test_an_identity_with_an_at_sign_is_read_whole_r116(identity: str, founder: str) -> None:
    opening = replace(
        start(), station_id=identity, evse_id="stall-1", link_id=f"{founder} {identity}@backend"
    )
    value = frame(FrameWay.RECEIVED, json.dumps([2, "b", "MeterValues", values(SIGNER.ocmf())]))
    material = Material(TransactionRecord(1, opening), (value,))
    assert dossier_of(material, EcdsaCheck().check).contradictions == ()


def test_p20_the_identity_at_a_login_that_another_evse_had_first_is_told_too_r116() -> None:
    opening = start(evse_id="right", link_id="left SITE@backend")
    value = frame(FrameWay.RECEIVED, json.dumps([2, "b", "MeterValues", values(SIGNER.ocmf())]))
    (found,) = dossier_of(
        Material(TransactionRecord(1, opening), (value,)), EcdsaCheck().check
    ).contradictions
    assert found.endswith('knows it as "SITE".')


@in_virtual_time()
async def test_without_signed_data_nothing_contradicts_them() -> None:
    site = await a_site()
    site.world.dialer.backends.clear()
    site.backend.hang_up()
    await settled()
    await result(site.wallbox, "StartTransaction", START)
    found = await dossier(site.world)
    assert (found.verdict, found.contradictions) == (SignatureVerdict.NONE, ())
    await site.world.kill()


@in_virtual_time()
async def test_an_unknown_transaction_has_no_dossier() -> None:
    site = await a_site()
    await charge(site)
    assert site.world.manager is not None
    for transaction_id in (0, 2, 2**31 - 1):
        assert await site.world.manager.evidence(transaction_id) is None
    await site.world.kill()


def frame(way: FrameWay, text: str, action: str = "MeterValues") -> FrameRecord:
    return FrameRecord(1, way, "CP1", action, text, AT)


@pytest.mark.parametrize("text", ["no frame", '[3,"a",{}]', '[2,"a","MeterValues",{}]'])
def test_what_is_kept_may_be_anything(text: str) -> None:
    record = TransactionRecord(1, start())
    came = frame(FrameWay.RECEIVED, text, "StartTransaction")
    sent = replace(came, way=FrameWay.SENT, at=AT + timedelta(seconds=21))
    value = json.dumps([2, "b", "MeterValues", values(SIGNER.ocmf())])
    material = Material(
        record,
        (came, sent, frame(FrameWay.RECEIVED, value)),
        (KnownKey(KeySource.SETTING, SIGNER.key_hex),),
    )
    found = dossier_of(material, EcdsaCheck().check)
    assert found.verdict is SignatureVerdict.GREEN
    assert [each.frame for each in found.signed] == [2]
