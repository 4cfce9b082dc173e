"""The rules that tables of a site must fulfil; each answers with a complaint or None."""

from typing import Final

from wattgate.core.evidence.public_keys import read_public_key
from wattgate.core.modbus.places import MODBUS_PORT, MOST_UNITS, WrongPlace, read_place
from wattgate.core.security.host_names import is_host, names_of
from wattgate.core.site.destinations import identity_complaint, page_complaint
from wattgate.core.site.devices import MODBUS_STATION
from wattgate.core.site.findings import suggestion
from wattgate.core.site.model import (
    DeviceType,
    EvseSettings,
    FileRelaySettings,
    LoadManagement,
    OcppServerSettings,
    Site,
    SiteSettings,
    StrategyChoice,
    TlsMode,
    WallboxSettings,
)

FAIL_SAFE_CYCLES: Final = 3
"""Polls that may get lost before a wallbox on Modbus falls back."""


def max_current_is_told(settings: SiteSettings, site: Site) -> str | None:
    """Active load management must know the house connection, once there is anything to manage."""
    if settings.max_current_a or not _manages(settings, site):
        return None
    return "is required in active load management: what the house connection carries"


def house_load_is_told(settings: SiteSettings, site: Site) -> str | None:
    """Only the owner can say what the house draws while no meter does."""
    if settings.house_load_a is not None or not _manages(settings, site):
        return None
    return (
        "is required in active load management: what everything but the EVSEs draws at most "
        "(0 where the EVSEs have their own feed)"
    )


def host_is_one_word(settings: OcppServerSettings | FileRelaySettings, _site: Site) -> str | None:
    """An address to listen on."""
    if settings.host and not any(character.isspace() for character in settings.host):
        return None
    return "must be an address to listen on, as 0.0.0.0 or 127.0.0.1"


def relay_url_leads_here(settings: FileRelaySettings, _site: Site) -> str | None:
    """Wallboxes append file names to it."""
    return page_complaint(settings.url) if settings.url else None


def relay_port_is_its_own(settings: FileRelaySettings, site: Site) -> str | None:
    """What listens for OCPP speaks WebSocket only (adr/0029); 0 is any free port."""
    if settings.port != site.ocpp_server.port or not settings.port:
        return None
    if not any(each.file_relay for each in site.wallboxes):
        return None
    return "must be another one than that of [ocpp_server]: files have a port of their own"


def names_are_hosts(settings: OcppServerSettings, _site: Site) -> str | None:
    """Only host names and addresses can stand in a certificate's subjectAltName (RFC 5280)."""
    wrong = [name for name in names_of(settings.names) if not is_host(name)]
    if not wrong:
        return None
    return f'must be host names and addresses with commas between them; "{wrong[0]}" is neither'


def wallbox_id_fits_a_url(settings: WallboxSettings, _site: Site) -> str | None:
    """A ChargeBox ID comes as the last part of a URL's path (R19)."""
    return identity_complaint(settings.id)


def wallbox_speaks_ocpp(settings: WallboxSettings, site: Site) -> str | None:
    """What `[[wallbox]]` says of a wallbox on Modbus would silently count for nothing."""
    names = ((each.station_id, each.address) for each in site.modbus_evses())
    if not settings.id.startswith(MODBUS_STATION) and not any(settings.id in one for one in names):
        return None
    if settings.id in site.station_ids():
        return None
    return "is on Modbus; `[[wallbox]]` is for OCPP wallboxes only"


def wallbox_id_is_spelled_as_its_evses_spell_it(
    settings: WallboxSettings, site: Site
) -> str | None:
    """Otherwise its password and its feeder's limit would silently count for nothing."""
    addresses = {each.address for each in site.evses}
    if settings.id in addresses:
        return None
    meant = [each for each in sorted(addresses) if each.casefold() == settings.id.casefold()]
    return f'is the address of no EVSE; did you mean "{meant[0]}"?' if meant else None


def strategy_fits_the_connectors(settings: WallboxSettings, site: Site) -> str | None:
    """A ChargePointMaxProfile is one limit for the sum of all connectors (OCPP 1.6 3.13.1)."""
    connectors = len(site.evses_of(settings.id))
    if settings.strategy is not StrategyChoice.CHARGE_POINT_MAX or connectors <= 1:
        return None
    return f'"{settings.strategy}" is one limit for the whole wallbox; it has {connectors} EVSEs'


def main_evse_is_one_of_its_own(settings: WallboxSettings, site: Site) -> str | None:
    """Only a backend of the wallbox itself can speak for it (R102, R103)."""
    its_own = [each.id for each in site.evses_of(settings.id)]
    if not settings.main_evse or settings.main_evse in its_own:
        return None
    meant = suggestion(settings.main_evse, its_own)
    hint = f'; did you mean "{meant}"?' if meant else ""
    return f'must be the id of an EVSE of wallbox "{settings.id}"{hint}'


def meter_key_is_readable(settings: EvseSettings, _site: Site) -> str | None:
    """Otherwise nothing that the meter signs could ever be verified."""
    if not settings.meter_public_key or read_public_key(settings.meter_public_key) is not None:
        return None
    return "is no public key of ECDSA: DER in hexadecimal or base64, or PEM"


def profile_has_tls(settings: WallboxSettings, site: Site) -> str | None:
    """OCPP security profiles 2 and 3 are TLS."""
    if settings.security_profile < 2 or site.ocpp_server.tls is not TlsMode.OFF:
        return None
    return f"{settings.security_profile} needs TLS, but tls of ocpp_server is off"


def profile_has_a_password(settings: WallboxSettings, site: Site) -> str | None:
    """OCPP security profiles 1 and 2 are HTTP Basic authentication, without and with TLS."""
    profile = settings.security_profile
    if profile not in (1, 2) or settings.password or site.ocpp_server.password:
        return None
    return f"{profile} needs a password, and neither this wallbox nor ocpp_server has one"


def address_leads_to_the_device(settings: EvseSettings, _site: Site) -> str | None:
    """The ChargeBox ID of an OCPP wallbox; a host or a serial line of one on Modbus."""
    if settings.is_on_modbus:
        return _wrong_place(settings)
    if settings.address.startswith(MODBUS_STATION):
        return f'must not begin with "{MODBUS_STATION}": wallboxes without OCPP are called so'
    return identity_complaint(settings.address)


def _wrong_place(settings: EvseSettings) -> str | None:
    try:
        read_place(settings.address, MODBUS_PORT)
    except WrongPlace as wrong:
        return str(wrong)
    return None


def serial_line_speaks_one_way(settings: EvseSettings, site: Site) -> str | None:
    """All units of a line share its speed and format (Modbus over Serial Line 1.02 §3)."""
    other = site.other_on_the_line(settings) if settings.enabled else None
    if other is None:
        return None
    return f'evse "{other.id}" has this serial line as {other.place}; a line has one speed'


def unit_is_one_of_the_line(settings: EvseSettings, _site: Site) -> str | None:
    """Modbus over Serial Line 1.02 §2.2: the units of a line are 1 to 247."""
    if not settings.is_on_modbus:
        return None
    kind = "serial" if settings.address.startswith("/") else "tcp"
    most = MOST_UNITS[kind]
    if settings.connector <= most:
        return None
    return f"is the Modbus unit id here: at most {most}"


def fail_safe_outlasts_cycles(settings: EvseSettings, site: Site) -> str | None:
    """What is polled once per cycle must not fall back between two of them."""
    cycle_s = site.site.cycle_s
    if not settings.is_on_modbus or settings.fail_safe_s >= FAIL_SAFE_CYCLES * cycle_s:
        return None
    least_s = FAIL_SAFE_CYCLES * cycle_s
    return f"must be {least_s:g} s at least, since cycle_s is {cycle_s:g} s"


def definition_goes_with_the_type(settings: EvseSettings, _site: Site) -> str | None:
    """Only a wallbox of which nothing is known needs to be described."""
    if settings.device_type is DeviceType.MODBUS:
        return None if settings.definition else 'is required for `device_type` "modbus"'
    if not settings.definition:
        return None
    return f'is for `device_type` "modbus" only, not "{settings.device_type}"'


def minimum_is_below_maximum(settings: EvseSettings, _site: Site) -> str | None:
    """An EVSE needs a current between its limits."""
    if settings.min_current_a <= settings.max_current_a:
        return None
    return f"must not be above max_current_a ({settings.max_current_a:g} A)"


def feeder_carries_the_minimum(settings: EvseSettings, site: Site) -> str | None:
    """An EVSE whose wallbox cannot be fed its minimum never charges."""
    feeder_a = site.wallbox(settings.station_id).max_current_a
    if feeder_a is None or settings.min_current_a <= feeder_a:
        return None
    return f'is more than the feeder of wallbox "{settings.station_id}" carries ({feeder_a:g} A)'


def fallback_charges(settings: EvseSettings, _site: Site) -> str | None:
    """What it may draw without a manager is a current that it can offer, or none."""
    least_a, most_a = settings.min_current_a, settings.max_current_a
    if settings.fallback_current_a == 0 or least_a <= settings.fallback_current_a <= most_a:
        return None
    return f"must be 0, or from min_current_a to max_current_a ({least_a:g} to {most_a:g} A)"


def _manages(settings: SiteSettings, site: Site) -> bool:
    """Whether current is shared out: a site of which nothing was said yet asks for nothing."""
    told = settings.max_current_a > 0 or settings.house_load_a is not None
    return settings.load_management is LoadManagement.ACTIVE and (told or bool(site.evses))
