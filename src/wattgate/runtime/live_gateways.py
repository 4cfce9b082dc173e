"""Keeps the backends of every EVSE in line with the site while cars charge.

A backend that is new hears of what begins from now on. One that the site has no longer retires: it
hears the end of what began there, and only then its login ends, also where the manager was
restarted or the site file edited in between.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from wattgate.core.errors import Problem
from wattgate.core.site.kept_gateways import KeptGateway, spelled_out
from wattgate.core.site.model import GatewaySettings, Site
from wattgate.core.station.transactions import TransactionStart
from wattgate.ports.store import Recovered, StoreFailed
from wattgate.runtime.backend_assembly import BackendAssembly, Party, hears_of, needs_backend
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.kept_gateways import KeptGateways
from wattgate.runtime.gateway.seats import Seat, Seats, seat_of_kept
from wattgate.runtime.station.station import House
from wattgate.runtime.store_failures import say_not_stored

LOOK_S: Final = 10.0
"""s between two looks at whether backends that retire are done."""

LINGER_S: Final = 60.0
"""s that one stays after that: meter values may follow the end of their transaction (R76)."""

RETRY_S: Final = 5.0
"""s until the site is followed again where the store kept that from being done."""

_RELAYED_ON: Final = (
    "was changed: that counts when the manager starts anew; until then the wallbox goes on talking "
    "to the backend of before, since it was taken into service with `drop`"
)

Connect = Callable[[Party, GatewaySettings, Seat, Recovered], None]
"""Gives an EVSE the backend of one gateway."""

Relays = Callable[[Party, GatewaySettings, Seat, Recovered], bool]
"""Lets wallbox and backend talk to each other, where that is so in this run; says whether it is."""

Former = Callable[[KeptGateway, Recovered], Party]
"""Makes what stands for an EVSE whose wallbox the site has no more."""

Wanted = Mapping[str, tuple[GatewaySettings, Seat]]
"""What the site says of one EVSE's backends, by link id, in its order."""


class LiveGateways:
    """The gateways of one site, as they are served."""

    def __init__(
        self,
        site: Callable[[], Site],
        house: House,
        seats: Seats,
        backends: BackendAssembly,
        connect: Connect,
        relays: Relays,
        former: Former,
    ) -> None:
        self.on_left: Callable[[Party, EvseBackend], None] = _nobody_follows
        """Called when a backend that was retiring is an EVSE's no more."""
        self._parties: tuple[Party, ...] = ()
        self._site = site
        self._house = house
        self._seats = seats
        self._backends = backends
        self._connect = connect
        self._relays = relays
        self._former = former
        self._book = KeptGateways(house.store, house.tasks)
        self._kept: dict[EvseBackend, KeptGateway] = {}
        self._relayed: dict[str, KeptGateway] = {}
        """Those whose wallboxes talk to them directly, by EVSE id."""
        self._quiet_since: dict[EvseBackend, float] = {}
        self._in_order = asyncio.Lock()
        self._is_watching = False
        self._is_retrying = False

    # At the start

    async def begin(self, parties: Iterable[Party], recovered: Recovered) -> None:
        """Connect what the site has, and whatever else has still to hear of something."""
        self._parties = tuple(parties)
        for party in self._parties:
            needed = [
                (gateway, seat)
                for gateway, seat in self._wanted(party).values()
                if needs_backend(party.evse.settings, seat, recovered)
            ]
            if not any(self._relay(party, *each, recovered) for each in needed):
                for gateway, seat in needed:
                    self._connect(party, gateway, seat, recovered)
        for kept in self._book.recover(recovered.notes):
            self._take_up(kept, recovered)
        self._make_way()
        await self._keep()

    def _relay(
        self, party: Party, gateway: GatewaySettings, seat: Seat, recovered: Recovered
    ) -> bool:
        if not self._relays(party, gateway, seat, recovered):
            return False
        self._relayed[party.evse.evse_id] = _described(party, gateway, seat)
        return True

    def _take_up(self, kept: KeptGateway, recovered: Recovered) -> None:
        """Go on with a gateway that the site has no longer, if anything is left to do there."""
        if self._is_served(kept) or not self._has_business(kept, recovered):
            return
        party = self._host(kept)
        if party is None:
            party = self._former(kept, recovered)
            self._parties = (*self._parties, party)
        self._connect(party, kept.gateway, seat_of_kept(kept), recovered)
        backend = party.evse.backends[-1]
        backend.connectors = replace(backend.connectors, number=kept.connector)
        self._kept[backend] = kept
        self._retire(party, backend)
        boot_text = _boot_text_of(kept.station_id, recovered)
        if party.station.presence.boot_text is None and boot_text is not None:
            # Its host has never been here: what is owed need not wait for it.
            backend.link.remember_boot(boot_text, backend.number)

    def _is_served(self, kept: KeptGateway) -> bool:
        relayed = {each.link_id for each in self._relayed.values()}
        return kept.link_id in relayed or any(
            (each.link_id, each.number) == (kept.link_id, kept.number)
            for party in self._parties
            for each in party.evse.backends
        )

    def _has_business(self, kept: KeptGateway, recovered: Recovered) -> bool:
        link_id = kept.link_id
        is_owed = bool(recovered.outbox_depths.get(link_id)) and not self._backends.has(link_id)
        return is_owed or any(
            hears_of(record, link_id) and _is_of(record.start, kept)
            for record in recovered.open_transactions
        )

    def _host(self, kept: KeptGateway) -> Party | None:
        """An EVSE of its wallbox, best the one at its connector; else the EVSE that it was.

        The wallbox tells the end, whatever its EVSEs are called by now.
        """

        def likeness(party: Party) -> tuple[bool, bool, bool]:
            settings = party.evse.settings
            is_elsewhere = party.station.station_id != kept.station_id
            return (
                is_elsewhere,
                settings.ocpp_connector != kept.connector,
                settings.id != kept.evse_id,
            )

        fitting = (
            each
            for each in self._parties
            if each.evse.evse_id == kept.evse_id or each.station.station_id == kept.station_id
        )
        return min(fitting, key=likeness, default=None)

    # While it runs

    async def follow(self) -> None:
        """Do as the site says now; where the store keeps that from being done, a little later."""
        self._seats.give((each.evse.settings for each in self._parties), self._site())
        for party in self._parties:
            self._settle(party, self._wanted(party))
        async with self._in_order:
            try:
                await self._connect_new()
            except StoreFailed as exc:
                say_not_stored(exc, note="gateways")
                self._follow_later()
            await self._keep()
        self._make_way()

    def seats(self) -> Iterator[Seat]:
        """Every seat that the site has, whether or not it is served now."""
        for party in self._parties:
            yield from (seat for _, seat in self._wanted(party).values())

    def _wanted(self, party: Party) -> Wanted:
        settings = party.evse.settings
        seats = [(each, self._seats.seat_of(settings, each)) for each in settings.gateways]
        return {seat.link_id: (gateway, seat) for gateway, seat in seats}

    def _settle(self, party: Party, wanted: Wanted) -> None:
        """Let the backends that are there be what the site says of them."""
        relay = party.evse.relay
        if relay is not None and relay.identity.link_id in wanted:
            gateway, seat = wanted[relay.identity.link_id]
            self._backends.renew_relay(party, relay, gateway, seat)
            self._relayed[party.evse.evse_id] = _described(party, gateway, seat)
        elif relay is not None:
            self._backends.retire_relay(relay)
        for backend in party.evse.backends:
            now = wanted.get(backend.link_id)
            if now is not None and now[1].number == backend.number:
                self._backends.go_by(party, backend, *now)
            elif not backend.retiring:
                self._retire(party, backend)
        self._put_in_order(party, wanted)

    def _put_in_order(self, party: Party, wanted: Wanted) -> None:
        """As the settings have them, behind them those that retire."""
        places = {link_id: place for place, link_id in enumerate(wanted)}

        def place_of(backend: EvseBackend) -> int:
            return len(places) if backend.retiring else places[backend.link_id]

        party.evse.backends = tuple(sorted(party.evse.backends, key=place_of))

    async def _connect_new(self) -> None:
        if not any(True for _ in self._missing()):
            return
        await self._seats.keep()
        recovered = await self._house.store.recover()
        for party, gateway, seat in tuple(self._missing()):
            is_free = not party.evse.backends and not party.station.open.records
            if not (is_free and self._relay(party, gateway, seat, recovered)):
                self._connect(party, gateway, seat, recovered)
                self._put_in_order(party, self._wanted(party))

    def _missing(self) -> Iterable[tuple[Party, GatewaySettings, Seat]]:
        """What the site has and nobody serves; in mode T the next start sees to it."""
        for party in self._parties:
            evse = party.evse
            if evse.settings.enabled and evse.relay is None:
                present = {each.link_id for each in evse.present_backends}
                for link_id, (gateway, seat) in self._wanted(party).items():
                    if link_id not in present:
                        yield party, gateway, seat

    def _follow_later(self) -> None:
        if not self._is_retrying:
            self._is_retrying = True
            self._house.tasks.spawn(self._follow_again(), name="gateways to be followed")

    async def _follow_again(self) -> None:
        await asyncio.sleep(RETRY_S)
        self._is_retrying = False
        await self.follow()

    # Retiring

    def _retire(self, party: Party, backend: EvseBackend) -> None:
        self._backends.retire(party, backend)
        self._quiet_since.pop(backend, None)
        if not self._is_watching:
            self._is_watching = True
            self._house.tasks.spawn(self._watch(), name="backends that retire")

    def _make_way(self) -> None:
        """Let those that retire only deliver where another login is the same charge point."""
        present = {
            each.link_id: _who(each)
            for party in self._parties
            for each in party.evse.present_backends
        }
        for _, backend in self._retiring():
            if backend.link_id not in present and _who(backend) in present.values():
                backend.link.give_way()

    async def _watch(self) -> None:
        """Let go of those that are done, until none is left that retires."""
        while retiring := self._retiring():
            await asyncio.sleep(LOOK_S)
            for _, backend in retiring:
                backend.link.deliver()
            gone = [each for each in retiring if self._is_done(*each)]
            for party, backend in gone:
                self._quiet_since.pop(backend, None)
                self._backends.leave(party, backend)
                self.on_left(party, backend)
            if gone:
                await self._keep()
        self._is_watching = False

    def _retiring(self) -> list[tuple[Party, EvseBackend]]:
        return [
            (party, backend)
            for party in self._parties
            for backend in party.evse.backends
            if backend.retiring
        ]

    def _is_done(self, party: Party, backend: EvseBackend) -> bool:
        """Whether it has had nothing more to hear for a while."""
        if not backend.retiring or self._backends.owes(party, backend):
            self._quiet_since.pop(backend, None)
            return False
        now = self._house.tools.clock.monotonic()
        return now - self._quiet_since.setdefault(backend, now) >= LINGER_S

    # What is kept

    async def _keep(self) -> None:
        """Keep what is served as it is served, whatever becomes of the site."""
        kept: dict[EvseBackend, KeptGateway] = {}
        for party in self._parties:
            for backend in party.evse.backends:
                known = self._kept.get(backend)
                if known is None or not backend.retiring:
                    named_after = self._backends.named_after(backend.link_id)
                    seat = Seat(backend.link_id, named_after, backend.number)
                    known = _described(party, backend.gateway, seat)
                kept[backend] = known
        self._kept = kept
        await self._book.keep((*kept.values(), *self._relayed.values()))

    def remarks(self) -> tuple[Problem, ...]:
        """What waits for the next start: wallboxes go on talking to the backend of before."""
        return tuple(
            Problem(f'evse "{party.evse.evse_id}" › gateway', _RELAYED_ON)
            for party in self._parties
            if (relay := party.evse.relay) is not None
            and tuple(self._wanted(party)) != (relay.identity.link_id,)
        )


def _is_of(start: TransactionStart, kept: KeptGateway) -> bool:
    """Whether it began at that EVSE, or at its wallbox."""
    return start.evse_id == kept.evse_id or start.station_id == kept.station_id


def _who(backend: EvseBackend) -> tuple[str, str | None, int | None]:
    """As whom a backend's login is known there, and by which host."""
    identity = backend.link.identity
    url = urlsplit(identity.target.url)
    return identity.client_id, url.hostname, url.port


def _boot_text_of(station_id: str, recovered: Recovered) -> str | None:
    return next(
        (each.boot_text for each in recovered.stations if each.station_id == station_id), None
    )


def _described(party: Party, gateway: GatewaySettings, seat: Seat) -> KeptGateway:
    evse, named_after = party.evse, seat.named_after
    spelled = spelled_out(evse.settings, gateway, named_after)
    return KeptGateway(
        evse.evse_id,
        evse.station_id,
        evse.settings.ocpp_connector,
        seat.link_id,
        named_after,
        seat.number,
        spelled,
    )


def _nobody_follows(party: Party, backend: EvseBackend) -> None:
    """Nobody has anything else of it."""
