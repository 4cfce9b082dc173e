from dataclasses import replace

import pytest
from tests.support.stores import AT, start
from tests.support.web import Api, serving

from wattgate.adapters.web.transaction_routes import LARGEST_ID
from wattgate.core.ocpp.handshake import HandshakeRequest, Refused
from wattgate.core.station.transactions import TransactionStop
from wattgate.ports.store import BindTransaction, CloseTransaction, RejectTransaction


async def three_transactions(api: Api) -> None:
    """Two of stall-1, the first one over, and one of an EVSE that is no longer in the site."""
    store = api.world.store
    for key, evse_id in (("k1", "stall-1"), ("k2", "gone"), ("k3", "stall-1")):
        await store.open_transaction(start(key, evse_id=evse_id), (), AT)
    stop = TransactionStop(1500, "2026-11-22T10:30:00+01:00", "Local")
    await store.commit(CloseTransaction("CP1", 1, stop))


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [3, 2, 1]),
        ("?evse=stall-1", [3, 1]),
        ("?evse=nobody", []),
        ("?limit=2", [3, 2]),
        ("?limit=2&before=2", [1]),
        (f"?before={LARGEST_ID}", [3, 2, 1]),
    ],
)
@pytest.mark.asyncio
async def test_transactions_are_paged_newest_first(query: str, ids: list[int]) -> None:
    async with serving() as api:
        await three_transactions(api)
        answer = await api.client.get(f"/api/v1/transactions{query}")
        assert [each["id"] for each in answer.json()] == ids


@pytest.mark.asyncio
async def test_an_open_transaction_has_no_end_yet() -> None:
    async with serving() as api:
        await three_transactions(api)
        newest, _, oldest = (await api.client.get("/api/v1/transactions")).json()
        assert oldest == {
            "id": 1,
            "evse": "stall-1",
            "wallbox": "CP1",
            "connector": 1,
            "id_tag": "04A1B2",
            "backend_id": None,
            "backends": [{"backend": "B", "transaction_id": None, "bills": True}],
            "started_at": "2026-11-22T09:30:00+01:00",
            "meter_start_wh": 1000,
            "stopped_at": "2026-11-22T10:30:00+01:00",
            "meter_stop_wh": 1500,
            "energy_wh": 500,
            "stop_reason": "Local",
            "stop_inferred": False,
            "refused_as": None,
        }
        ends = ("stopped_at", "meter_stop_wh", "energy_wh", "stop_reason")
        assert [newest[end] for end in ends] == [None] * 4


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "before=0", f"before={LARGEST_ID + 1}"]
)
@pytest.mark.asyncio
async def test_a_page_that_cannot_be_is_refused(query: str) -> None:
    async with serving() as api:
        assert (await api.client.get(f"/api/v1/transactions?{query}")).status_code == 400


@pytest.mark.asyncio
async def test_refused_connections_are_told_with_their_reason() -> None:
    """P9."""
    async with serving() as api:
        assert api.world.manager is not None
        request = HandshakeRequest("/stranger", ("ocpp1.6",), None, "192.0.2.9:1")
        refusal = api.world.manager.stations.admit(request)
        assert isinstance(refusal, Refused)
        (told,) = (await api.client.get("/api/v1/refused")).json()
        assert told["at"].startswith("2026-05-15T")
        assert (told["address"], told["claimed_id"]) == ("192.0.2.9:1", "stranger")
        assert told["reason"] == refusal.reason


@pytest.mark.asyncio
async def test_an_assumed_end_and_a_refused_card_are_told_as_such_r65_r77() -> None:
    async with serving() as api:
        store = api.world.store
        await store.open_transaction(start(), (), AT)
        stop = TransactionStop(1500, "2026-11-22T10:30:00+01:00", "Other", inferred=True)
        await store.commit(CloseTransaction("CP1", 1, stop), RejectTransaction(1, "Blocked"))
        (told,) = (await api.client.get("/api/v1/transactions")).json()
        assert (told["stop_inferred"], told["refused_as"]) == (True, "Blocked")


@pytest.mark.asyncio
async def test_r106_a_transaction_tells_its_id_at_every_backend_that_heard_of_it() -> None:
    async with serving() as api:
        store, heard = api.world.store, replace(start("k1"), report_link_ids=("C", "D"))
        await store.open_transaction(heard, (), AT)
        await store.commit(BindTransaction(1, "D", 77), BindTransaction(1, "B", 9001))
        (told,) = (await api.client.get("/api/v1/transactions")).json()
        assert told["backend_id"] == 9001
        assert [tuple(each.values()) for each in told["backends"]] == [
            ("B", 9001, True),
            ("C", None, False),
            ("D", 77, False),
        ]


@pytest.mark.asyncio
async def test_a_transaction_that_was_relayed_tells_its_backend_as_the_evse_does() -> None:
    async with serving() as api:
        store = api.world.store
        await store.open_transaction(start("k1", link_id="B relayed"), (), AT)
        await store.commit(BindTransaction(1, "B relayed", 9001))
        (told,) = (await api.client.get("/api/v1/transactions")).json()
        assert [tuple(each.values()) for each in told["backends"]] == [("B", 9001, True)]
