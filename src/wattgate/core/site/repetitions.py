"""What must be there once, and is there twice."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, fields

from wattgate.core.site.destinations import url_complaint
from wattgate.core.site.findings import Findings, Path
from wattgate.core.site.logins import Login
from wattgate.core.site.model import EvseSettings, GatewayRole, GatewaySettings, Site


@dataclass(frozen=True, slots=True)
class _Claim:
    """An entry that wants `key` for itself; `reads` must be sound for it to count."""

    key: Hashable
    at: Path
    called: str
    reads: tuple[Path, ...] = ()


def report_repetitions(site: Site, to: Findings) -> None:
    """Report ids, connectors, cards and backend identities that two entries claim."""
    for claims, message in _TABLE:
        _report(claims(site), message, to)
    _report_shared_backends(site, to)


def _evse_ids(site: Site) -> Iterable[_Claim]:
    for number, each in enumerate(site.evses, 1):
        yield _Claim(each.id, (f'evse "{each.id}"', "id"), f"evse {number}")


def _wallbox_ids(site: Site) -> Iterable[_Claim]:
    for number, each in enumerate(site.wallboxes, 1):
        yield _Claim(each.id, (f'wallbox "{each.id}"', "id"), f"wallbox {number}")


def _cards(site: Site) -> Iterable[_Claim]:
    """OCPP 1.6 compares idTags without regard to case (R54)."""
    for number, each in enumerate(site.cards, 1):
        place = (f'card "{each.id_tag}"', "id_tag")
        yield _Claim(each.id_tag.casefold(), place, f"card {number}")


def _connectors(site: Site) -> Iterable[_Claim]:
    for each in _named(site):
        evse = f'evse "{each.id}"'
        reads = ((evse, "device_type"), (evse, "address"))
        yield _Claim(each.point, (evse, "connector"), evse, reads)


def _primaries(site: Site) -> Iterable[_Claim]:
    """Two who bill would bill twice, and two verdicts about one card mean nothing (R106)."""
    for each in _named(site):
        for number, gateway in enumerate(each.gateways, 1):
            if gateway.role is GatewayRole.PRIMARY:
                place = (f'evse "{each.id}"', f"gateway {number}", "role")
                yield _Claim(each.id, place, f"gateway {number}")


_TABLE: tuple[tuple[Callable[[Site], Iterable[_Claim]], str], ...] = (
    (_wallbox_ids, "is already the id of {first}"),
    (_evse_ids, "is already the id of {first}"),
    (_cards, "is already {first} (cards differ by more than upper and lower case)"),
    (_connectors, "of this address already belongs to {first}"),
    (
        _primaries,
        'must be "report": {first} of this EVSE is "primary" already, and one alone authorises and '
        "bills",
    ),
)


def _report(claims: Iterable[_Claim], message: str, to: Findings) -> None:
    first: dict[Hashable, str] = {}
    repeated: list[_Claim] = []
    for claim in claims:
        if not to.sound([claim.at, *claim.reads]):
            continue
        if claim.key in first:
            repeated.append(claim)
        first.setdefault(claim.key, claim.called)
    for claim in repeated:
        to.add(claim.at, message.format(first=first[claim.key]))


@dataclass(frozen=True, slots=True)
class _Written:
    """A login, and where it is written."""

    login: Login
    at: Path


def _report_shared_backends(site: Site, to: Findings) -> None:
    """Two EVSEs behind one URL and identity are one client to the backend.

    That is fine for EVSEs of one wallbox, and for those without OCPP, which have no boot, reset
    and configuration of their own: those of two OCPP wallboxes behind one identity mean nothing.
    """
    first: dict[Hashable, _Written] = {}
    for each in _logins(site, to):
        others = [first.setdefault(key, each) for key in each.login.keys]
        other = next((one for one in others if one is not each), None)
        if other is None:
            continue
        if each.login.is_shared_with(other.login):
            _report_differences(each, other, to)
        else:
            to.add((*each.at, "client_id"), _words_for(each, other))


def _logins(site: Site, to: Findings) -> Iterable[_Written]:
    for evse in _named(site):
        for number, gateway in enumerate(evse.gateways, 1):
            place = (f'evse "{evse.id}"', f"gateway {number}")
            if _is_readable(gateway, evse, place, to):
                yield _Written(Login(evse, gateway), place)


def _report_differences(written: _Written, other: _Written, to: Findings) -> None:
    """One login has one password, one set of certificates, one way to boot."""
    ours, theirs = written.login.gateway, other.login.gateway
    for each in fields(GatewaySettings):
        at = (*written.at, each.name)
        is_sound = to.sound([at, (*other.at, each.name)])
        if is_sound and getattr(ours, each.name) != getattr(theirs, each.name):
            to.add(
                at,
                f'is another one than that of evse "{other.login.evse.id}", which has the same '
                "backend and client id: EVSEs that share a login must have the same settings for "
                "it",
            )


def _is_readable(gateway: GatewaySettings, evse: EvseSettings, place: Path, to: Findings) -> bool:
    keys = ("url", "client_id", "append_id")
    places = [*((*place, key) for key in keys), (place[0], "address")]
    return to.sound(places) and url_complaint(gateway.url) is None


def _words_for(written: _Written, other: _Written) -> str:
    if written.login.evse is other.login.evse:
        return (
            f"{other.at[-1]} of this EVSE has the same url and client id: remove one of them, or "
            "give this one the client id of its own that the backend knows it by"
        )
    return (
        f'the backend of evse "{other.login.evse.id}" has the same url and client id; two '
        "wallboxes cannot share one identity, only EVSEs of one OCPP wallbox, or those on Modbus, "
        "can: give this one a client id of its own"
    )


def _named(site: Site) -> list[EvseSettings]:
    """EVSEs that are served and can be called by their id."""
    return [each for each in site.served_evses() if each.id]
