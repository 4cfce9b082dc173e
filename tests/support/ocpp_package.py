"""The `ocpp` package as charge point and as central system: an independent reading of OCPP 1.6.

It validates every message against the official JSON schemas, in both directions.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import (
    Action,
    AuthorizationStatus,
    ChargePointErrorCode,
    ChargePointStatus,
    ChargingProfileStatus,
    ClearChargingProfileStatus,
    RegistrationStatus,
    RemoteStartStopStatus,
)
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from wattgate.runtime.supervisor import Supervisor

NOW: Final = "2026-05-15T12:00:00Z"
LATER: Final = "2026-05-15T12:30:00Z"
_SUBPROTOCOL: Final = Subprotocol("ocpp1.6")


class _News:
    """Waits for something to become true of what was heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._changed = asyncio.Event()

    def add(self, action: Action, payload: dict[str, Any]) -> None:
        self.heard.append((str(action.value), payload))
        self._changed.set()

    async def got(self, action: Action, **facts: object) -> dict[str, Any]:
        """The first message of an action with these fields; waits for it."""
        while True:
            for name, payload in self.heard:
                if name == action.value and facts.items() <= payload.items():
                    return payload
            self._changed.clear()
            await self._changed.wait()


class PackageWallbox(ChargePoint):  # type: ignore[misc]  # - the package has no types
    """A charge point made with the package."""

    def __init__(self, station_id: str, connection: Any) -> None:  # noqa: ANN401 - untyped
        super().__init__(station_id, connection)
        self.news = _News()

    @on(Action.get_configuration)  # type: ignore[untyped-decorator]  # - the package has no types
    def _configuration(self, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        return call_result.GetConfiguration(
            configuration_key=[
                {"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "5"},
                {"key": "MaxChargingProfilesInstalled", "readonly": True, "value": "5"},
                {"key": "ChargingScheduleMaxPeriods", "readonly": True, "value": "5"},
            ]
        )

    @on(Action.set_charging_profile)  # type: ignore[untyped-decorator]  # - the package has no types
    def _profile(self, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        self.news.add(Action.set_charging_profile, asked)
        return call_result.SetChargingProfile(status=ChargingProfileStatus.accepted)

    @on(Action.clear_charging_profile)  # type: ignore[untyped-decorator]  # - the package has no types
    def _clear(self, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        return call_result.ClearChargingProfile(status=ClearChargingProfileStatus.unknown)

    @on(Action.remote_stop_transaction)  # type: ignore[untyped-decorator]  # - the package has no types
    def _remote_stop(self, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        self.news.add(Action.remote_stop_transaction, asked)
        return call_result.RemoteStopTransaction(status=RemoteStartStopStatus.accepted)

    async def begin(self) -> None:
        """Boot and report a free connector."""
        boot = await self.call(
            call.BootNotification(charge_point_model="Package", charge_point_vendor="Independent"),
            suppress=False,
        )
        assert boot.status == RegistrationStatus.accepted
        await self.report(ChargePointStatus.available)

    async def report(self, status: ChargePointStatus) -> None:
        """Send a StatusNotification of connector 1."""
        await self.call(
            call.StatusNotification(
                connector_id=1, error_code=ChargePointErrorCode.no_error, status=status
            ),
            suppress=False,
        )

    async def start_session(self, id_tag: str) -> int:
        """Plug in, show a card, start; the transaction's id."""
        await self.report(ChargePointStatus.preparing)
        authorized = await self.call(call.Authorize(id_tag=id_tag), suppress=False)
        assert authorized.id_tag_info["status"] == AuthorizationStatus.accepted
        started = await self.call(
            call.StartTransaction(connector_id=1, id_tag=id_tag, meter_start=1000, timestamp=NOW),
            suppress=False,
        )
        assert started.id_tag_info["status"] == AuthorizationStatus.accepted
        await self.report(ChargePointStatus.charging)
        return int(started.transaction_id)

    async def measure(self, transaction_id: int) -> None:
        """Send a MeterValues."""
        value = {"value": "1200", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        values = [{"timestamp": NOW, "sampled_value": [value]}]
        await self.call(
            call.MeterValues(connector_id=1, meter_value=values, transaction_id=transaction_id),
            suppress=False,
        )

    async def end_session(self, transaction_id: int) -> None:
        """Stop, and be free again."""
        await self.call(
            call.StopTransaction(meter_stop=2500, timestamp=LATER, transaction_id=transaction_id),
            suppress=False,
        )
        await self.report(ChargePointStatus.available)


@asynccontextmanager
async def package_wallbox(url: str, station_id: str) -> AsyncIterator[PackageWallbox]:
    """Connect one, booted."""
    async with (
        connect(f"{url}{station_id}", subprotocols=[_SUBPROTOCOL], proxy=None) as connection,
        Supervisor() as tasks,
    ):
        box = PackageWallbox(station_id, connection)
        tasks.spawn(_serve(box), name=station_id)
        await box.begin()
        yield box


async def _serve(end: ChargePoint) -> None:
    with suppress(ConnectionClosed):
        await end.start()


class PackageStation(ChargePoint):  # type: ignore[misc]  # - the package has no types
    """A charge point as the package's central system sees it."""

    def __init__(
        self,
        station_id: str,
        connection: Any,  # noqa: ANN401 - untyped
        news: _News,
        first: int,
    ) -> None:
        super().__init__(station_id, connection)
        self.heard: list[str] = []
        """What came from this charge point on this connection, by action."""
        self._news = news
        self._first = first

    def _heard(self, action: Action, asked: dict[str, Any]) -> None:
        self.heard.append(str(action.value))
        self._news.add(action, asked)

    @on(Action.boot_notification)  # type: ignore[untyped-decorator]  # - the package has no types
    def _boot(self, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        self._heard(Action.boot_notification, asked)
        return call_result.BootNotification(
            current_time=NOW, interval=300, status=RegistrationStatus.accepted
        )

    @on(Action.heartbeat)  # type: ignore[untyped-decorator]  # - the package has no types
    def _heartbeat(self) -> Any:  # noqa: ANN401 - JSON
        return call_result.Heartbeat(current_time=NOW)

    @on(Action.status_notification)  # type: ignore[untyped-decorator]  # - the package has no types
    def _status(self, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        self._heard(Action.status_notification, asked)
        return call_result.StatusNotification()

    @on(Action.authorize)  # type: ignore[untyped-decorator]  # - the package has no types
    def _authorize(self, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        return call_result.Authorize(id_tag_info=IdTagInfo(status=AuthorizationStatus.accepted))

    @on(Action.start_transaction)  # type: ignore[untyped-decorator]  # - the package has no types
    def _start(self, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        self._heard(Action.start_transaction, asked)
        accepted = IdTagInfo(status=AuthorizationStatus.accepted)
        number = self._first + asked["connector_id"] - 1
        return call_result.StartTransaction(transaction_id=number, id_tag_info=accepted)

    @on(Action.meter_values)  # type: ignore[untyped-decorator]  # - the package has no types
    def _meter_values(self, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        self._heard(Action.meter_values, asked)
        return call_result.MeterValues()

    @on(Action.stop_transaction)  # type: ignore[untyped-decorator]  # - the package has no types
    def _stop(self, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        self._heard(Action.stop_transaction, asked)
        return call_result.StopTransaction()


TRANSACTION: Final = 4242
"""The id that the central system gives to a transaction of connector 1; 2 has the next one."""


class PackageBackend:
    """A central system made with the package; it numbers transactions from `first`."""

    def __init__(self, first: int = TRANSACTION) -> None:
        self.first = first
        self.port = 0
        self.news = _News()
        self.stations: dict[str, PackageStation] = {}

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    async def talk(self, connection: ServerConnection) -> None:
        """Serve one charge point."""
        assert connection.request is not None
        station_id = connection.request.path.strip("/")
        self.stations[station_id] = PackageStation(station_id, connection, self.news, self.first)
        await _serve(self.stations[station_id])

    async def ask(self, station_id: str, request: Any) -> Any:  # noqa: ANN401 - untyped
        """Ask a charge point; the answer."""
        return await self.stations[station_id].call(request, suppress=False)


@asynccontextmanager
async def package_backend(first: int = TRANSACTION) -> AsyncIterator[PackageBackend]:
    """Run one on a free port."""
    backend = PackageBackend(first)
    async with serve(
        *(backend.talk, "127.0.0.1", 0), subprotocols=[_SUBPROTOCOL], compression=None
    ) as server:
        backend.port = next(iter(server.sockets)).getsockname()[1]
        yield backend
