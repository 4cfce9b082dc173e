"""What is worth saying about a site that can be run all the same."""

from collections.abc import Callable, Collection, Iterator
from typing import Final

from wattgate.core.errors import Problem
from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.site.model import (
    EvseSettings,
    GatewayRole,
    GridMeterSource,
    LoadManagement,
    OfflinePolicy,
    Site,
    StrategyChoice,
    TlsMode,
    TlsVersion,
)
from wattgate.core.units import MIN_CHARGE_A

BEARABLE_S: Final = 90.0
"""Overload of a fuse, as a share of its current, times its s, that needs no word (adr/0011)."""

_AT_THE_START: Final = {
    "ocpp_server": ("host", "port", "tls", "tls_minimum", "names"),
    "file_relay": ("host", "port"),
}
"""Settings, by their table, that are looked at when a port is opened."""

_BROKEN: Final = frozenset({TlsVersion.V1_0, TlsVersion.V1_1})

_IN_ITS_PLACE: Final = (
    "anybody in the network can connect in its place; keep the port in a network of your own"
)

Remark = Callable[[Site], Iterator[Problem]]


def remarks(site: Site, keyed: Collection[str] = ()) -> tuple[Problem, ...]:
    """Everything worth saying, each with its path in the words of the site file.

    `keyed` are the ChargeBox IDs of wallboxes that have a key of ours instead of a password.
    """
    said = [problem for remark in _REMARKS for problem in remark(site)]
    return (*said, *_no_password(site, keyed))


def _nothing_left(site: Site) -> Iterator[Problem]:
    """A limit below the house's own load is the owner's right; then nobody charges."""
    left_a = site.site.for_charging_a
    if _shares(site) and left_a < MIN_CHARGE_A and site.site.grid_meter is GridMeterSource.NONE:
        yield Problem(
            "site › max_current_a",
            f"leaves {left_a:g} A for charging after house_load_a and reserve_a; "
            f"a car needs at least {MIN_CHARGE_A:g} A",
        )


def _open_to_all(site: Site) -> Iterator[Problem]:
    if site.cards:
        return
    for evse in site.evses:
        if evse.enabled and evse.primary is None:
            decides = "no backend that authorises" if evse.gateways else "no backend"
            yield Problem(f'evse "{evse.id}"', f"{decides} and no cards: everybody may charge")


def _powerful_reports(site: Site) -> Iterator[Problem]:
    """R106: a report only hears; one that may command everything is a second master."""
    for evse in site.evses:
        for number, gateway in enumerate(evse.gateways, 1):
            is_report = gateway.role is GatewayRole.REPORT and evse.primary is not None
            if is_report and gateway.rights == Rights.ALL:
                yield Problem(
                    f'evse "{evse.id}" › gateway {number} › commands',
                    '"all" lets this backend start, stop and lock beside the one that bills; list '
                    "the commands that it needs",
                )


def _no_password(site: Site, keyed: Collection[str]) -> Iterator[Problem]:
    """S1: who may connect without any proof; where all may, that is said once."""
    known = site.station_ids()
    open_to_all = [each for each in known if each not in keyed and _proves_nothing(site, each)]
    if len(open_to_all) == len(known) > 1:
        yield Problem(
            "ocpp_server › password",
            f"no wallbox has a password: {_IN_ITS_PLACE}",
        )
        return
    for station_id in open_to_all:
        yield Problem(f'wallbox "{station_id}"', f"no password: {_IN_ITS_PLACE}")


def _proves_nothing(site: Site, station_id: str) -> bool:
    """Security profile 3 proves by certificate what 1 and 2 do by password."""
    wallbox = site.wallbox(station_id)
    return not (site.ocpp_server.password or wallbox.password or wallbox.security_profile == 3)


def _long_grants(site: Site) -> Iterator[Problem]:
    """Grants that outlive the manager were made for the house as the meter saw it last."""
    house = site.site
    if house.grid_meter is GridMeterSource.NONE or not _shares(site):
        return
    rise_a = (house.house_load_a or 0.0) - house.reserve_a
    for station_id in site.station_ids():
        lifetime_s = site.wallbox(station_id).grant_lifetime_s
        if rise_a * lifetime_s > BEARABLE_S * house.max_current_a:
            yield Problem(
                f'wallbox "{station_id}" › grant_lifetime_s',
                f"{lifetime_s} s is long: so long may a grant outlive the manager, while the house "
                f"comes to draw {rise_a:g} A more than reserve_a keeps free of "
                f"{house.max_current_a:g} A; shorten it, or raise reserve_a",
            )


def _single_value(site: Site) -> Iterator[Problem]:
    for wallbox in site.wallboxes:
        if wallbox.strategy is StrategyChoice.SINGLE_VALUE:
            yield Problem(
                f'wallbox "{wallbox.id}" › strategy',
                f"`{wallbox.strategy}`: it holds its last limit for ever without the manager",
            )


def _free_tag(site: Site) -> Iterator[Problem]:
    for wallbox in site.wallboxes:
        replaced = any(evse.fixed_rfid for evse in site.evses_of(wallbox.id))
        if wallbox.free_tag and not replaced:
            yield Problem(
                f'wallbox "{wallbox.id}" › free_tag',
                "stays as it is: no EVSE of this wallbox has `fixed_rfid`",
            )


def _files_past_us(site: Site) -> Iterator[Problem]:
    """What is dropped with its backend is passed on untouched (adr/0018, adr/0029)."""
    for wallbox in site.wallboxes:
        policies = {_policy_of(evse) for evse in site.evses_of(wallbox.id) if evse.gateways}
        if wallbox.file_relay and OfflinePolicy.DROP in policies:
            yield Problem(
                f'wallbox "{wallbox.id}" › file_relay',
                "does nothing with offline_policy `drop`: commands pass as they are",
            )


def _old_tls(site: Site) -> Iterator[Problem]:
    """RFC 8996: TLS 1.0 and 1.1 must not be used."""
    server = site.ocpp_server
    if server.tls is not TlsMode.OFF and server.tls_minimum in _BROKEN:
        yield Problem(
            "ocpp_server › tls_minimum",
            f"TLS {server.tls_minimum} is broken; every wallbox may be talked down to it",
        )


def _certificates_without_tls(site: Site) -> Iterator[Problem]:
    for evse in site.evses:
        for number, gateway in enumerate(evse.gateways, 1):
            asked = gateway.certificates or gateway.system_roots
            if asked and not gateway.url.startswith("wss:"):
                yield Problem(
                    f'evse "{evse.id}" › gateway {number} › url',
                    "is not wss://: without TLS no certificate counts",
                )


def waiting_for_start(begun: Site, now: Site) -> tuple[Problem, ...]:
    """Name the settings that were changed since the manager began with `begun`, and wait."""
    return tuple(
        Problem(
            path,
            f'was changed: that counts when the manager starts anew; until then "{before}" does',
        )
        for path, before in (*_port_changes(begun, now), *_policy_changes(begun, now))
    )


def _port_changes(begun: Site, now: Site) -> Iterator[tuple[str, str]]:
    for table, names in _AT_THE_START.items():
        for name in names:
            before = getattr(getattr(begun, table), name)
            if before != getattr(getattr(now, table), name):
                yield f"{table} › {name}", before


def _policy_changes(begun: Site, now: Site) -> Iterator[tuple[str, str]]:
    """Who is dropped has the wallbox to itself; that begins and ends with the manager (§1)."""
    before = {evse.id: _policy_of(evse) for evse in begun.evses}
    for evse in now.evses:
        then = before.get(evse.id, OfflinePolicy.HOLD)
        if evse.gateways and _policy_of(evse) is not then:
            yield f'evse "{evse.id}" › gateway 1 › offline_policy', then


def _policy_of(evse: EvseSettings) -> OfflinePolicy:
    """One that is dropped is the only backend of its EVSE."""
    return evse.gateways[0].offline_policy if evse.gateways else OfflinePolicy.HOLD


def _shares(site: Site) -> bool:
    return site.site.load_management is LoadManagement.ACTIVE and bool(site.evses)


_REMARKS: Final[tuple[Remark, ...]] = (
    _nothing_left,
    _open_to_all,
    _powerful_reports,
    _long_grants,
    _single_value,
    _free_tag,
    _files_past_us,
    _old_tls,
    _certificates_without_tls,
)
