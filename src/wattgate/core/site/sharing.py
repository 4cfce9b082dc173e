"""Logins that EVSEs share, in tables of a site that nobody has judged yet."""

from collections.abc import Iterable, Iterator, Mapping

from wattgate.core.site.destinations import url_complaint
from wattgate.core.site.findings import Findings
from wattgate.core.site.logins import Login
from wattgate.core.site.model import EvseSettings, GatewaySettings
from wattgate.core.site.reading import read_table
from wattgate.core.site.values import are_tables

SettingsMapping = Mapping[str, object]
"""A table in the shape of the site file, right or wrong."""


def read_gateway(gateway: SettingsMapping) -> GatewaySettings | None:
    """Return a backend as it is described; None where that, or its URL, cannot be read."""
    findings = Findings()
    read = read_table(GatewaySettings, gateway, (), findings)
    is_sound = not findings.problems and url_complaint(read.url) is None
    return read if is_sound else None


def in_step(evse: SettingsMapping, others: Iterable[SettingsMapping]) -> SettingsMapping:
    """Return an EVSE that goes by what `others` say of the logins that it shares with them.

    A file that does not have an EVSE any more cannot say it of that.
    """
    gateways = evse.get("gateway")
    if not are_tables(gateways):
        return evse
    told = [each for other in others for each in _logins(other)]
    return {**evse, "gateway": [_told(evse, each, told) for each in gateways]}


def _told(
    evse: SettingsMapping, gateway: SettingsMapping, told: Iterable[tuple[Login, SettingsMapping]]
) -> SettingsMapping:
    read = read_gateway(gateway)
    if read is None:
        return gateway
    own = Login(_read_evse(evse), read)
    return next((theirs for login, theirs in told if login.is_shared_with(own)), gateway)


def _logins(evse: SettingsMapping) -> Iterator[tuple[Login, SettingsMapping]]:
    gateways = evse.get("gateway")
    for gateway in gateways if are_tables(gateways) else ():
        read = read_gateway(gateway)
        if read is not None:
            yield Login(_read_evse(evse), read), gateway


def _read_evse(evse: SettingsMapping) -> EvseSettings:
    """Its name and its place; what cannot be read is as if it had not been said."""
    return read_table(EvseSettings, {**evse, "gateway": ()}, (), Findings())
