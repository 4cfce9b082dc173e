"""A wallbox that keeps its configuration and samples by it, at a site with several backends."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.support.frames import Literal, literal_wallbox, result
from tests.support.roles import PRIMARY, Role, Several, several
from tests.support.virtual_time import WALL_START
from tests.support.world import Json

from wattgate.core.site.gateways import ReplaceGateways

INTERVAL, DATA = "MeterValueSampleInterval", "MeterValuesSampledData"
CLOCK, CLOCK_DATA = "ClockAlignedDataInterval", "MeterValuesAlignedData"
LIST, PRE = "LocalAuthListEnabled", "LocalPreAuthorize"
ENERGY, CURRENT, SOC = "Energy.Active.Import.Register", "Current.Import", "SoC"
SETTING: Role = ("report", '["ChangeConfiguration","GetConfiguration"]')
"""A report that may change what it gets."""

TWO_AND_A_REPORT: Mapping[str, Mapping[str, Role]] = {
    "left": {"one": PRIMARY, "ear": SETTING},
    "right": {"two": PRIMARY},
}
ONE_AND_A_REPORT: Mapping[str, Mapping[str, Role]] = {"left": {"one": PRIMARY, "ear": SETTING}}
TWO: Mapping[str, Mapping[str, Role]] = {"left": {"one": PRIMARY}, "right": {"two": PRIMARY}}


class Box:
    """A wallbox that keeps its configuration, and samples as it says."""

    def __init__(self, **values: str) -> None:
        self.values = {INTERVAL: "300", DATA: ENERGY, CLOCK: "0", CLOCK_DATA: ENERGY} | values
        self.refuses: set[tuple[str, str]] = set()
        self.end: Literal = literal_wallbox(
            GetConfiguration=self._listed, ChangeConfiguration=self._changed
        )

    def _listed(self, asked: Json) -> Json:
        names = asked.get("key") or list(self.values)
        known = [
            {"key": name, "readonly": False, "value": self.values[name]}
            for name in names
            if name in self.values
        ]
        return {"configurationKey": known, "unknownKey": [n for n in names if n not in self.values]}

    def _changed(self, asked: Json) -> Json:
        if (asked["key"], asked["value"]) in self.refuses:
            return {"status": "Rejected"}
        self.values[asked["key"]] = asked["value"]
        return {"status": "Accepted"}

    @property
    def told(self) -> list[tuple[str, str]]:
        """Every ChangeConfiguration that it has got."""
        return [(each["key"], each["value"]) for each in self.end.all_of("ChangeConfiguration")]

    async def charge(self, connector: int, transaction: int, seconds: int) -> None:
        """Send what it samples in so many seconds after noon, each minute that has something."""
        for minute in range(1, seconds // 60 + 1):
            await self.minute(connector, transaction, minute)

    async def minute(self, connector: int, transaction: int, minute: int) -> None:
        """Send what it samples then, if anything."""
        at_s = 60 * minute
        kinds = ((INTERVAL, DATA, None), (CLOCK, CLOCK_DATA, "Sample.Clock"))
        readings = [
            self._reading(at_s, data, context)
            for every, data, context in kinds
            if int(self.values[every]) and at_s % int(self.values[every]) == 0
        ]
        if readings:
            ids = {"connectorId": connector, "transactionId": transaction}
            await result(self.end, "MeterValues", ids | {"meterValue": readings})

    def _reading(self, at_s: int, data: str, context: str | None) -> Json:
        stamp = (WALL_START + timedelta(seconds=at_s)).isoformat().replace("+00:00", "Z")
        more = {} if context is None else {"context": context}
        samples = [
            {"value": "1.10", "measurand": name} | more for name in self.values[data].split(",")
        ]
        return {"timestamp": stamp, "sampledValue": samples}


def taken(end: Literal) -> dict[str, dict[int, set[str]]]:
    """What a backend got: by context and minute, the measurands."""
    found: dict[str, dict[int, set[str]]] = {}
    for values in end.all_of("MeterValues"):
        for reading in values["meterValue"]:
            minute = int(reading["timestamp"][14:16]) + 60 * (int(reading["timestamp"][11:13]) - 12)
            for sample in reading["sampledValue"]:
                by_minute = found.setdefault(sample.get("context", "Sample.Periodic"), {})
                by_minute.setdefault(minute, set()).add(sample["measurand"])
    return found


async def change(end: Literal, key: str, value: str) -> str:
    """A backend sets a key; the answer's status."""
    answer = await result(end, "ChangeConfiguration", {"key": key, "value": value})
    return str(answer["status"])


async def read(end: Literal, *keys: str) -> dict[str, Any]:
    """What a backend reads, and the keys that it is told do not exist."""
    answer = await result(end, "GetConfiguration", {"key": list(keys)} if keys else {})
    known = {each["key"]: each.get("value") for each in answer.get("configurationKey", [])}
    return known | dict.fromkeys(answer.get("unknownKey", []), "unknown")


async def a_site(
    box: Box, evses: Mapping[str, Mapping[str, Role]], *, observing: bool = True
) -> Several:
    """The site with that wallbox; load management only observes unless said otherwise."""
    more = 'load_management = "observe"\n' if observing else ""
    return await several(evses, box.end, more)


PRIMARY_ONE: Mapping[str, str] = {"url": "ws://one/", "role": "primary"}


async def served(site: Several, evse_id: str, *gateways: Mapping[str, object]) -> None:
    """These are the backends of an EVSE from now on; give the wallbox time to be told."""
    assert site.world.manager is not None
    wanted = ReplaceGateways([dict(each) for each in gateways])
    await site.world.manager.gateways.change(evse_id, wanted, seen=None)
    await asyncio.sleep(60.0)
