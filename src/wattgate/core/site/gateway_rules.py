"""The rules that backends of a site must fulfil; each answers with a complaint or None."""

from wattgate.core.security.certificates import SERVER_SET
from wattgate.core.security.passwords import is_hexadecimal
from wattgate.core.site.destinations import identity_complaint, url_complaint
from wattgate.core.site.model import (
    EvseSettings,
    GatewayRole,
    GatewaySettings,
    LoadManagement,
    OfflinePolicy,
    PasswordForm,
    Site,
)


def url_leads_to_a_backend(settings: GatewaySettings, _site: Site) -> str | None:
    """A WebSocket URL with a host (P2)."""
    return url_complaint(settings.url)


def client_id_fits_a_url(settings: GatewaySettings, _site: Site) -> str | None:
    """The client id becomes the last part of the URL's path (R26)."""
    return identity_complaint(settings.client_id)


def client_id_fits_basic_auth(settings: GatewaySettings, _site: Site) -> str | None:
    """RFC 7617 §2: the user ends at the first colon."""
    if ":" not in settings.client_id or not settings.password:
        return None
    return "must not contain a colon where there is a password: HTTP Basic would cut it off"


def password_is_hexadecimal(settings: GatewaySettings, _site: Site) -> str | None:
    """R24: an AuthorizationKey is told in hexadecimal digits, two per byte."""
    if settings.key_form is PasswordForm.TEXT or is_hexadecimal(settings.password):
        return None
    return 'must be hexadecimal digits, two per byte, where `key_form` is "hex"'


def certificates_are_a_backends(settings: GatewaySettings, site: Site) -> str | None:
    """What identifies us to wallboxes is never shown to a backend (R36).

    Nor may a backend say who vouches for wallboxes, as by InstallCertificate it could.
    """
    theirs = f'"{SERVER_SET}": those are the certificates that wallboxes see'
    if settings.certificates == SERVER_SET:
        return f"must not be {theirs}"
    evse = _evse_of(settings, site)
    name = settings.certificate_set(evse.id) if evse is not None else ""
    if name == SERVER_SET:
        return f"must be named: by themselves they would be called as the EVSE is, {theirs}"
    if settings.role is GatewayRole.PRIMARY or not _is_taken(name, settings, site):
        return None
    return f'must be named: by themselves they would be called "{name}", as those of another are'


def _is_taken(name: str, settings: GatewaySettings, site: Site) -> bool:
    """Whether two backends would have the same certificates, and neither asked for it.

    Without TLS nobody has any; and what is the same login twice is wrong for that reason alone.
    """
    place = (settings.url, settings.client_id)
    return _names_its_own(settings) and any(
        _names_its_own(each) and each.certificate_set(evse.id) == name
        for evse in site.evses
        for each in evse.gateways
        if each is not settings and (each.url, each.client_id) != place
    )


def _names_its_own(settings: GatewaySettings) -> bool:
    """Whether it has certificates that nobody has named."""
    return settings.url.startswith("wss:") and not settings.certificates


def whole_wallbox_is_dropped(settings: GatewaySettings, site: Site) -> str | None:
    """A relayed wallbox belongs to its backend alone: nothing of ours may be in between (§1)."""
    if settings.offline_policy is OfflinePolicy.HOLD:
        return None
    if settings.role is GatewayRole.REPORT:
        return '"drop" leaves the wallbox to a "primary"; one that reports only holds: use "hold"'
    if site.site.load_management is not LoadManagement.OBSERVE:
        return (
            '"drop" leaves the wallbox to its backend alone; with load_management = '
            f'"{site.site.load_management}" it would be out of control: use "observe", or "hold"'
        )
    evse = _evse_of(settings, site)
    return _why_not_dropped(evse, site) if evse is not None else None


def _why_not_dropped(evse: EvseSettings, site: Site) -> str | None:
    if evse.is_on_modbus:
        return '"drop" leaves messages to the wallbox; one on Modbus keeps none: use "hold"'
    address = evse.address
    evses = len(site.evses_of(address))
    if evses > 1:
        return f'"drop" disconnects the whole wallbox "{address}", and it has {evses} EVSEs'
    if len(evse.gateways) > 1:
        return (
            f'"drop" leaves the wallbox to one backend, and this EVSE has {len(evse.gateways)}: '
            'use "hold"'
        )
    return None


def _evse_of(settings: GatewaySettings, site: Site) -> EvseSettings | None:
    """The EVSE whose gateway this is, and not one that is only equal to it."""
    return next(
        (each for each in site.evses if any(one is settings for one in each.gateways)), None
    )
