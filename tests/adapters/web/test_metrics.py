import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.stores import AT, enqueue
from tests.support.web import SITE, Api, a_world, serving
from tests.support.world import a_backend, a_wallbox, status_of

from wattgate import __version__
from wattgate.core.charging.obedience import Verdict
from wattgate.core.gateway.link.link_status import Fault, LinkStep
from wattgate.core.ocpp.handshake import HandshakeRequest
from wattgate.ports.store import Bury, StoreCondition
from wattgate.runtime.charging.obedience_watch import ObedienceState, ObedienceWatch

LINK = "stall-1 CP1@backend.example/4dcb5568"
LOGIN = f"{LINK} stall-1"

Figures = dict[tuple[str, str], float]
"""By name of the metric and EVSE (with its phase), empty where it has none."""


async def figures(api: Api) -> Figures:
    answer = await api.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["content-type"].count("charset") == 1
    return {
        (sample.name, " ".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.asyncio
async def test_a_site_at_rest_has_its_figures() -> None:
    async with serving() as api:
        told = await figures(api)
        assert told["wattgate_info", __version__] == 1
        assert told["wattgate_wallboxes", ""] == 2
        assert told["wattgate_wallboxes_connected", ""] == 0
        assert told["wattgate_evse_transaction_open", "stall-1"] == 0
        assert told["wattgate_backend_up", LOGIN] == 0
        assert not [place for place in told if "stall-2" in place[1] and "backend" in place[0]]
        assert ("wattgate_evse_power_watts", "stall-1") not in told, "nothing was measured"
        assert told["process_resident_memory_bytes", ""] > 0
        assert ("process_cpu_seconds_total", "") in told
        assert ("wattgate_evse_obeys", "stall-1") not in told, "nothing was measured"
        assert told["wattgate_evse_counted_current_amperes", "stall-1"] == 0
        assert ("wattgate_wallbox_clock_offset_seconds", "CP1") not in told, "it has not said"
        assert ("wattgate_grid_meter_age_seconds", "") not in told, "there is none"


@pytest.mark.asyncio
async def test_failed_attempts_at_a_backend_are_counted_by_step_r29() -> None:
    world = a_world()
    async with serving(world) as api:
        assert world.manager is not None
        state = world.manager.evse("stall-1")
        assert state is not None
        link = state.evse.link
        assert link is not None
        for _ in range(2):
            fault = Fault(LinkStep.HTTP, "the backend answered HTTP 401", 401)
            link._state.status = link.status.failed(fault, AT, AT)
        told = await figures(api)
        assert told["wattgate_backend_failed_attempts", f"{LINK} stall-1 401 http"] == 2


@pytest.mark.asyncio
async def test_a_site_at_work_has_its_figures() -> None:
    backend, wallbox = a_backend(), a_wallbox()
    world = a_world(backend=backend)
    async with serving(world) as api:
        await world.boot("CP1", wallbox, "Preparing")
        await backend.got("BootNotification")
        await wallbox.got("SetChargingProfile")
        at = "2026-05-15T12:00:00Z"
        asked = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": at}
        frame = await wallbox.ask("StartTransaction", asked)
        sample = {"value": "7.5", "measurand": "Current.Import", "phase": "L2"}
        await wallbox.ask(
            "MeterValues",
            {
                "connectorId": 1,
                "transactionId": frame[2]["transactionId"],
                "meterValue": [{"timestamp": at, "sampledValue": [sample]}],
            },
        )
        told = await figures(api)
        assert told["wattgate_wallboxes_connected", ""] == 1
        assert told["wattgate_evse_connected", "stall-1"] == 1
        assert told["wattgate_evse_transaction_open", "stall-1"] == 1
        assert told["wattgate_evse_drawn_current_amperes", "stall-1 L2"] == 7.5
        assert told["wattgate_backend_up", LOGIN] == 1
        assert ("wattgate_outbox_messages", LOGIN) in told
        assert told["wattgate_outbox_thinned_messages_total", LOGIN] == 0
        assert ("wattgate_evse_offered_current_amperes", "stall-1") in told
        while (await figures(api))["wattgate_evse_profile_writes_total", "stall-1"] == 0:
            pass


@pytest.mark.asyncio
async def test_what_went_wrong_is_counted() -> None:
    async with serving() as api:
        assert api.world.manager is not None
        for _ in range(3):
            request = HandshakeRequest("/stranger", ("ocpp1.6",), None, "192.0.2.9:1")
            api.world.manager.stations.admit(request)
        (message,) = await api.world.store.commit(enqueue())
        await api.world.store.commit(Bury(message.number, "refused", AT))
        told = await figures(api)
        assert told["wattgate_refused_connections_total", ""] == 3
        assert told["wattgate_dead_letters", ""] == 1


@pytest.mark.parametrize(
    ("verdict", "figure"),
    [(Verdict.OBEYS, 1.0), (Verdict.DISOBEYS, 0.0), (Verdict.UNVERIFIED, None)],
)
@pytest.mark.asyncio
async def test_whether_limits_are_followed_is_a_figure(
    verdict: Verdict, figure: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R100a."""
    state = ObedienceState(verdict)
    monkeypatch.setattr(ObedienceWatch, "state", lambda _self, _evse_id: state)
    async with serving() as api:
        assert (await figures(api)).get(("wattgate_evse_obeys", "stall-1")) == figure


@pytest.mark.asyncio
async def test_the_clock_of_a_wallbox_is_a_figure() -> None:
    wallbox = a_wallbox()
    async with serving() as api:
        await api.world.boot("CP1", wallbox)
        stamp = {"timestamp": api.world.clock.wall().isoformat()}
        await wallbox.ask("StatusNotification", {**status_of(1, "Available"), **stamp})
        offset_s = (await figures(api))["wattgate_wallbox_clock_offset_seconds", "CP1"]
        assert offset_s == pytest.approx(0, abs=30)


@pytest.mark.asyncio
async def test_what_the_meter_shows_is_a_figure() -> None:
    site = SITE.replace("house_load_a = 0", 'house_load_a = 0\ngrid_meter = "api"')
    async with serving(a_world(site)) as api:
        body = {"currents_a": [40, 0, 0]}
        assert (await api.client.put("/api/v1/meter", json=body)).status_code == 204
        while ("wattgate_circuit_excess_amperes", "house") not in (told := await figures(api)):
            pass
        assert told["wattgate_circuit_excess_amperes", "house"] == 8
        assert told["wattgate_grid_meter_age_seconds", ""] >= 0


@pytest.mark.asyncio
async def test_a_full_disk_is_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as api:
        told = await figures(api)
        assert told["wattgate_store_failing", ""] == 0
        assert told["wattgate_store_reserve_missing", ""] == 0
        condition = StoreCondition("database or disk is full", has_reserve=False)
        monkeypatch.setattr(type(api.world.store), "condition", condition)
        told = await figures(api)
        assert told["wattgate_store_failing", ""] == 1
        assert told["wattgate_store_reserve_missing", ""] == 1


SHARED = """
[site]
max_current_a = 32
house_load_a = 0
""" + "".join(
    f"""
[[evse]]
id = "stall-{connector}"
address = "CP1"
connector = {connector}
[[evse.gateway]]
url = "ws://backend.example"
[[evse.gateway]]
url = "ws://report.example"
client_id = "R{connector}"
role = "report"
"""
    for connector in (1, 2)
)


@pytest.mark.asyncio
async def test_p20_each_backend_has_its_figures_and_a_shared_login_has_them_once() -> None:
    async with serving(a_world(SHARED)) as api:
        told = await figures(api)
        assert [labels for name, labels in told if name == "wattgate_outbox_messages"] == [
            "stall-1 CP1@backend.example stall-1",
            "stall-1 R1@report.example stall-1",
            "stall-2 R2@report.example stall-2",
        ]
