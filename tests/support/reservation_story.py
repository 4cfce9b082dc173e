"""Reservations of two backends at the two connectors of one wallbox, and random stories of them."""

from dataclasses import dataclass, field
from random import Random

from tests.support.frames import START, Literal, TwoSided, a_two_sided_site, result, settled
from tests.support.world import Json, status_of

DONE = {"status": "Accepted"}
UNTIL = "2026-05-15T23:00:00Z"


def wish(number: int, connector: int = 1, card: str = "04A1", until: str = UNTIL) -> Json:
    ids = {"connectorId": connector, "reservationId": number}
    return ids | {"expiryDate": until, "idTag": card}


@dataclass
class Keeper:
    """A wallbox with reservations: by id the connector; a connector is kept once (16 §5.13)."""

    kept: dict[int, int] = field(default_factory=dict)
    answer: Json = None

    def reserve(self, payload: Json) -> Json:
        if self.answer is not None:
            return self.answer
        number, connector = payload["reservationId"], payload["connectorId"]
        others = {each for key, each in self.kept.items() if key != number}
        if connector in others:
            return {"status": "Occupied"}
        self.kept[number] = connector
        return DONE

    def cancel(self, payload: Json) -> Json:
        known = self.kept.pop(payload["reservationId"], None)
        return DONE if known is not None else {"status": "Rejected"}

    def serve(self, wallbox: Literal) -> None:
        wallbox.answers |= {"ReserveNow": self.reserve, "CancelReservation": self.cancel}


async def two() -> tuple[TwoSided, Keeper]:
    site, keeper = await a_two_sided_site(), Keeper()
    keeper.serve(site.wallbox)
    return site, keeper


async def restarts(site: TwoSided) -> None:
    """The manager is killed and starts again; the wallbox comes back."""
    await site.world.kill()
    await site.world.start()
    await site.world.boot("CP1", site.wallbox)
    await site.wallbox.ask("StatusNotification", status_of(2, "Available"))
    await site.one.got("BootNotification", 2)
    await site.two.got("BootNotification", 2)
    await settled()


async def reserve(backend: Literal, *args: object, **named: object) -> str:
    payload = wish(*args, **named)  # type: ignore[arg-type]
    return str((await result(backend, "ReserveNow", payload))["status"])


async def cancel(backend: Literal, number: int) -> str:
    payload = {"reservationId": number}
    return str((await result(backend, "CancelReservation", payload))["status"])


async def tell_of_reservations(seed: int) -> None:
    """Two backends reserve under the same few ids, cancel, and get cars; each hears of its own."""
    random = Random(seed)  # noqa: S311 - a story, no secret
    site, keeper = await two()
    held: dict[int, set[int]] = {1: set(), 2: set()}
    for step in range(25):
        connector, number = random.choice((1, 2)), random.randint(1, 3)
        backend, own = (site.one if connector == 1 else site.two), held[connector]
        match random.choice(("reserve", "reserve", "cancel", "start", "restart")):
            case "reserve":
                fits = not own - {number}
                assert await reserve(backend, number) == ("Accepted" if fits else "Occupied")
                own.update({number} if fits else set())
            case "cancel":
                expected = "Accepted" if number in own else "Rejected"
                assert await cancel(backend, number) == expected
                own.discard(number)
            case "start":
                await _comes(site, keeper, connector, step)
                assert backend.all_of("StartTransaction")[-1].get("reservationId") in {*own, None}
                assert bool(own) is ("reservationId" in backend.all_of("StartTransaction")[-1])
                own.clear()
            case "restart" if random.random() < 0.3:
                await site.world.kill()
                await site.world.start()
                await site.world.boot("CP1", site.wallbox)
                await settled()
        assert sorted(keeper.kept.values()) == sorted(each for each in held if held[each])
    await site.world.kill()


async def _comes(site: TwoSided, keeper: Keeper, connector: int, step: int) -> None:
    """A car charges for a moment; it uses up the reservation of its connector (16 §5.13)."""
    at = {"connectorId": connector, "timestamp": f"2026-05-15T14:{step:02}:00Z"}
    kept = [number for number, where in keeper.kept.items() if where == connector]
    for number in kept:
        del keeper.kept[number]
    start = START | at | ({"reservationId": kept[0]} if kept else {})
    began = await result(site.wallbox, "StartTransaction", start)
    stop = {"transactionId": began["transactionId"], "meterStop": 60_000}
    await result(site.wallbox, "StopTransaction", stop | {"timestamp": at["timestamp"]})
    await settled()
