"""Changing the backends of one EVSE, as a person does while everything runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never
from urllib.parse import urlsplit

from wattgate.core.errors import ConfigError, Problem
from wattgate.core.site.logins import Login
from wattgate.core.site.merging import entry_before
from wattgate.core.site.model import EvseSettings, GatewaySettings, Site
from wattgate.core.site.reading import read_mapping
from wattgate.core.site.settings import TableField, definitions
from wattgate.core.site.sharing import SettingsMapping, read_gateway
from wattgate.core.site.writing import table_mapping, to_mapping

_GATEWAYS: Final = next(
    each.about for each in definitions(EvseSettings) if isinstance(each, TableField)
)


@dataclass(frozen=True, slots=True)
class ReplaceGateways:
    """These are all backends; what one of them does not say stays, as with a site file."""

    gateways: Sequence[SettingsMapping]


@dataclass(frozen=True, slots=True)
class AddGateway:
    """This is one more."""

    gateway: SettingsMapping


@dataclass(frozen=True, slots=True)
class ChangeGateway:
    """The one with this number, from 1 on, has these settings; all others stay."""

    number: int
    settings: SettingsMapping


@dataclass(frozen=True, slots=True)
class RemoveGateway:
    """The one with this number is none any more."""

    number: int


GatewayChange = ReplaceGateways | AddGateway | ChangeGateway | RemoveGateway


@dataclass(frozen=True, slots=True)
class _Entry:
    """A backend as it is wanted; `before` is what it was, None for a new one."""

    wanted: SettingsMapping
    before: GatewaySettings | None


def with_gateways(site: Site, evse_id: str, change: GatewayChange) -> Site:
    """Return the site with other backends at one of its EVSEs.

    A login that EVSEs share is one: all of them get its new settings. A new backend that is a
    login of another EVSE already takes from there what it does not say. One that gets another role
    keeps the certificates that it has: what they are called by themselves goes by the role.

    Raises ConfigError with every problem of the whole site.
    """
    evse = next(each for each in site.evses if each.id == evse_id)
    entries = [_with_its_certificates(site, evse, each) for each in _entries(site, evse, change)]
    mapping = to_mapping(site, secrets=True)
    tables = dict(zip((each.id for each in site.evses), mapping["evse"], strict=True))
    tables[evse_id]["gateway"] = [dict(each.wanted) for each in entries]
    for entry in entries:
        for other, its_own in _sharing(site, evse, entry):
            told = {**entry.wanted, "client_id": its_own.client_id}
            tables[other.id]["gateway"][other.gateways.index(its_own)] = told
    return read_mapping(mapping)


def _entries(site: Site, evse: EvseSettings, change: GatewayChange) -> list[_Entry]:
    present = [_Entry(table_mapping(each, secrets=True), each) for each in evse.gateways]
    match change:
        case ReplaceGateways(gateways=gateways):
            return [_continued(site, evse, present, each, gateways) for each in gateways]
        case AddGateway(gateway=gateway):
            return [*present, _joining(site, evse, gateway)]
        case ChangeGateway(number=number):
            was = _numbered(evse, present, number)
            changed = _changed(evse, was, change)
            return [changed if each is was else each for each in present]
        case RemoveGateway(number=number):
            removed = _numbered(evse, present, number)
            return [each for each in present if each is not removed]
        case _:
            assert_never(change)


def _with_its_certificates(site: Site, evse: EvseSettings, entry: _Entry) -> _Entry:
    before, after = entry.before, read_gateway(entry.wanted)
    if before is None or after is None or before.role is after.role or after.certificates:
        return entry
    if not after.url.startswith("wss:") or _place_of(before) != _place_of(after):
        return entry
    names = [each for each, _ in _sharing(site, evse, entry)]
    first = min((evse, *names), key=lambda each: each.ocpp_connector)
    used = before.certificate_set(first.id)
    return replace(entry, wanted={**entry.wanted, "certificates": used})


def _place_of(gateway: GatewaySettings) -> tuple[str | None, int | None]:
    url = urlsplit(gateway.url)
    return url.hostname, url.port


def _numbered(evse: EvseSettings, present: Sequence[_Entry], number: int) -> _Entry:
    if 1 <= number <= len(present):
        return present[number - 1]
    raise ConfigError([Problem(_called(evse, number), f"is not there; there are {len(present)}")])


def _changed(evse: EvseSettings, was: _Entry, change: ChangeGateway) -> _Entry:
    """A password that is kept is for one host: another one must not get it."""
    changed = replace(was, wanted={**was.wanted, **change.settings})
    is_kept = bool(was.wanted["password"]) and "password" not in change.settings
    if is_kept and _host_of(changed) not in (None, _host_of(was)):
        raise ConfigError([Problem(f"{_called(evse, change.number)} › password", _ELSEWHERE)])
    return changed


_ELSEWHERE: Final = (
    "must be said where url names another host, since the one that is kept is for the present "
    'host; "" sends none'
)


def _host_of(entry: _Entry) -> str | None:
    """None for a URL that the reader will refuse."""
    gateway = read_gateway(entry.wanted)
    return urlsplit(gateway.url).hostname if gateway is not None else None


def _called(evse: EvseSettings, number: int) -> str:
    return f'evse "{evse.id}" › {_GATEWAYS.key} {number}'


def _continued(
    site: Site,
    evse: EvseSettings,
    present: Sequence[_Entry],
    gateway: SettingsMapping,
    gateways: Sequence[SettingsMapping],
) -> _Entry:
    """One of a whole new list: the same as before, or new."""
    stored = [each.wanted for each in present]
    before = entry_before(_GATEWAYS, gateway, stored, gateways)
    was = next((each for each in present if each.wanted is before), None)
    if was is None:
        return _joining(site, evse, gateway)
    return replace(was, wanted={**was.wanted, **gateway})


def _joining(site: Site, evse: EvseSettings, gateway: SettingsMapping) -> _Entry:
    """A new one; as a login of another EVSE it goes on from the settings of that."""
    place = (gateway.get("url"), gateway.get("client_id", ""))
    for other, its_own in _gateways(site):
        is_same = place == (its_own.url, its_own.client_id)
        if is_same and Login(evse, its_own).is_shared_with(Login(other, its_own)):
            return _Entry({**table_mapping(its_own, secrets=True), **gateway}, None)
    return _Entry(gateway, None)


def _sharing(
    site: Site, evse: EvseSettings, entry: _Entry
) -> Iterator[tuple[EvseSettings, GatewaySettings]]:
    """Gateways of other EVSEs that are the same login, before and after."""
    after = read_gateway(entry.wanted)
    if entry.before is None or after is None:
        return
    before, now = Login(evse, entry.before), Login(evse, after)
    for other, its_own in _gateways(site):
        theirs = Login(other, its_own)
        if before.is_shared_with(theirs) and now.is_shared_with(theirs):
            yield other, its_own


def _gateways(site: Site) -> Iterator[tuple[EvseSettings, GatewaySettings]]:
    for evse in site.evses:
        for gateway in evse.gateways:
            yield evse, gateway
